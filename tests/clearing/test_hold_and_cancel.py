"""A partner held back, a run cancelled: nothing of what is owed is lost, nothing is paid twice."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from clearing.controls import controls_of
from clearing.partner_view import payments_of
from clearing.run.cancel import cancel_run
from clearing.run.hold import PartnerHeld, hold_partner, release_partner
from clearing.run.record import Run
from clearing.schedule import tick
from tests import makers
from tests.clearing.story import (
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
)


def hold(fortnight: Fortnight, at: int = 0, *, reason: str = "Convention contestée") -> object:
    return hold_partner(
        fortnight.office.engine,
        fortnight.partners[at].siret,
        by=fortnight.preparer.email,
        reason=reason,
    )


def release(fortnight: Fortnight, at: int = 0) -> object:
    return release_partner(
        fortnight.office.engine, fortnight.partners[at].siret, by=fortnight.approver.email
    )


def cancel(fortnight: Fortnight, period: str = PERIOD) -> Run | Refused:
    return cancel_run(
        fortnight.office.engine, period, by=fortnight.preparer.email, reason="Erreur de période"
    )


def holds(fortnight: Fortnight) -> None:
    proof = prove(fortnight.office.engine)
    assert proof.ok, proof.first_difference


def test_who_is_held_is_left_out_and_paid_after_the_release(fortnight: Fortnight) -> None:
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1000)
    fortnight.sell(2000, at=beside)
    fortnight.end()
    assert isinstance(hold(fortnight, beside), PartnerHeld)
    run = fortnight.run_until("exported")
    assert (run.partners, run.transfers_cents) == (1, 1000)
    holds(fortnight)
    assert isinstance(release(fortnight, beside), PartnerHeld)
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    run = fortnight.run_until("exported", NEXT_PERIOD)
    assert (run.partners, run.transfers_cents) == (1, 2000)
    holds(fortnight)


def test_the_approver_is_told_how_many_are_held(fortnight: Fortnight) -> None:
    beside = fortnight.add_partner()
    fortnight.sell(1000)
    fortnight.end()
    hold(fortnight, beside)
    run = fortnight.run_until("draft")
    with unit_of_work(fortnight.office.engine) as connection:
        found = {one.name: one for one in controls_of(connection, run.run_id)}
    assert (found["partners_held"].left, found["partners_held"].blocking) == (1, False)


def test_a_release_after_the_draft_asks_for_a_new_draft(fortnight: Fortnight) -> None:
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1000)
    fortnight.sell(2000, at=beside)
    fortnight.end()
    hold(fortnight, beside)
    fortnight.draft()
    release(fortnight, beside)
    refused = fortnight.submit()
    assert isinstance(refused, Refused) and refused.code == "controls_do_not_hold"
    fortnight.draft()
    submitted = fortnight.submit()
    assert isinstance(submitted, Run) and submitted.transfers_cents == 3000


def test_a_hold_has_a_reason_and_is_there_once(fortnight: Fortnight) -> None:
    assert hold(fortnight, reason="?") == Refused("hold_reason_malformed")
    assert release(fortnight) == Refused("partner_not_held")
    hold(fortnight)
    assert hold(fortnight) == Refused("partner_held")
    assert hold_partner(
        fortnight.office.engine, "99999999999999", by=fortnight.preparer.email, reason="abc"
    ) == Refused("partner_unknown")
    hotline = makers.make_agent(fortnight.office, "hotline")
    assert release_partner(
        fortnight.office.engine, fortnight.partners[0].siret, by=hotline.email
    ) == Refused("agent_may_not")


@pytest.mark.parametrize("state", ["draft", "submitted", "approved"])
def test_what_a_cancelled_run_held_is_owed_again(fortnight: Fortnight, state: str) -> None:
    fortnight.sell(1000)
    fortnight.end()
    fortnight.run_until(state)
    cancelled = cancel(fortnight)
    assert isinstance(cancelled, Run) and cancelled.state == "cancelled"
    again = cancel(fortnight)
    assert isinstance(again, Run) and again.state == "cancelled"
    assert len(fortnight.rows("SELECT * FROM run_event WHERE state = 'cancelled'")) == 1
    holds(fortnight)
    # A person cancelled it, and a person drafts anew.
    assert not [one for one in tick(fortnight.office.engine) if one.job == "draft"]
    exported = fortnight.run_until("exported")
    assert (exported.attempt, exported.transfers_cents) == (2, 1000)
    holds(fortnight)


def test_what_went_to_the_bank_is_not_cancelled(fortnight: Fortnight) -> None:
    assert cancel(fortnight) == Refused("run_not_cancellable", {"period": PERIOD})
    fortnight.sell(1000)
    fortnight.end()
    fortnight.run_until("exported")
    assert cancel(fortnight) == Refused("run_not_cancellable", {"period": PERIOD})


def test_a_run_that_may_still_be_paid_is_never_freed(fortnight: Fortnight) -> None:
    fortnight.sell(1000)
    fortnight.end()
    run = fortnight.run_until("exported")
    with (
        unit_of_work(fortnight.office.engine) as connection,
        pytest.raises(DBAPIError, match="may still be paid"),
    ):
        connection.execute(text("SELECT free_run(:run_id)"), {"run_id": run.run_id})


def test_who_is_held_after_the_draft_is_not_paid_by_it(fortnight: Fortnight) -> None:
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1000)
    fortnight.sell(2000, at=beside)
    fortnight.end()
    fortnight.draft()
    hold(fortnight, beside)
    refused = fortnight.submit()
    assert isinstance(refused, Refused)
    assert refused.facts["control"] == "no_partner_held"
    fortnight.draft()
    submitted = fortnight.submit()
    assert isinstance(submitted, Run) and submitted.transfers_cents == 1000


def test_a_partner_who_is_held_still_sees_what_is_owed(fortnight: Fortnight) -> None:
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1000)
    fortnight.sell(2000, at=beside)
    fortnight.end()
    hold(fortnight, beside)
    fortnight.run_until("exported")
    with unit_of_work(fortnight.office.engine) as connection:
        payments = payments_of(connection, fortnight.partners[beside].partner_id)
    assert sum(payment.amount_cents for payment in payments) == 2000


@pytest.mark.parametrize("state", ["approved", "submitted", "draft"])
def test_a_cancelled_run_is_never_revived(fortnight: Fortnight, state: str) -> None:
    fortnight.sell(1000)
    fortnight.end()
    fortnight.run_until("draft")
    cancel(fortnight)
    with (
        psycopg.connect(fortnight.office.database_url) as connection,
        pytest.raises(psycopg.errors.RaiseException),
    ):
        connection.execute("UPDATE reimbursement_run SET state = %s", [state])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reimbursement_run SET state = 'bank_rejected'",
        "UPDATE reimbursement_run SET approved_by = submitted_by + 1000",
        "UPDATE reimbursement_run SET msg_id = 'another'",
        "UPDATE remittance SET run_id = run_id + 1",
        "INSERT INTO reimbursement_run (period_key, attempt, state, debits, partners, gross_cents,"
        " corrections_cents, carried_in_cents, carried_out_cents, re_presented_cents,"
        " transfers_cents) VALUES ('2026-12-A', 1, 'cancelled', 0, 0, 0, 0, 0, 0, 0, 0)",
    ],
)
def test_the_application_moves_nothing_of_what_went_to_the_bank(
    fortnight: Fortnight, statement: str
) -> None:
    fortnight.sell(1000)
    fortnight.end()
    fortnight.run_until("exported")
    with (
        psycopg.connect(fortnight.office.database_url) as connection,
        pytest.raises(psycopg.errors.RaiseException),
    ):
        connection.execute(statement.encode())


def test_the_application_writes_no_line_that_escapes_the_key(fortnight: Fortnight) -> None:
    fortnight.sell(1000)
    fortnight.end()
    fortnight.run_until("draft")
    with (
        psycopg.connect(fortnight.office.database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(
            "INSERT INTO remittance_line (remittance_id, operation_id, wallet, nature,"
            " amount_cents, live) SELECT remittance_id, operation_id, wallet, nature,"
            " amount_cents, false FROM remittance_line"
        )
