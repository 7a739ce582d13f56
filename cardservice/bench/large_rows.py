"""The large row of the bench: the money function where years of a whole region are stored, beside
itself on a small instance, 32 clients each.

The law: both servers run for as long as the row takes, and are measured alternately; what is stored
was granted and sold through the real money functions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import Engine, text

from cardservice import wiring
from cardservice.bench.bench_row import BenchRow, bench_row
from cardservice.bench.database_load import (
    checkpoint,
    empty_outbox,
    money_function,
    write_debit_script,
)
from cardservice.bench.instance import PARTNERS, WALLET, fill
from cardservice.bench.sales import sell
from cardservice.db.embedded import PrivateServer
from cardservice.db.engine import unit_of_work
from cardservice.settings import read_settings

_CARDS: Final = 4_000_000
_OPERATIONS: Final = 10_000_000
_FEW_CARDS: Final = 10_000
_CLIENTS: Final = 32
_SECONDS: Final = 12
# Most pages of the large instance are written once in it, and logged whole.
_WARM_SECONDS: Final = 60
_SLICE: Final = 100_000
_SELLERS: Final = 2


def run_large(
    *,
    runs: int,
    parent: Path | None = None,
    say: Callable[[str], None] = lambda _line: None,
    cards: int = _CARDS,
    operations: int = _OPERATIONS,
    few_cards: int = _FEW_CARDS,
) -> list[BenchRow]:
    """Measures with `cards` and `operations` stored (a grant for each card, then debits) beside
    `few_cards` and their grants, both in throw-away instances under `parent`."""
    assert runs >= 3, "a median of less than three runs says nothing"
    with ExitStack() as opened:
        measured = [
            _instance(opened, parent, few_cards, few_cards, say),
            _instance(opened, parent, cards, operations, say),
        ]
        for server, script in measured:
            checkpoint(server)
            money_function(server, script, clients=_CLIENTS, seconds=_WARM_SECONDS)
        found: list[list[int]] = [[], []]
        for run in range(runs):
            for (server, script), taken in zip(measured, found, strict=True):
                taken.append(money_function(server, script, clients=_CLIENTS, seconds=_SECONDS))
                empty_outbox(server)
            say(f"{few_cards} cards, {cards} cards, run {run + 1}: {[t[-1] for t in found]}")
    few, many = (median(taken) for taken in found)
    return [
        bench_row(
            f"money_function_{_CLIENTS}_large",
            many,
            "debits/s",
            f"the same at {few_cards} cards; here {cards} and {operations} operations",
            few,
        )
    ]


def _instance(
    opened: ExitStack, parent: Path | None, cards: int, operations: int, say: Callable[[str], None]
) -> tuple[PrivateServer, Path]:
    """A filled instance that lasts as long as `opened`: its server and the script of a debit."""
    folder = Path(
        opened.enter_context(tempfile.TemporaryDirectory(prefix="cjeune-bench-", dir=parent))
    )
    folder.chmod(0o755)
    settings = read_settings(folder / "data", environment={})
    wiring.upgrade(settings)
    office = opened.enter_context(wiring.opened_office(settings))
    owner = opened.enter_context(wiring.opened_as_owner(settings))
    server = office.private_server
    assert server is not None, "the bench measures on its own private server"
    fill(office, cards, tickets=0, say=say)
    _sell_until(office.engine, operations, cards, say)
    # Now, and not by itself while we look.
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    empty_outbox(server)
    script = folder / "data" / "debit.sql"
    write_debit_script(script, cards=cards, partners=PARTNERS, wallet=WALLET)
    return server, script


def _sell_until(engine: Engine, operations: int, cards: int, say: Callable[[str], None]) -> None:
    """Sells until so many operations are stored; each card has its grant already."""
    slices = [
        range(start, min(start + _SLICE, operations)) for start in range(cards, operations, _SLICE)
    ]
    with ThreadPoolExecutor(_SELLERS) as sellers:
        for done in sellers.map(lambda one: _sell_today(engine, one, cards), slices):
            say(f"{done} of {operations} operations stored")


def _sell_today(engine: Engine, numbers: range, cards: int) -> int:
    with unit_of_work(engine) as connection:
        today = connection.execute(text("SELECT business_day(ledger_now())")).scalar_one()
    sell(engine, numbers, today, partners=PARTNERS, holders=cards)
    return numbers.stop
