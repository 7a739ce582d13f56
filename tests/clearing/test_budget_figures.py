"""What became of a year's grants: each figure against the ledger, cent by cent (C10, C22)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.budgets import BudgetFigures
from cardservice.domain.budget_forecast import Pace
from cardservice.domain.money import format_euros
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import operation_reference
from cardservice.services.lapse_wallets import lapse_wallets
from cardservice.services.regularise import Correction, Regularisation, ask_regularisation
from cardservice.services.set_budget import WantedBudget, set_budget
from cardservice.services.show_budget import BudgetShown, show_budget
from clearing.bank.typed import TransferAnswered, answer_transfer, reject_file
from clearing.controls import controls_of
from clearing.day_close import close_days
from clearing.run.papers import remittance_number
from clearing.run.record import Run
from tests import makers
from tests.clearing.story import (
    AFTER,
    LAST_DAY,
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
)
from tests.conftest import Clock

SPORT, TUTORING = "sport_culture_leisure", "tutoring"


def shown(fortnight: Fortnight, wallet: str = SPORT, *, year: int = 2026) -> BudgetShown:
    with unit_of_work(fortnight.office.engine) as connection:
        found = show_budget(connection, year)
    assert found is not None
    return next(one for one in found if one.figures.wallet == wallet)


def figures(fortnight: Fortnight, wallet: str = SPORT) -> BudgetFigures:
    return shown(fortnight, wallet).figures


def set_to(fortnight: Fortnight, cents: int, wallet: str = SPORT) -> None:
    wanted = WantedBudget(2026, wallet, cents, f"Délibération pour {format_euros(cents)}")
    done = set_budget(fortnight.office.engine, wanted, by=fortnight.approver.email)
    assert not isinstance(done, Refused), done


def correct(fortnight: Fortnight, operation_no: int | None, cents: int) -> None:
    assert operation_no is not None
    agent = makers.make_agent(fortnight.office, "hotline")
    wanted = Correction(operation_reference(operation_no), cents, "wrong_amount", "")
    done = ask_regularisation(fortnight.office.engine, wanted, by=agent.email)
    assert isinstance(done, Regularisation) and done.state == "booked"


def agrees_with_the_ledger(fortnight: Fortnight) -> None:
    """Both wallets together are the ledger's own accounts, found by another road."""
    both = [figures(fortnight, SPORT), figures(fortnight, TUTORING)]
    accounts = {
        row.account: row.cents
        for row in fortnight.rows(
            "SELECT account, sum(amount_cents)::bigint AS cents FROM ledger_entry GROUP BY account"
        )
    }
    assert sum(one.granted_cents for one in both) == -accounts["department_fund"]
    assert sum(one.in_wallets_cents for one in both) == accounts.get("beneficiary_wallet", 0)
    assert sum(one.lapsed_cents for one in both) == accounts.get("lapsed", 0)
    assert sum(one.due_cents for one in both) == accounts.get("partner_payable", 0)
    assert sum(one.in_transit_cents for one in both) == accounts.get("in_transit", 0)
    assert sum(one.paid_cents for one in both) == accounts.get("paid", 0)
    for one in both:
        assert one.granted_cents == one.spent_cents + one.lapsed_cents + one.in_wallets_cents
        assert one.spent_cents == one.due_cents + one.in_transit_cents + one.paid_cents


def test_before_anything_is_sold_all_is_in_the_wallets(fortnight: Fortnight) -> None:
    assert figures(fortnight) == BudgetFigures(SPORT, None, 10_000, 10_000, 0, 0, 0, 0, 0)
    assert figures(fortnight).left_cents is None
    set_to(fortnight, 1_000_000)
    assert figures(fortnight).left_cents == 990_000
    agrees_with_the_ledger(fortnight)


