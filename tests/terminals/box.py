"""A whole TPE box under Textual's pilot: the real screen, desk, journal and service; any printer.

The law: keys go in as a keypad sends them, and what is asserted stands on the screen. Waiting is
for a state, never for a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from api_client.backoff import Patience
from api_client.journal import Journal
from api_client.transport import Line
from tests.conftest import A_MORNING
from tpe_client.desk import Desk, Hands
from tpe_client.printer.address import Address
from tpe_client.printer.paper import Paper, paper_of
from tpe_client.printer.printing import Printing
from tpe_client.printer.ticket_store import TicketStore
from tpe_client.screens.app import TillApp
from tpe_client.till.events import CardRead, PrinterSeen, Tick
from tpe_client.till.states import State

_LONGEST_SECONDS = 20
EAGER = Patience(tries=3, wait=lambda seconds: None, draw=lambda: 0.5)


@dataclass
class Box:
    """A running box."""

    app: TillApp
    pilot: Pilot[Any]
    journal: Journal
    tickets: TicketStore

    @property
    def state(self) -> State:
        return self.app.till.state

    @property
    def words(self) -> str:
        """Everything that stands on the screen but the big letters."""
        parts = [
            self.app.query_one(f"#{part}", Static)
            for part in ("place", "states", "title", "body", "keys")
        ]
        return "\n".join(str(part.visual) for part in parts).replace("\u00a0", " ")

    async def keys(self, typed: str) -> None:
        """Types; `⏎` is Enter, `⎋` Escape, `↓` down, `⌫` Backspace."""
        names = {"⏎": "enter", "⎋": "escape", "↓": "down", "↑": "up", "⌫": "backspace"}
        for letter in typed:
            await self.pilot.press(names.get(letter, letter))
            # A person's pause, after which a key is no reader's any more.
            self.app._take(self.app._gate.quiet(time.monotonic() + 1))
            await self.pilot.pause()

    async def read(self, code: str) -> None:
        """A reader's card."""
        self.app.handle(CardRead(code))
        await self.pilot.pause()

    async def tick(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.app.handle(Tick())
        await self.pilot.pause()

    async def becomes(self, kind: type[State]) -> Any:
        """Waits for a state; the screen is drawn when this returns."""
        await self.until(lambda: isinstance(self.state, kind), told=kind.__name__)
        await self.pilot.pause()
        return self.state

    async def until(self, holds: Callable[[], object], *, told: str = "") -> None:
        end = time.monotonic() + _LONGEST_SECONDS
        while not holds():
            assert time.monotonic() < end, f"never {told}: {self.state}"
            await asyncio.sleep(0.01)

    async def picture(self, path: Path) -> None:
        """An SVG of the screen."""
        await self.pilot.pause()
        path.write_text(self.app.export_screenshot())


@contextlib.asynccontextmanager
async def opened_box(
    line: Line,
    folder: Path,
    *,
    address: Address | None = None,
    paper: Paper | None = None,
    patience: Patience = EAGER,
    size: tuple[int, int] = (80, 24),
) -> AsyncIterator[Box]:
    """A box with its files in `folder`; started again on the same folder it knows its past."""
    app = TillApp(ticks=False)
    paper = paper or paper_of(58)
    with (
        Journal.open(folder / "journal.sqlite") as journal,
        contextlib.closing(TicketStore(folder / "tickets.sqlite")) as tickets,
    ):
        printing = Printing(
            tickets, address, paper=paper, told=lambda report: app.tell(PrinterSeen(report))
        )
        hands = Hands(
            line,
            journal,
            tickets,
            printing,
            clock=lambda: A_MORNING,
            patience=patience,
            background=EAGER,
        )
        app.attach(Desk(hands, told=app.tell))
        async with app.run_test(size=size) as pilot:
            yield Box(app, pilot, journal, tickets)
