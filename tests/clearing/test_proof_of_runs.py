"""The proof reaches what was paid: one value of a run changed behind the programs' backs is named,
and after it was put back the proof is green."""

from __future__ import annotations

import pytest

from cardservice.ledger.proof_rows import Difference
from cardservice.ledger.proofs import prove
from cardservice.wiring import Office
from tests.clearing.story import NEXT_AFTER, NEXT_LAST_DAY, NEXT_PERIOD, Fortnight, make_fortnight
from tests.counter import TUTORING
from tests.told_once import ToldOnce

LINE = "operation_id = (SELECT min(operation_id::text)::uuid FROM remittance_line)"
FIRST_RUN = "run_id = (SELECT min(run_id) FROM reimbursement_run)"


def _told_paid(fortnight: Fortnight) -> Fortnight:
    fortnight.sell(1055)
    fortnight.sell(2000, wallet=TUTORING)
    fortnight.sell_and_undo(800)
    fortnight.end()
    fortnight.run_until("exported")
    fortnight.sell(440)
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    fortnight.run_until("draft", NEXT_PERIOD)
    return fortnight


@pytest.fixture
def paid(office: Office, told_once: ToldOnce) -> Fortnight:
    """One fortnight exported, the next one drafted."""
    return told_once("proof of runs: paid", lambda: _told_paid(make_fortnight(office)))


def difference(paid: Fortnight) -> Difference | None:
    return prove(paid.office.engine).first_difference


def test_a_paid_fortnight_and_a_drafted_one_prove_green(paid: Fortnight) -> None:
    assert difference(paid) is None


@pytest.mark.parametrize(
    ("change", "back", "table", "field"),
    [
        (
            f"UPDATE remittance_line SET amount_cents = amount_cents + 1 WHERE {LINE}",
            f"UPDATE remittance_line SET amount_cents = amount_cents - 1 WHERE {LINE}",
            "remittance_line",
            "amount_cents",
        ),
        (
            f"UPDATE remittance SET gross_cents = gross_cents + 1,"
            f" transfer_cents = transfer_cents + 1 WHERE {FIRST_RUN}",
            f"UPDATE remittance SET gross_cents = gross_cents - 1,"
            f" transfer_cents = transfer_cents - 1 WHERE {FIRST_RUN}",
            "remittance",
            "gross_cents",
        ),
        (
            f"UPDATE reimbursement_run SET gross_cents = gross_cents + 1,"
            f" transfers_cents = transfers_cents + 1 WHERE {FIRST_RUN}",
            f"UPDATE reimbursement_run SET gross_cents = gross_cents - 1,"
            f" transfers_cents = transfers_cents - 1 WHERE {FIRST_RUN}",
            "reimbursement_run",
            "transfers_cents",
        ),
        (
            f"UPDATE reimbursement_run SET state = 'approved', exported_at = NULL"
            f" WHERE {FIRST_RUN}",
            f"UPDATE reimbursement_run SET state = 'exported', exported_at = now()"
            f" WHERE {FIRST_RUN}",
            "remittance",
            "transfer_cents",
        ),
        (
            "UPDATE remittance_payment SET amount_cents = amount_cents + 1",
            "UPDATE remittance_payment SET amount_cents = amount_cents - 1",
            "operation",
            "amount_cents",
        ),
        (
            f"UPDATE remittance SET iban = reverse(iban) WHERE {FIRST_RUN}",
            f"UPDATE remittance SET iban = reverse(iban) WHERE {FIRST_RUN}",
            "reimbursement_run",
            "content_hash",
        ),
        (
            f"UPDATE remittance SET holder_name = holder_name || '.' WHERE {FIRST_RUN}",
            f"UPDATE remittance SET holder_name = left(holder_name, -1) WHERE {FIRST_RUN}",
            "reimbursement_run",
            "content_hash",
        ),
        (
            "UPDATE document SET content = content || '\\x20' WHERE kind = 'pain001'",
            "UPDATE document SET content = substr(content, 1, length(content) - 1)"
            " WHERE kind = 'pain001'",
            "document",
            "content",
        ),
    ],
)
def test_a_changed_run_is_named(
    paid: Fortnight, change: str, back: str, table: str, field: str
) -> None:
    paid.meddle(change)
    found = difference(paid)
    assert found is not None and (found.table, found.field) == (table, field)
    paid.meddle(back)
    assert difference(paid) is None


def test_a_debit_on_the_lines_of_two_runs_is_named(paid: Fortnight) -> None:
    """Its first line is not live any more: the unique key alone would let it pass."""
    paid.meddle(f"UPDATE remittance_line SET live = false WHERE {LINE}")
    paid.meddle(
        "INSERT INTO remittance_line SELECT (SELECT max(remittance_id) FROM remittance),"
        f" operation_id, wallet, nature, amount_cents FROM remittance_line WHERE {LINE}"
    )
    found = difference(paid)
    assert found is not None and (found.table, found.field) == ("remittance_line", "operation_id")


def test_a_line_without_its_debit_is_named(paid: Fortnight) -> None:
    paid.meddle(f"UPDATE remittance_line SET operation_id = gen_random_uuid() WHERE {LINE}")
    found = difference(paid)
    assert found is not None and found.table == "remittance_line"


def test_a_reimbursement_taken_away_is_missed(paid: Fortnight) -> None:
    paid.meddle("DELETE FROM operation WHERE kind = 'reimbursement' AND amount_cents = 1055")
    assert difference(paid) is not None
