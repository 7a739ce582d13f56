"""What the desk's bank page shows beside the messages: runs that the bank has, and one message.

The law: what is still to be debited is the run's transfers less those that have failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class RunAtBank:
    """A run whose payment is awaited; cents. `expected_cents` is what the statement will show."""

    period_key: str
    state: str
    msg_id: str
    execution_on: date
    transfers: int
    failed: int
    expected_cents: int


@dataclass(frozen=True, slots=True)
class DeskMessage:
    """A message of the bank, or what was typed in its place."""

    bank_message_id: int
    kind: str
    message_id: str
    sha256: str
    received_at: datetime
    received_by: str
    entries: int
    not_ours: int


def runs_at_bank(connection: Connection) -> list[RunAtBank]:
    """Exported or accepted, not paid yet; the one executed first comes first."""
    rows = connection.execute(
        text(
            "SELECT r.period_key, r.state, r.msg_id, r.execution_on, count(m.remittance_id),"
            " count(t.remittance_id), coalesce(sum(m.transfer_cents)"
            "  FILTER (WHERE t.remittance_id IS NULL), 0)::bigint"
            " FROM reimbursement_run r"
            " LEFT JOIN remittance m ON m.run_id = r.run_id AND m.transfer_cents > 0"
            " LEFT JOIN transfer_answer t ON t.remittance_id = m.remittance_id"
            "  AND t.outcome = 'failed'"
            " WHERE r.state IN ('exported', 'accepted')"
            " GROUP BY r.run_id ORDER BY r.execution_on, r.run_id LIMIT 50"
        )
    )
    return [RunAtBank(*row) for row in rows]


def bank_message_of(connection: Connection, bank_message_id: int) -> DeskMessage | None:
    """One message by its number."""
    row = connection.execute(
        text(
            "SELECT b.bank_message_id, b.kind, b.message_id, b.sha256, b.received_at, a.email,"
            " count(f.entry_no), count(f.entry_no) FILTER (WHERE f.understood = 'not_ours')"
            " FROM bank_message b JOIN agent a ON a.agent_id = b.received_by"
            " LEFT JOIN bank_finding f USING (bank_message_id)"
            " WHERE b.bank_message_id = :bank_message_id GROUP BY b.bank_message_id, a.email"
        ),
        {"bank_message_id": bank_message_id},
    ).one_or_none()
    return None if row is None else DeskMessage(*row)
