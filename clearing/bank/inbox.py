"""Questions about what the bank has answered: its messages, what was understood, what came back.

The law: what nobody has understood yet comes first; accounts are not shown here at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from clearing.run.read_remittance import remittance_number
from clearing.run.transfers import end_to_end_id


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message: how many entries of ours it has, and how many a person must look at."""

    bank_message_id: int
    kind: str
    message_id: str
    received_at: datetime
    received_by: str
    ours: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    """An entry of ours; `number` is the remittance's, cents."""

    entry_no: int
    understood: str
    remark: str | None
    end_to_end_id: str | None
    amount_cents: int | None
    reason_code: str | None
    entry_reference: str | None
    happened_on: date | None
    period_key: str | None
    number: str | None
    trade_name: str | None


@dataclass(frozen=True, slots=True)
class WaitingTransfer:
    """A transfer that came back and stands in no later remittance yet. `let_go_by` says why the
    next draft takes it (file, release, account), None while its reason is not gone."""

    remittance_id: int
    number: str
    end_to_end_id: str
    period_key: str
    partner_id: int
    trade_name: str
    amount_cents: int
    reason_code: str
    happened_on: date
    let_go_by: str | None
    is_held: bool
    has_account_waiting: bool


def messages(connection: Connection, *, limit: int = 50, offset: int = 0) -> list[MessageRow]:
    """The messages, the latest first."""
    rows = connection.execute(
        text(
            "SELECT b.bank_message_id, b.kind, b.message_id, b.received_at, a.email, f.ours,"
            " f.unmatched"
            " FROM (SELECT bank_message_id, kind, message_id, received_at, received_by"
            "  FROM bank_message ORDER BY bank_message_id DESC LIMIT :limit OFFSET :offset) b"
            " JOIN agent a ON a.agent_id = b.received_by"
            # Only those of the page are counted: a statement may have thousands of entries.
            " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE understood <> 'not_ours') AS ours,"
            "  count(*) FILTER (WHERE understood = 'unmatched') AS unmatched"
            "  FROM bank_finding WHERE bank_message_id = b.bank_message_id) f"
            " ORDER BY b.bank_message_id DESC"
        ),
        {"limit": limit, "offset": offset},
    )
    return [MessageRow(*row) for row in rows]


def count_of_messages(connection: Connection) -> int:
    """How many there are to leaf through."""
    return int(connection.execute(text("SELECT count(*) FROM bank_message")).scalar_one())


def findings_of(
    connection: Connection, bank_message_id: int, *, limit: int = 200, offset: int = 0
) -> list[FindingRow]:
    """What was understood of a message's entries that are ours, those to be looked at first."""
    rows = connection.execute(
        text(
            "SELECT f.entry_no, f.understood, f.remark, f.end_to_end_id, f.amount_cents,"
            " f.reason_code, f.entry_reference, f.happened_on, r.period_key, m.number_year,"
            " m.number, p.trade_name"
            " FROM bank_finding f LEFT JOIN reimbursement_run r USING (run_id)"
            " LEFT JOIN remittance m ON m.remittance_id = f.remittance_id"
            " LEFT JOIN partner p ON p.partner_id = m.partner_id"
            " WHERE f.bank_message_id = :bank_message_id AND f.understood <> 'not_ours'"
            " ORDER BY f.understood <> 'unmatched', f.entry_no LIMIT :limit OFFSET :offset"
        ),
        {"bank_message_id": bank_message_id, "limit": limit, "offset": offset},
    )
    return [
        FindingRow(
            entry_no=row.entry_no,
            understood=row.understood,
            remark=row.remark,
            end_to_end_id=row.end_to_end_id,
            amount_cents=row.amount_cents,
            reason_code=row.reason_code,
            entry_reference=row.entry_reference,
            happened_on=row.happened_on,
            period_key=row.period_key,
            number=None if row.number is None else remittance_number(row.number_year, row.number),
            trade_name=row.trade_name,
        )
        for row in rows
    ]


def waiting_again(
    connection: Connection, *, limit: int = 200, offset: int = 0
) -> list[WaitingTransfer]:
    """What came back and is presented by no remittance yet, those that need somebody first."""
    rows = connection.execute(
        text(
            "SELECT f.*, r.period_key, p.trade_name,"
            " EXISTS (SELECT FROM partner_hold h WHERE h.partner_id = f.partner_id"
            "  AND h.released_at IS NULL) AS is_held,"
            " EXISTS (SELECT FROM bank_account b WHERE b.partner_id = f.partner_id"
            "  AND b.state = 'unverified') AS has_account_waiting"
            " FROM failed_transfer f JOIN partner p USING (partner_id)"
            " JOIN reimbursement_run r USING (run_id) WHERE f.into_remittance_id IS NULL"
            " ORDER BY f.let_go_by IS NOT NULL, f.answered_at, f.remittance_id"
            " LIMIT :limit OFFSET :offset"
        ),
        {"limit": limit, "offset": offset},
    )
    return [
        WaitingTransfer(
            remittance_id=row.remittance_id,
            number=remittance_number(row.number_year, row.number),
            end_to_end_id=end_to_end_id(row.number_year, row.number, row.presentation),
            period_key=row.period_key,
            partner_id=row.partner_id,
            trade_name=row.trade_name,
            amount_cents=row.transfer_cents,
            reason_code=row.reason_code,
            happened_on=row.happened_on,
            let_go_by=row.let_go_by,
            is_held=row.is_held,
            has_account_waiting=row.has_account_waiting,
        )
        for row in rows
    ]
