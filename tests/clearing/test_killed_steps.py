"""Each step of a fortnight is killed (-9) at every point: the state is before or after, never
between, and who does it again ends with what an undisturbed run has, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pyotp
import pytest
from sqlalchemy import Engine

from cardservice import wiring
from cardservice.db.engine import unit_of_work
from cardservice.db.upgrade import APPLICATION, DATABASE
from cardservice.services.apply_scheme import apply_scheme
from cardservice.settings import Settings
from cardservice.wiring import Office
from clearing.day_close import close_days
from clearing.run.approve import approve_run
from clearing.run.draft import draft_run
from clearing.run.export import export_run
from clearing.run.papers import complete_papers
from clearing.run.record import run_again
from clearing.run.submit import submit_run
from tests.clearing.story import AFTER, DEBTOR, LAST_DAY, PERIOD, Fortnight
from tests.conftest import A_MORNING, Clock, superuser_dsn
from tests.faults.kill_points import dies_at

Work = Callable[[Engine], object]

# All that a step may change, told without the numbers that a lost attempt uses up.
_FACTS = (
    "SELECT state, attempt, debits, partners, gross_cents, transfers_cents, msg_id, exported_at,"
    " execution_on, content_hash FROM reimbursement_run",
    # A draft may be made again, and says so.
    "SELECT DISTINCT state, at, by, reason FROM run_event ORDER BY state",
    "SELECT partner_id, number_year, number, gross_cents, transfer_cents, carried_out_cents, iban"
    " FROM remittance ORDER BY partner_id",
    "SELECT operation_id, wallet, nature, amount_cents, live FROM remittance_line ORDER BY 1",
    "SELECT m.number, d.kind, d.sha256, d.content FROM document d"
    " LEFT JOIN remittance m USING (remittance_id) ORDER BY 1, 2",
    "SELECT m.number, p.wallet, p.amount_cents FROM remittance_payment p"
    " JOIN remittance m USING (remittance_id) ORDER BY 1, 2",
    "SELECT kind, partner_id, wallet, amount_cents, hash FROM operation ORDER BY operation_id",
    "SELECT * FROM day_block ORDER BY business_day",
    "SELECT * FROM day_close ORDER BY business_day, partner_id",
    "SELECT first_open_day FROM open_day",
    "SELECT beneficiary_id, wallet, state, balance_cents, seq FROM wallet ORDER BY 1, 2",
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An instance of its own: one that others are connected to cannot be copied."""
    settings = Settings(data_dir=tmp_path / "own")
    wiring.upgrade(settings, movable_clock=True)
    with wiring.opened_office(settings) as own:
        with wiring.opened_as_owner(settings) as owner:
            apply_scheme(owner, actor="test")
        Clock(own).set(A_MORNING)
        yield own


def facts(url: str) -> list[list[tuple[Any, ...]]]:
    with psycopg.connect(url) as connection:
        return [connection.execute(query.encode()).fetchall() for query in _FACTS]


class Copies:
    """Copies of the fortnight's database as it stands."""

    def __init__(self, fortnight: Fortnight) -> None:
        self._office = fortnight.office
        self._numbers = count(1)

    @contextmanager
    def one(self) -> Iterator[str]:
        """The address of a copy, for as long as the block lasts."""
        name = f"copy_{next(self._numbers)}"
        self._office.engine.dispose()
        server = self._office.private_server
        assert server is not None
        with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE}".encode())
            try:
                yield server.url(APPLICATION, name)
            finally:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def killed_everywhere(
    copies: Copies, before: list[Any], work: Work, *, first: int, stride: int
) -> list[list[Any]]:
    """Kills the work at every point of the stride; what each copy holds once it was done again.

    A copy that is as it was before serves for the next point too.
    """
    ends: list[list[Any]] = []
    point, is_over = first, False
    while not is_over:
        with copies.one() as url:
            while not is_over:
                is_over = not dies_at(point, work, url=url)
                point += stride
                after = facts(url)
                if after != before:
                    break
            dies_at(10**9, work, url=url)
            ends.append(facts(url))
    return ends


def approve(fortnight: Fortnight) -> Work:
    def work(engine: Engine) -> object:
        with unit_of_work(engine) as connection:
            total_cents = run_again(connection, PERIOD).transfers_cents
        return approve_run(
            engine,
            fortnight.office.keys,
            PERIOD,
            by=fortnight.approver.email,
            total_cents=total_cents,
            totp=pyotp.TOTP(fortnight.approver.totp_secret).now(),
        )

    return work


def papers(fortnight: Fortnight) -> Work:
    def work(engine: Engine) -> object:
        with unit_of_work(engine) as connection:
            run_id = run_again(connection, PERIOD).run_id
        made = complete_papers(
            engine, run_id, keys=fortnight.office.keys, scheme_name="CJeune de Provence"
        )
        assert not made.failed, made
        return made

    return work


def steps_of(fortnight: Fortnight) -> dict[str, Work]:
    by = fortnight.preparer.email
    return {
        "close": lambda engine: close_days(engine, LAST_DAY),
        "draft": lambda engine: draft_run(engine, PERIOD, by=by),
        "submit": lambda engine: submit_run(engine, PERIOD, by=by),
        "approve": approve(fortnight),
        "papers": papers(fortnight),
        "export": lambda engine: export_run(engine, PERIOD, by=by, debtor=DEBTOR),
    }


# Closing goes day by day and papers one by one: there, between two of them is a state as well.
IN_PARTS = ("close", "papers")


@pytest.mark.parametrize(
    ("first", "stride"),
    [(2, 7), *(pytest.param(first, 3, marks=pytest.mark.soak) for first in (1, 2, 3))],
)
def test_every_step_survives_being_killed_anywhere(
    fortnight: Fortnight, stop_clock: Callable[[datetime], None], first: int, stride: int
) -> None:
    other = fortnight.add_partner()
    fortnight.sell(1_000)
    fortnight.sell(1_550, at=other)
    fortnight.sell_and_undo(800)
    stop_clock(AFTER)
    copies, home = Copies(fortnight), superuser_dsn(fortnight.office)
    for name, work in steps_of(fortnight).items():
        before = facts(home)
        ends = killed_everywhere(copies, before, work, first=first, stride=stride)
        assert name in IN_PARTS or len(ends) <= 2, f"{name} was left between before and after"
        dies_at(10**9, work, url=fortnight.office.database_url)
        undisturbed = facts(home)
        assert undisturbed != before, f"{name} did nothing"
        for end in ends:
            assert end == undisturbed, name