def test_each_wallet_has_its_own_figures_through_two_fortnights(fortnight: Fortnight) -> None:
    debit = fortnight.sell(3000)
    fortnight.sell(1055, wallet=TUTORING)
    fortnight.sell_and_undo(800)
    assert (figures(fortnight).spent_cents, figures(fortnight).due_cents) == (3000, 3000)
    agrees_with_the_ledger(fortnight)

    fortnight.end()
    fortnight.run_until("approved")
    assert figures(fortnight).in_transit_cents == 0, "approved is not sent"
    assert isinstance(fortnight.export(), Run)
    assert (figures(fortnight).in_transit_cents, figures(fortnight).due_cents) == (3000, 0)
    assert figures(fortnight, TUTORING).in_transit_cents == 1055
    agrees_with_the_ledger(fortnight)

    Clock(fortnight.office).set(AFTER)
    correct(fortnight, debit.operation_no, 500)
    assert (figures(fortnight).spent_cents, figures(fortnight).due_cents) == (2500, -500)
    agrees_with_the_ledger(fortnight)


def test_what_a_negative_bordereau_carries_over_stays_due(fortnight: Fortnight) -> None:
    """The finance study's story: 50,00 paid, then 5,00 sold and 15,50 taken back."""
    debit = fortnight.sell(5000)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(AFTER)
    fortnight.sell(500)
    correct(fortnight, debit.operation_no, 1550)
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    run = fortnight.run_until("exported", NEXT_PERIOD)
    assert run.carried_out_cents == -1050
    assert (figures(fortnight).in_transit_cents, figures(fortnight).due_cents) == (5000, -1050)
    agrees_with_the_ledger(fortnight)


def test_what_the_bank_sends_back_is_due_until_it_is_presented_again_and_paid(
    fortnight: Fortnight,
) -> None:
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(2000)
    fortnight.sell(1055, wallet=TUTORING)
    fortnight.sell(300, at=beside)
    fortnight.end()
    fortnight.run_until("exported")
    by = fortnight.preparer.email
    engine = fortnight.office.engine
    Clock(fortnight.office).set(datetime(2026, 12, 3, 9, tzinfo=UTC))
    refused = reject_file(engine, PERIOD, reason_code="FF01", happened_on=AFTER.date(), by=by)
    assert not isinstance(refused, Refused), refused
    assert (figures(fortnight).due_cents, figures(fortnight).in_transit_cents) == (2300, 0)
    agrees_with_the_ledger(fortnight)

    fortnight.run_until("exported")
    assert (figures(fortnight).due_cents, figures(fortnight).in_transit_cents) == (0, 2300)
    agrees_with_the_ledger(fortnight)

    numbers = {
        row.partner_id: remittance_number(row.number_year, row.number)
        for row in fortnight.rows(
            "SELECT partner_id, number_year, number FROM remittance ORDER BY remittance_id"
        )
    }

    def answer(partner: int, outcome: str, reason_code: str | None = None) -> None:
        done = answer_transfer(
            engine,
            numbers[fortnight.partners[partner].partner_id],
            outcome=outcome,
            reason_code=reason_code,
            happened_on=date(2026, 12, 3),
            by=by,
        )
        assert isinstance(done, TransferAnswered), done
        agrees_with_the_ledger(fortnight)

    answer(0, "paid")
    assert (figures(fortnight).paid_cents, figures(fortnight).in_transit_cents) == (2000, 300)
    assert figures(fortnight, TUTORING).paid_cents == 1055
    answer(beside, "failed", "AC04")
    assert (figures(fortnight).due_cents, figures(fortnight).in_transit_cents) == (300, 0)
    answer(0, "failed", "AC04")
    assert (figures(fortnight).paid_cents, figures(fortnight).due_cents) == (0, 2300)


