"""The finance study's own story, with the bank's answer at its end (issue 5): 50,00 are paid, 15,50
taken back, 19,50 paid, and the first 50,00 come back and are presented again."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from lxml import etree

from cardservice.db.engine import unit_of_work
from cardservice.services.add_agent import AgentWithSecrets
from clearing.cent_proof import run_proof
from tests import makers
from tests.clearing.bank_files import camt053, debit, returned
from tests.clearing.bank_story import books, change_account, holds, state, take, transfers
from tests.clearing.story import (
    AFTER,
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
)
from tests.clearing.test_regularisation import ask
from tests.clearing.test_regularisation import given as booked
from tests.conftest import Clock

THIRD_PERIOD, FOURTH_PERIOD = "2026-12-B", "2027-01-A"
THIRD_AFTER, THIRD_LAST_DAY = datetime(2027, 1, 1, 9, tzinfo=UTC), date(2026, 12, 31)
FOURTH_AFTER, FOURTH_LAST_DAY = datetime(2027, 1, 16, 9, tzinfo=UTC), date(2027, 1, 15)


@pytest.fixture
def hotline(fortnight: Fortnight) -> AgentWithSecrets:
    return makers.make_agent(fortnight.office, "hotline")


def bank_file(fortnight: Fortnight, period: str) -> etree._Element:
    (row,) = fortnight.rows(
        "SELECT content FROM document d JOIN reimbursement_run r USING (run_id)"
        " WHERE d.kind = 'pain001' AND period_key = %s",
        period,
    )
    return etree.fromstring(bytes(row.content))


def said(file: etree._Element, name: str) -> list[str]:
    return [element.text or "" for element in file.iter(f"{{*}}{name}")]


def three_fortnights(fortnight: Fortnight, hotline: AgentWithSecrets) -> None:
    fortnight.sell(1000)
    wrong = fortnight.sell(1550)
    fortnight.sell(2450)
    fortnight.sell_and_undo(800)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(AFTER)
    fortnight.sell(500)
    booked(ask(fortnight, wrong, 1550, by=hotline))
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    fortnight.run_until("exported", NEXT_PERIOD)
    fortnight.sell(3000)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.run_until("exported", THIRD_PERIOD)


def test_the_story_of_the_finance_study_ends_with_the_money_presented_again(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    three_fortnights(fortnight, hotline)
    assert [fortnight.run(one).transfers_cents for one in (PERIOD, NEXT_PERIOD, THIRD_PERIOD)] == [
        5000,
        0,
        1950,
    ]
    (first,) = transfers(fortnight, PERIOD)
    (third,) = transfers(fortnight, THIRD_PERIOD)
    take(fortnight, camt053(debit("50.00", "CJP-2026-11-B-1")))
    take(fortnight, camt053(debit("19.50", "CJP-2026-12-B-1"), message="STMT-2"))
    assert (state(fortnight, PERIOD), state(fortnight, THIRD_PERIOD)) == ("paid", "paid")
    assert books(fortnight) == (0, 0, 6950)
    take(fortnight, camt053(returned(first.name, "50.00"), message="STMT-3"))
    assert books(fortnight) == (5000, 0, 1950)
    holds(fortnight)

    change_account(fortnight)
    fortnight.end(after=FOURTH_AFTER, last_day=FOURTH_LAST_DAY)
    run = fortnight.run_until("exported", FOURTH_PERIOD)
    assert (run.gross_cents, run.re_presented_cents, run.transfers_cents) == (0, 5000, 5000)
    (again,) = transfers(fortnight, FOURTH_PERIOD)
    assert again.name == f"{again.number}-R1"
    file = bank_file(fortnight, FOURTH_PERIOD)
    assert said(file, "EndToEndId") == [again.name]
    assert said(file, "InstdAmt") == ["50.00"]
    assert said(file, "Ustrd") == [f"CJEUNE {again.number} REPRESENTE {first.number}"]
    assert books(fortnight) == (0, 5000, 1950)
    holds(fortnight)
    for period in (PERIOD, NEXT_PERIOD, THIRD_PERIOD, FOURTH_PERIOD):
        with unit_of_work(fortnight.office.engine) as connection:
            proof = run_proof(connection, fortnight.run(period).run_id)
        assert [row.name for row in proof.rows if not row.all_equal] == [], period

    take(fortnight, camt053(debit("50.00", "CJP-2027-01-A-1"), message="STMT-4"))
    assert books(fortnight) == (0, 0, 6950)
    assert third.cents == 1950
    holds(fortnight)
