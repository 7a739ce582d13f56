"""What a partner is owed and when: the run's own cents, on the run's own day (C66, C67)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.reimbursements import (
    closed_days,
    document_of,
    lines_of,
    remittance_named,
    remittances_of,
    steps_of,
    totals_of_lines,
)
from cardservice.db.queries.transactions import Scope, Transaction, Wanted, page_of
from cardservice.domain.money import parse_euros
from clearing.partner_view import Payment, due_days, payments_of
from clearing.promised_day import promised_day
from tests.clearing.bank_files import camt053, debit, pain002
from tests.clearing.bank_story import take
from tests.clearing.story import NEXT_AFTER, NEXT_LAST_DAY, NEXT_PERIOD, PERIOD, Fortnight
from tests.conftest import A_MORNING, Clock
from tests.counter import SPORT, TUTORING


@pytest.mark.parametrize(
    ("ends_before", "delay_days", "expected"),
    [
        (date(2026, 12, 1), 5, date(2026, 12, 8)),
        # 14 July is a day like another for the banks, Good Friday is not.
        (date(2026, 7, 1), 5, date(2026, 7, 8)),
        (date(2026, 4, 1), 5, date(2026, 4, 10)),
        # Christmas and New Year's Day.
        (date(2026, 12, 16), 5, date(2026, 12, 23)),
        (date(2027, 1, 1), 5, date(2027, 1, 11)),
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
    ],
)
def test_a_promise_counts_the_days_on_which_banks_settle(
    ends_before: date, delay_days: int, expected: date
) -> None:
    assert promised_day(ends_before, delay_days=delay_days) == expected


def _payments(fortnight: Fortnight, at: int = 0, **more: int) -> list[Payment]:
    with unit_of_work(fortnight.office.engine) as connection:
        return payments_of(connection, fortnight.partners[at].partner_id, **more)


def _of(fortnight: Fortnight, period: str, at: int = 0) -> Payment:
    return next(one for one in _payments(fortnight, at) if one.period_key == period)


def _only_transaction(fortnight: Fortnight) -> tuple[Transaction, date | None]:
    scope = Scope(fortnight.partners[0].partner_id)
    with unit_of_work(fortnight.office.engine) as connection:
        (line,) = page_of(
            connection, scope, Wanted(date(2026, 11, 1), date(2026, 12, 31)), limit=10
        )
        return line, due_days(connection, [line])[line.operation_no]


def test_the_open_fortnight_shows_what_was_sold_so_far_by_wallet(fortnight: Fortnight) -> None:
    fortnight.sell(1055)
    fortnight.sell(500, wallet=TUTORING)
    fortnight.sell_and_undo(700)
    payment = _of(fortnight, PERIOD)
    assert (payment.state, payment.amount_cents, payment.debits) == ("open", 1555, 2)
    assert payment.by_wallet == {SPORT: (1, 1055), TUTORING: (1, 500)}
    assert payment.due_on == date(2026, 12, 8) and not payment.is_late


def test_coming_fortnights_are_promised_in_a_row(fortnight: Fortnight) -> None:
    coming = _payments(fortnight, coming=3)
    assert [one.period_key for one in coming][:3] == [PERIOD, NEXT_PERIOD, "2026-12-B"]
    assert [one.due_on for one in coming][:3] == [
        date(2026, 12, 8),
        date(2026, 12, 23),
        date(2027, 1, 11),
    ]


def test_a_debit_goes_through_every_state_and_its_day_is_the_files_own_from_the_export_on(
    fortnight: Fortnight,
) -> None:
    fortnight.sell(1055)
    promised = date(2026, 12, 8)
    assert _seen(fortnight) == ("accepted", "open", promised)
    fortnight.end()
    assert _seen(fortnight) == ("closed", "ended", promised)
    fortnight.run_until("draft")
    assert _seen(fortnight) == ("in_run", "in_run", promised)
    assert not isinstance(fortnight.submit(), Exception)
    assert _seen(fortnight) == ("in_run", "in_run", promised)
    fortnight.approve()
    fortnight.complete_papers()
    assert _seen(fortnight) == ("approved", "approved", promised)
    fortnight.export()
    assert _seen(fortnight) == ("sent", "sent", date(2026, 12, 2))
    Clock(fortnight.office).set(datetime(2026, 12, 3, 9, tzinfo=UTC))
    take(fortnight, pain002("CJP-2026-11-B-1"))
    assert fortnight.run().state == "accepted"
    assert _seen(fortnight) == ("sent", "sent", date(2026, 12, 2)), "accepted is not paid"
    take(fortnight, camt053(debit("10.55", "CJP-2026-11-B-1")))
    assert _seen(fortnight) == ("paid", "paid", date(2026, 12, 2))


def _seen(fortnight: Fortnight) -> tuple[str, str, date | None]:
    """The state of the debit, that of its payment, and the day both tell."""
    line, due_on = _only_transaction(fortnight)
    payment = _of(fortnight, PERIOD)
    assert payment.due_on == due_on and payment.amount_cents == 1055
    return line.state, payment.state, due_on


def test_every_cent_stands_in_exactly_one_payment_whatever_step_the_runs_are_at(
    fortnight: Fortnight,
) -> None:
    for cents in (1055, 250, 999):
        fortnight.sell(cents)
    fortnight.end()
    fortnight.sell(300)
    sold = 1055 + 250 + 999 + 300
    for step in ("draft", "submitted", "approved", "exported"):
        fortnight.run_until(step)
        payments = _payments(fortnight)
        assert sum(one.amount_cents for one in payments) == sold
        assert len({one.period_key for one in payments}) == len(payments)
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    assert _of(fortnight, NEXT_PERIOD).state == "ended"
    fortnight.draft(NEXT_PERIOD)
    assert sum(one.amount_cents for one in _payments(fortnight)) == sold


def test_a_promise_that_has_passed_is_called_late(fortnight: Fortnight) -> None:
    fortnight.sell(1055)
    fortnight.end()
    assert _of(fortnight, PERIOD).is_awaited and not _of(fortnight, PERIOD).is_late
    Clock(fortnight.office).set(datetime(2026, 12, 9, 9, tzinfo=UTC))
    assert _of(fortnight, PERIOD).is_late


def test_figures_are_those_of_the_papers_to_the_cent(fortnight: Fortnight) -> None:
    other = fortnight.add_partner()
    for cents, wallet in ((1055, SPORT), (250, SPORT), (999, TUTORING)):
        fortnight.sell(cents, wallet=wallet)
    fortnight.sell(4242, at=other)
    fortnight.sell_and_undo(700)
    fortnight.end()
    fortnight.run_until("exported")
    partner_id = fortnight.partners[0].partner_id
    with unit_of_work(fortnight.office.engine) as connection:
        (remittance,) = remittances_of(connection, partner_id, limit=10)
        totals = totals_of_lines(connection, remittance.remittance_id)
        lines = lines_of(connection, remittance.remittance_id, limit=100, offset=0)
        paper = document_of(connection, remittance.remittance_id, "csv")
        days = closed_days(connection, partner_id, [date(2026, 11, n) for n in range(16, 31)])
        steps = steps_of(connection, remittance.run_id)
    assert paper is not None
    rows = list(csv.DictReader(io.StringIO(paper.decode("utf-8-sig")), delimiter=";"))
    on_paper = sum(parse_euros(row["montant"]) or 0 for row in rows)
    assert on_paper == 1055 + 250 + 999
    assert remittance.transfer_cents == on_paper == sum(line.amount_cents for line in lines)
    assert sum(total.amount_cents for total in totals) == on_paper
    assert {total.wallet: total.count for total in totals} == {SPORT: 2, TUTORING: 1}
    assert sum(day.amount_cents for day in days) == on_paper
    assert all(steps[state] for state in ("draft", "submitted", "approved", "exported"))
    assert steps["paid"] is None


def test_another_partners_remittance_and_papers_are_not_found(fortnight: Fortnight) -> None:
    other = fortnight.add_partner()
    fortnight.sell(1055)
    fortnight.sell(4242, at=other)
    fortnight.end()
    fortnight.run_until("exported")
    ours, theirs = (shop.partner_id for shop in fortnight.partners)
    with unit_of_work(fortnight.office.engine) as connection:
        (remittance,) = remittances_of(connection, theirs, limit=10)
        number = f"BR-{remittance.number_year}-{remittance.number:06d}"
        assert remittance_named(connection, theirs, number) == remittance
        assert remittance_named(connection, ours, number) is None
        mine = remittance_named(connection, ours, PERIOD)
        assert mine is not None and mine.remittance_id != remittance.remittance_id
        assert remittance_named(connection, ours, "2026-12-A") is None
        assert remittance_named(connection, ours, "../../etc") is None


def test_an_empty_ledger_has_a_fortnight_going_on_and_nothing_due(fortnight: Fortnight) -> None:
    Clock(fortnight.office).set(A_MORNING)
    payments = _payments(fortnight, coming=2)
    assert payments[0].state == "open" and payments[0].period_key == PERIOD
    assert all(one.amount_cents == 0 and not one.is_awaited for one in payments)
