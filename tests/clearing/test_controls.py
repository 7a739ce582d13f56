"""Every control can fail: one figure is moved behind the programs' backs, and the submission of the
run is refused with the control's name."""

from __future__ import annotations

import psycopg
import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from clearing.controls import controls_of, failures
from clearing.run.record import Run
from tests import makers
from tests.clearing.story import NEXT_AFTER, NEXT_LAST_DAY, NEXT_PERIOD, Fortnight
from tests.conftest import superuser_dsn
from tests.counter import SPORT, TUTORING

# A line of the first partner, and that partner's remittance.
LINE = "operation_id = (SELECT min(operation_id::text)::uuid FROM remittance_line)"
OF_LINE = f"remittance_id = (SELECT remittance_id FROM remittance_line WHERE {LINE})"

BREAKS = {
    "lines_and_remittances": (
        "UPDATE remittance SET gross_cents = gross_cents + 1, transfer_cents = transfer_cents + 1",
    ),
    "lines_and_operations": (
        f"UPDATE remittance SET gross_cents = gross_cents + 1,"
        f" transfer_cents = transfer_cents + 1 WHERE {OF_LINE}",
        f"UPDATE remittance_line SET amount_cents = amount_cents + 1 WHERE {LINE}",
    ),
    # A debit that is owed and stands in no line.
    "ledger_movement": (
        "UPDATE remittance r SET gross_cents = r.gross_cents - l.amount_cents,"
        " transfer_cents = r.transfer_cents - l.amount_cents FROM remittance_line l"
        f" WHERE l.{LINE} AND l.remittance_id = r.remittance_id",
        f"DELETE FROM remittance_line WHERE {LINE}",
    ),
    "day_closes": ("UPDATE day_close SET amount_cents = amount_cents + 1 WHERE partner_id > 0",),
    "run_and_remittances": (
        "UPDATE reimbursement_run SET gross_cents = gross_cents + 1,"
        " transfers_cents = transfers_cents + 1",
    ),
    "nothing_left_to_carry": (
        # An older run of the same partner, exported, whose net was below zero.
        "INSERT INTO reimbursement_run (period_key, attempt, state, debits, partners, gross_cents,"
        " corrections_cents, carried_in_cents, carried_out_cents, re_presented_cents,"
        " transfers_cents, submitted_by, approved_by, content_hash, exported_at)"
        " SELECT '2026-11-A', 1, 'exported', 0, 1, 0, -1, 0, -1, 0, 0, a, b, '', now() FROM"
        " (SELECT min(agent_id) AS a, max(agent_id) AS b FROM agent) agents",
        "INSERT INTO remittance (run_id, partner_id, gross_cents, corrections_cents,"
        " carried_in_cents, re_presented_cents, transfer_cents, carried_out_cents)"
        " SELECT (SELECT max(run_id) FROM reimbursement_run), min(partner_id), 0, -1, 0, 0, 0, -1"
        " FROM remittance",
    ),
    "re_presented": (
        "UPDATE remittance SET re_presented_cents = 1, presentation = 1,"
        " transfer_cents = transfer_cents + 1",
        "UPDATE reimbursement_run SET re_presented_cents = (SELECT count(*) FROM remittance),"
        " transfers_cents = transfers_cents + (SELECT count(*) FROM remittance)",
    ),
    "reason_gone": (
        # An older transfer of the same partner, sent back by the account that is still in use.
        "INSERT INTO reimbursement_run (period_key, attempt, state, debits, partners, gross_cents,"
        " corrections_cents, carried_in_cents, carried_out_cents, re_presented_cents,"
        " transfers_cents, submitted_by, approved_by, content_hash, exported_at)"
        " SELECT '2026-11-A', 1, 'exported', 0, 1, 100, 0, 0, 0, 0, 100, a, b, '', now() FROM"
        " (SELECT min(agent_id) AS a, max(agent_id) AS b FROM agent) agents",
        "INSERT INTO remittance (remittance_id, run_id, partner_id, gross_cents, corrections_cents,"
        " carried_in_cents, re_presented_cents, transfer_cents, carried_out_cents, iban)"
        " OVERRIDING SYSTEM VALUE"
        " SELECT 0, (SELECT max(run_id) FROM reimbursement_run), partner_id, 100, 0, 0, 0, 100, 0,"
        " iban FROM bank_account WHERE partner_id = (SELECT min(partner_id) FROM remittance)",
        "INSERT INTO bank_message (kind, message_id, content, sha256, received_at, received_by)"
        " SELECT 'typed', 'x', '', '', now(), min(agent_id) FROM agent",
        "INSERT INTO transfer_answer SELECT 0, 'failed', 'AC04', false, current_date,"
        " bank_message_id, now() FROM bank_message",
        "INSERT INTO remittance_re_presentation SELECT 0, max(remittance_id) FROM remittance m"
        " WHERE partner_id = (SELECT partner_id FROM remittance WHERE remittance_id = 0)",
        "UPDATE remittance SET re_presented_cents = 100, presentation = 1,"
        " transfer_cents = transfer_cents + 100"
        " WHERE remittance_id = (SELECT into_remittance_id FROM remittance_re_presentation)",
        "UPDATE reimbursement_run SET re_presented_cents = 100,"
        " transfers_cents = transfers_cents + 100 WHERE state = 'draft'",
    ),
    "no_partner_held": (
        "INSERT INTO partner_hold (partner_id, reason, held_by, held_at)"
        " SELECT min(partner_id), 'test', (SELECT min(agent_id) FROM agent), now() FROM partner",
    ),
    "carried_in": (
        "UPDATE remittance SET carried_in_cents = -1, transfer_cents = transfer_cents - 1",
        "UPDATE reimbursement_run SET carried_in_cents = -(SELECT count(*) FROM remittance),"
        " transfers_cents = transfers_cents - (SELECT count(*) FROM remittance)",
    ),
    "no_cancelled_debit": (
        "INSERT INTO operation (operation_id, kind, outcome, partner_id, pin_checked, target_id,"
        " accepted_at, business_day, hash) SELECT gen_random_uuid(), 'cancellation', 'cancelled',"
        " partner_id, false, operation_id, accepted_at, business_day, '' FROM operation"
        f" WHERE {LINE}",
    ),
    "none_twice": (
        "INSERT INTO remittance_line SELECT remittance_id, operation_id, wallet,"
        f" 'regularisation', -1, false FROM remittance_line WHERE {LINE}",
    ),
    "every_iban_verified": ("UPDATE bank_account SET state = 'unverified'",),
}