def test_after_31_august_what_is_left_is_lost_and_late_corrections_join_it(
    fortnight: Fortnight,
) -> None:
    debit = fortnight.sell(3000)
    Clock(fortnight.office).set(datetime(2027, 9, 1, 9, tzinfo=UTC))
    close_days(fortnight.office.engine, date(2027, 8, 31))
    lapse_wallets(fortnight.office.engine)
    assert (figures(fortnight).lapsed_cents, figures(fortnight).spent_cents) == (7000, 3000)
    agrees_with_the_ledger(fortnight)
    correct(fortnight, debit.operation_no, 1000)
    assert (figures(fortnight).lapsed_cents, figures(fortnight).spent_cents) == (8000, 2000)
    assert shown(fortnight).forecast_cents == 2000, "a year that is over forecasts nothing"
    agrees_with_the_ledger(fortnight)


def test_the_curve_ends_where_the_figures_stand(fortnight: Fortnight) -> None:
    debit = fortnight.sell(3000)
    fortnight.sell_and_undo(700)
    fortnight.end()
    correct(fortnight, debit.operation_no, 1000)
    one = shown(fortnight)
    assert one.curve == [(date(2026, 11, 22), 3000)], "the correction's day is not closed yet"
    close_days(fortnight.office.engine, LAST_DAY)
    Clock(fortnight.office).set(datetime(2026, 12, 2, 9, tzinfo=UTC))
    close_days(fortnight.office.engine, date(2026, 12, 1))
    one = shown(fortnight)
    assert one.curve == [(date(2026, 11, 22), 3000), (date(2026, 12, 1), 2000)]
    assert one.curve[-1][1] == one.figures.spent_cents


def test_the_pace_is_that_of_the_last_twenty_eight_closed_days(fortnight: Fortnight) -> None:
    fortnight.sell(2800)
    Clock(fortnight.office).set(datetime(2026, 11, 24, 9, tzinfo=UTC))
    close_days(fortnight.office.engine, date(2026, 11, 23))
    fortnight.sell(100)
    one = shown(fortnight)
    # Closed up to the 23rd; 100 were sold today; 280 days are left after the 24th of November.
    assert one.pace == Pace(2900, 2800, 28, 7100, 280)
    assert one.forecast_cents == 10_000, "28,00 in 28 days would be more than the wallet holds"


def test_a_run_beyond_the_budget_warns_and_is_paid_all_the_same(fortnight: Fortnight) -> None:
    set_to(fortnight, 10_000)
    set_to(fortnight, 0, TUTORING)
    fortnight.sell(3000)
    fortnight.sell(1055, wallet=TUTORING)
    fortnight.end()
    fortnight.draft()

    def control() -> tuple[int, bool, bool]:
        with unit_of_work(fortnight.office.engine) as connection:
            found = controls_of(connection, fortnight.run().run_id)
        [one] = [each for each in found if each.name == "budget_exceeded"]
        return one.left, one.holds, one.blocking

    assert control() == (1055, False, False)
    set_to(fortnight, 2500)
    assert control() == (1555, False, False)
    assert fortnight.run_until("submitted").transfers_cents == 4055
    set_to(fortnight, 3000)
    set_to(fortnight, 1055, TUTORING)
    assert control() == (0, True, False)


def test_a_year_the_scheme_does_not_hold_is_not_shown(fortnight: Fortnight) -> None:
    with unit_of_work(fortnight.office.engine) as connection:
        assert show_budget(connection, 1999) is None
        other = show_budget(connection, 2027)
        count = connection.execute(text("SELECT count(*) FROM wallet")).scalar_one()
    assert other is not None and {one.figures.granted_cents for one in other} == {0}
    assert count == 2
    assert {one.forecast_cents for one in other} == {0}


@pytest.mark.parametrize("last_closed", [None, date(2026, 11, 21)])
def test_a_year_whose_days_are_not_closed_has_no_pace(
    fortnight: Fortnight, last_closed: date | None
) -> None:
    if last_closed is not None:
        close_days(fortnight.office.engine, last_closed)
    fortnight.sell(500)
    one = shown(fortnight)
    assert one.pace.recent_cents == 0
    assert one.forecast_cents == 500
