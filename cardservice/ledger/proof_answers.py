"""The proof of what the bank answered: messages, answers, their operations, what comes again.

The law: an answer is what a message was understood to say, it has booked one operation per wallet
of its transfer and nothing else has; a run is where its answers lead; what is presented again
failed before, whole, of the same partner, once, and for a reason that is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from cardservice.ledger.derived import answer_id
from cardservice.ledger.proof_rows import Difference
from cardservice.ledger.streams import STREAMED

_CHUNK: Final = 500
_KINDS: Final = "('payment_confirmed', 'transfer_return', 'paid_transfer_return')"

# Each query finds the keys of rows that break one law, the first one first: (table, field, query).
_LAWS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "transfer_answer",
        "remittance_id",
        # Only a transfer that went to the bank has an answer.
        "SELECT a.remittance_id FROM transfer_answer a"
        " LEFT JOIN remittance m USING (remittance_id) LEFT JOIN reimbursement_run r USING (run_id)"
        " WHERE m.transfer_cents IS NULL OR m.transfer_cents <= 0 OR r.exported_at IS NULL"
        " ORDER BY 1 LIMIT 1",
    ),
    (
        "transfer_answer",
        "outcome",
        # Paid after it came back would be paid twice.
        "SELECT f.remittance_id FROM transfer_answer f JOIN transfer_answer p USING (remittance_id)"
        " WHERE f.outcome = 'failed' AND p.outcome = 'paid' AND p.answered_at > f.answered_at"
        " ORDER BY 1 LIMIT 1",
    ),
    (
        "transfer_answer",
        "bank_message_id",
        # The message says so: of the transfer by name, or of its whole run.
        "SELECT a.remittance_id FROM transfer_answer a JOIN remittance m USING (remittance_id)"
        " WHERE NOT EXISTS (SELECT FROM bank_finding f"
        "  WHERE f.bank_message_id = a.bank_message_id AND f.run_id = m.run_id"
        "  AND CASE WHEN f.remittance_id IS NULL THEN a.with_file OR a.outcome = 'paid'"
        "   ELSE f.remittance_id = a.remittance_id AND NOT a.with_file END"
        "  AND f.understood IN ('paid', 'rejected', 'returned')"
        "  AND (f.understood = 'paid') = (a.outcome = 'paid')"
        "  AND f.happened_on = a.happened_on"
        "  AND f.reason_code IS NOT DISTINCT FROM a.reason_code"
        "  AND (a.outcome = 'failed' OR f.remittance_id IS NULL"
        "   OR f.amount_cents = m.transfer_cents))"
        " ORDER BY 1 LIMIT 1",
    ),
    (
        "bank_finding",
        "understood",
        # And what it was understood to say of a transfer was taken as such.
        "SELECT f.bank_message_id || '/' || f.entry_no FROM bank_finding f"
        " WHERE f.understood IN ('paid', 'rejected', 'returned') AND f.remittance_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM transfer_answer a WHERE a.remittance_id = f.remittance_id"
        "  AND a.bank_message_id = f.bank_message_id"
        "  AND (f.understood = 'paid') = (a.outcome = 'paid'))"
        " ORDER BY f.bank_message_id, f.entry_no LIMIT 1",
    ),
    (
        "reimbursement_run",
        "state",
        # A run is paid or refused when the bank has said so of its last transfer, and not before.
        "SELECT run_id FROM (SELECT r.run_id, r.state, count(m.remittance_id) AS transfers,"
        "  count(m.remittance_id) FILTER (WHERE NOT EXISTS (SELECT FROM transfer_answer a"
        "   WHERE a.remittance_id = m.remittance_id)) AS outstanding,"
        "  count(m.remittance_id) FILTER (WHERE EXISTS (SELECT FROM transfer_answer a"
        "   WHERE a.remittance_id = m.remittance_id AND a.outcome = 'paid')) AS paid"
        "  FROM reimbursement_run r"
        "  LEFT JOIN remittance m ON m.run_id = r.run_id AND m.transfer_cents > 0"
        "  WHERE r.exported_at IS NOT NULL GROUP BY r.run_id, r.state) s"
        " WHERE (state = 'paid' AND (outstanding > 0 OR (transfers > 0 AND paid = 0)))"
        "  OR (state = 'bank_rejected' AND (outstanding > 0 OR paid > 0 OR transfers = 0))"
        "  OR (state IN ('exported', 'accepted') AND transfers > 0 AND outstanding = 0)"
        " ORDER BY run_id LIMIT 1",
    ),
    (
        "remittance",
        "re_presented_cents",
        # What is presented again is, whole, what came back of the same partner.
        "SELECT m.remittance_id FROM remittance m JOIN reimbursement_run r USING (run_id)"
        " LEFT JOIN remittance_re_presentation p ON p.into_remittance_id = m.remittance_id"
        " LEFT JOIN remittance before ON before.remittance_id = p.from_remittance_id"
        "  AND before.partner_id = m.partner_id AND EXISTS (SELECT FROM transfer_answer a"
        "   WHERE a.remittance_id = before.remittance_id AND a.outcome = 'failed')"
        # A cancelled run keeps its figures, and presents nothing any more.
        " WHERE r.state <> 'cancelled'"
        " GROUP BY m.remittance_id"
        " HAVING m.re_presented_cents <> coalesce(sum(before.transfer_cents), 0)"
        "  OR m.presentation <> coalesce(max(before.presentation) + 1, 0)"
        "  OR count(p.from_remittance_id) <> count(before.remittance_id)"
        " ORDER BY 1 LIMIT 1",
    ),
    (
        "remittance_re_presentation",
        "into_remittance_id",
        "SELECT p.from_remittance_id FROM remittance_re_presentation p"
        " JOIN remittance m ON m.remittance_id = p.into_remittance_id"
        " JOIN reimbursement_run r USING (run_id) WHERE r.state = 'cancelled' ORDER BY 1 LIMIT 1",
    ),
    (
        "remittance_re_presentation",
        "from_remittance_id",
        # Never into the account that sent it back, unless a person has said so.
        "SELECT p.from_remittance_id FROM remittance_re_presentation p"
        " JOIN remittance m ON m.remittance_id = p.into_remittance_id"
        " JOIN reimbursement_run r USING (run_id)"
        " JOIN remittance before ON before.remittance_id = p.from_remittance_id"
        " JOIN transfer_answer a ON a.remittance_id = before.remittance_id"
        "  AND a.outcome = 'failed'"
        " WHERE r.exported_at IS NOT NULL AND m.iban = before.iban AND NOT a.with_file"
        " AND NOT EXISTS (SELECT FROM transfer_release l"
        "  WHERE l.remittance_id = before.remittance_id) ORDER BY 1 LIMIT 1",
    ),
)
_ANSWERED: Final = text(
    "SELECT a.remittance_id, a.outcome, a.answered_at, m.partner_id, m.number_year, m.number,"
    " p.wallet, p.amount_cents, EXISTS (SELECT FROM transfer_answer b"
    "  WHERE b.remittance_id = a.remittance_id AND b.outcome = 'paid') AS was_paid"
    " FROM transfer_answer a JOIN remittance m USING (remittance_id)"
    " JOIN remittance_payment p USING (remittance_id)"
    " ORDER BY a.remittance_id, a.outcome, p.wallet"
)


def first_answer_difference(connection: Connection) -> Difference | None:
    """The first row of what the bank answered that the operations and messages do not bear out."""
    for table, field, query in _LAWS:
        broken = connection.execute(text(query)).scalar_one_or_none()
        if broken is not None:
            return Difference(table, str(broken), field)
    return _first_wrong_operation(connection) or _first_changed_message(connection)


def _first_wrong_operation(connection: Connection) -> Difference | None:
    """Every answer has its operations, and every operation of these kinds its answer."""
    expected = 0
    rows = connection.execute(_ANSWERED, execution_options={**STREAMED, "yield_per": _CHUNK})
    for chunk in rows.partitions(_CHUNK):
        booked = _booked(connection, [_operation_id(row) for row in chunk])
        for row in chunk:
            found = booked.get(_operation_id(row))
            if found != (_kind(row), row.partner_id, row.wallet, row.amount_cents, row.answered_at):
                return Difference("transfer_answer", str(row.remittance_id), "outcome")
        expected += len(chunk)
    booked_at_all = connection.execute(
        text(f"SELECT count(*) FROM operation WHERE kind IN {_KINDS}")  # noqa: S608
    ).scalar_one()
    if booked_at_all == expected:
        return None
    return _first_stray(connection)


def _first_stray(connection: Connection) -> Difference:
    """An operation that no answer has booked."""
    ids = {_operation_id(row) for row in connection.execute(_ANSWERED)}
    booked = connection.execute(
        text(f"SELECT operation_id FROM operation WHERE kind IN {_KINDS} ORDER BY operation_no"),  # noqa: S608
        execution_options=STREAMED,
    )
    stray = next(one for one in booked.scalars() if one not in ids)
    return Difference("operation", str(stray), "kind")


def _booked(connection: Connection, operation_ids: Sequence[Any]) -> dict[Any, tuple[Any, ...]]:
    rows = connection.execute(
        text(
            "SELECT operation_id, kind, partner_id, wallet, amount_cents, accepted_at"
            " FROM operation WHERE operation_id = ANY(:ids) AND outcome = 'approved'"
        ),
        {"ids": list(operation_ids)},
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def _operation_id(row: Row[Any]) -> Any:
    number = f"BR-{row.number_year}-{row.number:06d}"
    return answer_id(number, row.wallet, row.outcome)


def _kind(row: Row[Any]) -> str:
    if row.outcome == "paid":
        return "payment_confirmed"
    return "paid_transfer_return" if row.was_paid else "transfer_return"


def _first_changed_message(connection: Connection) -> Difference | None:
    for message in _messages(connection):
        if hashlib.sha256(bytes(message.content)).hexdigest() != message.sha256:
            return Difference("bank_message", str(message.bank_message_id), "content")
    return None


def _messages(connection: Connection) -> Iterator[Row[Any]]:
    return iter(
        connection.execute(
            text("SELECT bank_message_id, content, sha256 FROM bank_message ORDER BY 1"),
            execution_options={**STREAMED, "yield_per": 1},
        )
    )