@pytest.fixture
def drafted(fortnight: Fortnight) -> Fortnight:
    """Two partners, two wallets, a cancelled debit; drafted."""
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1055)
    fortnight.sell(2000, wallet=TUTORING)
    fortnight.sell_and_undo(800)
    fortnight.sell(300, at=beside, wallet=SPORT)
    fortnight.end()
    assert isinstance(fortnight.draft(), Run)
    return fortnight


def test_every_control_of_an_honest_run_holds(drafted: Fortnight) -> None:
    with unit_of_work(drafted.office.engine) as connection:
        controls = controls_of(connection, drafted.run().run_id)
    assert [control.name for control in controls if not control.holds] == ["first_payments"]
    assert {control.left for control in controls if "lines_and" in control.name} == {3355}


@pytest.mark.parametrize("name", BREAKS)
def test_a_control_that_does_not_hold_stops_the_submission_and_says_its_name(
    drafted: Fortnight, name: str
) -> None:
    for statement in BREAKS[name]:
        drafted.meddle(statement)
    refused = drafted.submit()
    assert isinstance(refused, Refused) and refused.code == "controls_do_not_hold"
    assert refused.facts["control"] == name
    assert refused.facts["left"] != refused.facts["right"]
    assert drafted.run().state == "draft"


def test_every_blocking_control_is_broken_here_or_by_the_table_itself(drafted: Fortnight) -> None:
    with unit_of_work(drafted.office.engine) as connection:
        controls = controls_of(connection, drafted.run().run_id)
    names = {control.name for control in controls if control.blocking}
    assert names == BREAKS.keys() | {"transfers_and_carry"}


@pytest.mark.parametrize("table", ["reimbursement_run", "remittance"])
def test_the_table_itself_refuses_what_does_not_add_up(drafted: Fortnight, table: str) -> None:
    with (
        psycopg.connect(superuser_dsn(drafted.office)) as superuser,
        pytest.raises(psycopg.errors.CheckViolation, match="adds_up"),
    ):
        superuser.execute(f"UPDATE {table} SET carried_in_cents = 5".encode())


def test_a_partner_whose_account_was_never_verified_stops_the_submission(
    fortnight: Fortnight,
) -> None:
    unverified = fortnight.add_partner(verified=False)
    fortnight.sell(300, at=unverified)
    fortnight.end()
    fortnight.draft()
    refused = fortnight.submit()
    assert isinstance(refused, Refused)
    assert refused.facts == {"control": "every_iban_verified", "left": 1, "right": 0}
    makers.verify_partner(fortnight.office, fortnight.partners[unverified])
    assert isinstance(fortnight.submit(), Run)


def test_the_controls_of_a_second_fortnight_hold_beside_the_first(
    drafted: Fortnight, clock: object
) -> None:
    drafted.run_until("exported")
    drafted.sell(440)
    drafted.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    drafted.draft(NEXT_PERIOD)
    with unit_of_work(drafted.office.engine) as connection:
        controls = controls_of(connection, drafted.run(NEXT_PERIOD).run_id)
    assert failures(controls) == []
    # Whoever was paid before is no first payment.
    assert [control.name for control in controls if not control.holds] == []


def test_one_account_for_two_partners_is_a_warning_and_stops_nothing(
    fortnight: Fortnight,
) -> None:
    beside = fortnight.add_partner()
    fortnight.sell(100)
    fortnight.sell(200, at=beside)
    fortnight.end()
    fortnight.draft()
    with unit_of_work(fortnight.office.engine) as connection:
        controls = {one.name: one for one in controls_of(connection, fortnight.run().run_id)}
    assert not controls["one_iban_for_two_partners"].holds
    assert isinstance(fortnight.submit(), Run)


def test_a_sale_of_the_day_after_touches_no_control(drafted: Fortnight) -> None:
    drafted.sell(999)
    with unit_of_work(drafted.office.engine) as connection:
        assert failures(controls_of(connection, drafted.run().run_id)) == []
