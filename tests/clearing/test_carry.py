"""A net below zero moves no money: it is carried into the next fortnight, once, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from cardservice.services.add_agent import AgentWithSecrets
from clearing.allocation import allocate
from clearing.run.cancel import cancel_run
from tests import makers
from tests.clearing.story import (
    AFTER,
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
)
from tests.clearing.test_regularisation import ask, owed, reverse
from tests.clearing.test_regularisation import given as booked
from tests.conftest import Clock
from tests.counter import TUTORING

THIRD_PERIOD = "2026-12-B"
THIRD_AFTER, THIRD_LAST_DAY = datetime(2027, 1, 1, 9, tzinfo=UTC), date(2026, 12, 31)

_WALLETS = ("sport_culture_leisure", "tutoring")


@pytest.fixture
def hotline(fortnight: Fortnight) -> AgentWithSecrets:
    return makers.make_agent(fortnight.office, "hotline")


def holds(fortnight: Fortnight) -> None:
    proof = prove(fortnight.office.engine)
    assert proof.ok, proof.first_difference


def figures(fortnight: Fortnight, period: str) -> tuple[int, int, int, int, int]:
    run = fortnight.run(period)
    return (
        run.gross_cents,
        run.corrections_cents,
        run.carried_in_cents,
        run.transfers_cents,
        run.carried_out_cents,
    )


def a_partner_overpaid(fortnight: Fortnight, hotline: AgentWithSecrets) -> None:
    """10,00 + 15,50 + 24,50 are paid, then 15,50 are taken back against a debit of 5,00."""
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


def test_what_could_not_be_taken_back_is_taken_from_the_next_transfer(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    a_partner_overpaid(fortnight, hotline)
    fortnight.run_until("exported", NEXT_PERIOD)
    assert figures(fortnight, PERIOD) == (5000, 0, 0, 5000, 0)
    assert figures(fortnight, NEXT_PERIOD) == (500, -1550, 0, 0, -1050)
    assert owed(fortnight) == -1050
    holds(fortnight)
    fortnight.sell(3000)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.run_until("exported", THIRD_PERIOD)
    assert figures(fortnight, THIRD_PERIOD) == (3000, 0, -1050, 1950, 0)
    assert owed(fortnight) == 0
    holds(fortnight)


def test_a_draft_made_again_carries_the_same_once(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    a_partner_overpaid(fortnight, hotline)
    fortnight.run_until("exported", NEXT_PERIOD)
    fortnight.sell(3000)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    for _ in range(3):
        fortnight.draft(THIRD_PERIOD)
    assert figures(fortnight, THIRD_PERIOD) == (3000, 0, -1050, 1950, 0)
    assert len(fortnight.rows("SELECT * FROM remittance_carry")) == 1


def test_nothing_is_carried_out_of_a_run_that_may_still_change(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    a_partner_overpaid(fortnight, hotline)
    fortnight.run_until("approved", NEXT_PERIOD)
    fortnight.sell(3000)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.draft(THIRD_PERIOD)
    assert figures(fortnight, THIRD_PERIOD) == (3000, 0, 0, 3000, 0)
    fortnight.export(NEXT_PERIOD)
    fortnight.draft(THIRD_PERIOD)
    assert figures(fortnight, THIRD_PERIOD) == (3000, 0, -1050, 1950, 0)


def test_a_draft_that_missed_a_carry_is_not_submitted(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    a_partner_overpaid(fortnight, hotline)
    fortnight.run_until("approved", NEXT_PERIOD)
    fortnight.sell(3000)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.draft(THIRD_PERIOD)
    fortnight.export(NEXT_PERIOD)
    refused = fortnight.submit(THIRD_PERIOD)
    assert isinstance(refused, Refused)
    assert refused.facts["control"] == "nothing_left_to_carry"


def test_a_cancelled_run_gives_back_what_was_carried_into_it(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    a_partner_overpaid(fortnight, hotline)
    fortnight.run_until("exported", NEXT_PERIOD)
    fortnight.sell(3000)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.run_until("submitted", THIRD_PERIOD)
    cancel_run(fortnight.office.engine, THIRD_PERIOD, by=fortnight.preparer.email, reason="test")
    holds(fortnight)
    fortnight.run_until("exported", THIRD_PERIOD)
    assert figures(fortnight, THIRD_PERIOD) == (3000, 0, -1050, 1950, 0)
    holds(fortnight)


def test_a_partner_without_an_account_who_is_owed_nothing_holds_nobody_up(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    fortnight.sell(1000)
    beside = fortnight.add_partner(verified=False)
    wrong = fortnight.sell(2000, at=beside)
    Clock(fortnight.office).set(datetime(2026, 11, 23, 9, tzinfo=UTC))
    booked(ask(fortnight, wrong, 2000, by=hotline))
    fortnight.end()
    run = fortnight.run_until("exported")
    assert (run.partners, run.transfers_cents) == (2, 1000)
    holds(fortnight)


def test_corrections_that_cancel_out_over_the_wallets_are_exported_in_any_order(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    sport = fortnight.sell(1000)
    lesson = fortnight.sell(1000, wallet=TUTORING)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(AFTER)
    number = booked(ask(fortnight, sport, 1000, by=hotline))
    fortnight.sell(3000)
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    fortnight.run_until("approved", NEXT_PERIOD)
    reverse(fortnight, number, by=hotline)
    booked(ask(fortnight, lesson, 1000, by=hotline))
    fortnight.sell(500)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.run_until("exported", THIRD_PERIOD)
    fortnight.export(NEXT_PERIOD)
    assert owed(fortnight) == 0
    holds(fortnight)


def test_who_sells_nothing_more_gets_no_paper_and_still_owes(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    a_partner_overpaid(fortnight, hotline)
    fortnight.run_until("exported", NEXT_PERIOD)
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(3000, at=beside)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.run_until("exported", THIRD_PERIOD)
    assert figures(fortnight, THIRD_PERIOD) == (3000, 0, 0, 3000, 0)
    assert owed(fortnight) == -1050
    holds(fortnight)


def test_a_wallet_that_is_short_is_made_good_out_of_the_other(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    wrong = fortnight.sell(2000, wallet=TUTORING)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(AFTER)
    fortnight.sell(5000)
    booked(ask(fortnight, wrong, 2000, by=hotline))
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    fortnight.run_until("exported", NEXT_PERIOD)
    assert figures(fortnight, NEXT_PERIOD) == (5000, -2000, 0, 3000, 0)
    assert owed(fortnight) == 0
    holds(fortnight)
    # The next one finds what the first wallet is still owed and the second still lacks.
    fortnight.sell(1000, wallet=TUTORING)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.run_until("exported", THIRD_PERIOD)
    by_wallet = fortnight.rows(
        "SELECT wallet, sum(amount_cents)::bigint AS cents FROM ledger_entry"
        " WHERE account = 'partner_payable' GROUP BY wallet ORDER BY wallet"
    )
    assert sum(row.cents for row in by_wallet) == 0
    assert [row.cents for row in by_wallet] == [1000, -1000], "paid out of what was owed"
    holds(fortnight)


def test_a_carry_that_was_meddled_with_is_named_by_the_proof(
    fortnight: Fortnight, hotline: AgentWithSecrets
) -> None:
    a_partner_overpaid(fortnight, hotline)
    fortnight.run_until("exported", NEXT_PERIOD)
    fortnight.sell(3000)
    fortnight.end(after=THIRD_AFTER, last_day=THIRD_LAST_DAY)
    fortnight.run_until("exported", THIRD_PERIOD)
    fortnight.meddle("DELETE FROM remittance_carry")
    difference = prove(fortnight.office.engine).first_difference
    assert difference is not None
    assert (difference.table, difference.field) == ("remittance", "carried_in_cents")


@given(
    st.dictionaries(
        st.sampled_from(_WALLETS), st.integers(-100_000, 100_000), min_size=1, max_size=2
    ),
    st.integers(1, 300_000),
)
def test_an_allocation_is_the_transfer_and_takes_what_is_there_first(
    standing: dict[str, int], transfer_cents: int
) -> None:
    paid = allocate(transfer_cents, standing)
    assert sum(paid.values()) == transfer_cents
    assert all(cents > 0 for cents in paid.values())
    there = sum(max(cents, 0) for cents in standing.values())
    if transfer_cents <= there:
        assert all(cents <= standing[wallet] for wallet, cents in paid.items())


def test_what_one_wallet_lacks_comes_out_of_the_other() -> None:
    assert allocate(1950, {"sport_culture_leisure": 3000, "tutoring": -1050}) == {
        "sport_culture_leisure": 1950
    }
