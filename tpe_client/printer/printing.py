"""The printer's own thread: watches the printer and prints what waits, one ticket after the other.

The law: the till never waits for paper and a failure here never reaches a sale; a ticket leaves
the store only when the printer says, or lets believe, that it is on paper.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from typing import Final

from tpe_client.printer.address import Address
from tpe_client.printer.escpos_bytes import ticket_bytes
from tpe_client.printer.link import Link, Unreachable, open_link
from tpe_client.printer.paper import Paper
from tpe_client.printer.report import PrinterReport, PrinterState
from tpe_client.printer.status import PRINTS, ask_state, wait_until_printed
from tpe_client.printer.ticket_store import TicketStore, WaitingTicket
from tpe_client.ticket import Block, ticket

_SECONDS_BETWEEN_LOOKS: Final = 3
_LOG: Final = logging.getLogger(__name__)


def print_now(address: Address | None, blocks: tuple[Block, ...], *, paper: Paper) -> PrinterState:
    """Prints at once, keeps nothing; the printer's state afterwards."""
    if address is None:
        return "none"
    try:
        with contextlib.closing(open_link(address)) as link:
            state = ask_state(link)
            if state in PRINTS:
                link.write(ticket_bytes(blocks, paper=paper))
                if state != "silent":
                    wait_until_printed(link)
                    state = ask_state(link)
            return state
    except Unreachable:
        return "unreachable"


class Printing:
    """Prints until `stop`. `told` is called from the printer's thread when something changed."""

    def __init__(
        self,
        store: TicketStore,
        address: Address | None,
        *,
        paper: Paper,
        told: Callable[[PrinterReport], None],
        seconds_between_looks: float = _SECONDS_BETWEEN_LOOKS,
    ) -> None:
        self._store = store
        self._address = address
        self._paper = paper
        self._told = told
        self._seconds_between_looks = seconds_between_looks
        self._link: Link | None = None
        self._once: list[tuple[Block, ...]] = []
        # A printer that has talked and is silent now is off, not mute.
        self._has_talked = False
        self._report: PrinterReport | None = None
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="printer", daemon=True)

    @property
    def is_absent(self) -> bool:
        """Whether this box has no printer at all."""
        return self._address is None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; what waits stays on disk."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(5)

    def look(self) -> None:
        """Something waits, or the paper may be back: look now, not at the next round."""
        self._wake.set()

    def print_once(self, blocks: tuple[Block, ...]) -> None:
        """A trial ticket: printed if the printer is ready, never kept."""
        self._once.append(blocks)
        self.look()

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            self._round()
            self._wake.wait(self._seconds_between_looks)
        self._hang_up()

    def _round(self) -> None:
        try:
            state = self._state()
            while state in PRINTS and not self._stopped.is_set():
                may_go_on = self._print_next()
                state = self._state()
                if not may_go_on:
                    break
        except Unreachable:
            self._hang_up()
            state = "unreachable"
        except Exception:
            # Whatever a driver throws, the sale goes on: told as a fault, tried again.
            _LOG.exception("printer")
            self._hang_up()
            state = "fault"
        self._end_round(state)

    def _end_round(self, state: PrinterState) -> None:
        if state != "none" and state not in PRINTS:
            self._once.clear()
        try:
            self._tell(state, waiting=self._store.count())
        except sqlite3.Error:
            # How many wait is not known any more; that nothing is printed is.
            self._tell("fault", waiting=0)

    def _state(self) -> PrinterState:
        if self._address is None:
            return "none"
        if self._link is None:
            self._link = open_link(self._address)
        state = ask_state(self._link)
        if state == "silent" and self._has_talked:
            raise Unreachable("no answer")
        self._has_talked = self._has_talked or state != "silent"
        self._tell(state, waiting=self._store.count())
        return state

    def _print_next(self) -> bool:
        """Whether something was printed and more may wait."""
        assert self._link is not None
        if self._once:
            self._link.write(ticket_bytes(self._once.pop(0), paper=self._paper))
            return True
        waiting = self._store.first()
        if waiting is None:
            return False
        self._store.note_begun(waiting.ticket_no)
        self._link.write(self._bytes(waiting))
        if self._has_talked and wait_until_printed(self._link) is False:
            return False
        self._store.done(waiting.ticket_no)
        return True

    def _bytes(self, waiting: WaitingTicket) -> bytes:
        blocks = ticket(waiting.facts, copy=waiting.copy, is_duplicate=waiting.is_duplicate)
        return ticket_bytes(blocks, paper=self._paper)

    def _tell(self, state: PrinterState, *, waiting: int) -> None:
        report = PrinterReport(state, waiting)
        if report != self._report:
            self._report = report
            self._told(report)

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
