"""`cjeune proof` notices every lie about answers and about what is presented again."""

from __future__ import annotations

import psycopg
import pytest

from cardservice.ledger.proofs import prove
from cardservice.wiring import Office
from tests import makers
from tests.clearing.bank_files import Status, camt053, debit, pain002, returned
from tests.clearing.bank_story import change_account, holds, hour, take, transfers
from tests.clearing.story import (
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
    make_fortnight,
)
from tests.conftest import Clock
from tests.counter import TUTORING
from tests.told_once import ToldOnce

PAID = "(SELECT remittance_id FROM transfer_answer WHERE outcome = 'paid' ORDER BY 1 LIMIT 1)"
FAILED = "(SELECT from_remittance_id FROM remittance_re_presentation)"
AGAIN = "(SELECT into_remittance_id FROM remittance_re_presentation)"
FIRST_RUN = f"run_id = (SELECT run_id FROM reimbursement_run WHERE period_key = '{PERIOD}')"


def _told_answered(fortnight: Fortnight) -> Fortnight:
    for at, iban in ((1, makers.OTHER_IBAN), (2, "FR1420041010050500013M02606")):
        fortnight.add_partner(iban=iban)
        fortnight.sell(300 * at, at=at)
    fortnight.sell(1055)
    fortnight.sell(2000, wallet=TUTORING)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(hour(3))
    first, _, third = transfers(fortnight, PERIOD)
    take(fortnight, pain002("CJP-2026-11-B-1", Status(first.name), group="PART"))
    take(fortnight, camt053(debit("9.00", "CJP-2026-11-B-1-1")))
    take(fortnight, camt053(returned(third.name, third.euros), message="B"))
    change_account(fortnight, iban="FR7630006000011234567890189")
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    fortnight.run_until("exported", NEXT_PERIOD)
    return fortnight


@pytest.fixture
def answered(office: Office, told_once: ToldOnce) -> Fortnight:
    """Of three transfers one is presented again, one paid, one paid and returned."""
    return told_once("bank proof: answered", lambda: _told_answered(make_fortnight(office)))


LIES = {
    "an answer that the bank never gave": (
        "INSERT INTO transfer_answer SELECT remittance_id, 'paid', NULL, false, current_date,"
        f" (SELECT max(bank_message_id) FROM bank_message), now() FROM remittance WHERE"
        f" remittance_id = {AGAIN}"
    ),
    "an answer that is gone": f"DELETE FROM transfer_answer WHERE remittance_id = {PAID}",
    "an answer about another transfer": (
        f"UPDATE transfer_answer SET remittance_id = {AGAIN} WHERE remittance_id = {PAID}"
        " AND outcome = 'paid'"
    ),
    "another reason": (
        f"UPDATE transfer_answer SET reason_code = 'MS03' WHERE remittance_id = {FAILED}"
    ),
    "another day": "UPDATE transfer_answer SET happened_on = happened_on + 1",
    "another instant": "UPDATE transfer_answer SET answered_at = answered_at + interval '1 s'",
    "refused with the whole file": (
        f"UPDATE transfer_answer SET with_file = true WHERE remittance_id = {FAILED}"
    ),
    "another message": (
        "UPDATE transfer_answer SET bank_message_id = (SELECT max(bank_message_id)"
        f" FROM bank_message) WHERE remittance_id = {FAILED}"
    ),
    "a message whose content was changed": (
        "UPDATE bank_message SET content = content || '\\x20' WHERE kind = 'pain002'"
    ),
    "a finding that says something else": (
        "UPDATE bank_finding SET understood = 'already_known' WHERE understood = 'rejected'"
    ),
    "a finding that nobody answered": (
        f"UPDATE bank_finding SET understood = 'paid', remittance_id = {AGAIN},"
        " run_id = (SELECT max(run_id) FROM reimbursement_run) WHERE understood = 'accepted'"
    ),
    "a run that is said to be paid": (
        "UPDATE reimbursement_run SET state = 'paid' WHERE period_key = '2026-12-A'"
    ),
    "a run that is said to be refused": (
        f"UPDATE reimbursement_run SET state = 'bank_rejected' WHERE {FIRST_RUN}"
    ),
    "a run that is said to be still underway": (
        f"UPDATE reimbursement_run SET state = 'accepted' WHERE {FIRST_RUN}"
    ),
    "a presentation that is forgotten": "DELETE FROM remittance_re_presentation",
    "a presentation of somebody else's money": (
        "UPDATE remittance_re_presentation SET from_remittance_id = (SELECT max(remittance_id)"
        f" FROM remittance WHERE {FIRST_RUN})"
    ),
    "a presentation of money that did not fail": (
        "UPDATE transfer_answer SET outcome = 'paid', reason_code = NULL"
        f" WHERE remittance_id = {FAILED}"
    ),
    "a presentation into the same account": (
        f"UPDATE remittance SET iban = (SELECT iban FROM remittance WHERE remittance_id = {FAILED})"
        f" WHERE remittance_id = {AGAIN}"
    ),
    "another count of presentations": (
        f"UPDATE remittance SET presentation = 2 WHERE remittance_id = {AGAIN}"
    ),
    "an operation that is gone": (
        "DELETE FROM operation WHERE kind = 'payment_confirmed' AND amount_cents = 300"
    ),
    "more debits in what is presented again": (
        "INSERT INTO remittance_line SELECT (SELECT max(remittance_id) FROM remittance),"
        " operation_id, wallet, nature, amount_cents, false FROM remittance_line LIMIT 1"
    ),
}


def test_an_honest_story_holds(answered: Fortnight) -> None:
    holds(answered)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_noticed(answered: Fortnight, lie: str) -> None:
    answered.meddle(LIES[lie])
    assert prove(answered.office.engine).first_difference is not None, lie


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO transfer_answer SELECT * FROM transfer_answer",
        "UPDATE transfer_answer SET outcome = 'paid'",
        "DELETE FROM transfer_answer",
        "UPDATE bank_message SET content = ''",
        "DELETE FROM bank_finding",
        "UPDATE transfer_release SET reason = 'x'",
    ],
)
def test_the_application_itself_may_change_nothing_that_the_bank_said(
    answered: Fortnight, statement: str
) -> None:
    with (
        psycopg.connect(answered.office.database_url) as application,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        application.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO remittance_re_presentation SELECT {PAID},"
        " (SELECT max(remittance_id) FROM remittance)",
        "DELETE FROM remittance_re_presentation",
        f"UPDATE reimbursement_run SET state = 'bank_rejected' WHERE period_key = '{NEXT_PERIOD}'",
        f"UPDATE reimbursement_run SET state = 'paid' WHERE period_key = '{NEXT_PERIOD}'",
    ],
)
def test_the_database_refuses_the_application_what_no_answer_bears_out(
    answered: Fortnight, statement: str
) -> None:
    with (
        psycopg.connect(answered.office.database_url) as application,
        pytest.raises(psycopg.errors.RaiseException),
    ):
        application.execute(statement.encode())


def test_the_money_function_refuses_to_pay_what_has_failed(answered: Fortnight) -> None:
    with (
        psycopg.connect(answered.office.database_url) as application,
        pytest.raises(psycopg.errors.RaiseException, match="has failed"),
    ):
        application.execute(
            "SELECT answer_transfers(1, ARRAY[(SELECT from_remittance_id"
            " FROM remittance_re_presentation)], ARRAY['paid'], ARRAY[NULL]::text[],"
            " ARRAY[false], ARRAY[current_date], ARRAY['{}']::jsonb[])"
        )
