"""Questions about debits: one by its id, a partner's day, its totals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

_DEBIT = """
SELECT o.operation_no, o.operation_id, o.outcome, o.code, k.last4, o.wallet, o.amount_cents,
       o.balance_after_cents, o.tries_left, o.accepted_at, o.business_day, o.partner_id,
       c.operation_no AS cancellation_no, c.accepted_at AS cancelled_at,
       t.public_id AS terminal_id, t.label AS terminal_label, l.name AS outlet_name
FROM operation o
LEFT JOIN card k ON k.card_id = o.card_id
JOIN terminal t ON t.terminal_id = o.terminal_id
JOIN outlet l ON l.outlet_id = o.outlet_id
LEFT JOIN operation c ON c.target_id = o.operation_id AND c.kind = 'cancellation'
    AND c.outcome = 'cancelled'
WHERE o.kind = 'debit' AND o.partner_id = :partner_id
"""


def by_id(connection: Connection, *, partner_id: int, operation_id: UUID) -> Row[Any] | None:
    """A partner's debit; None for an unknown id, another partner's, or a bare tombstone."""
    return connection.execute(
        text(_DEBIT + " AND o.operation_id = :operation_id"),
        {"partner_id": partner_id, "operation_id": operation_id},
    ).one_or_none()


def of_day(
    connection: Connection, *, partner_id: int, day: date, before_no: int | None, limit: int
) -> Sequence[Row[Any]]:
    """A partner's debits of a business day, refused ones too, newest first, `limit` at most."""
    return connection.execute(
        text(
            _DEBIT
            + " AND o.business_day = :day AND o.operation_no < :before_no"
            + " ORDER BY o.operation_no DESC LIMIT :limit"
        ),
        {
            "partner_id": partner_id,
            "day": day,
            "before_no": 2**63 - 1 if before_no is None else before_no,
            "limit": limit,
        },
    ).all()


def totals_of_day(
    connection: Connection, *, partner_id: int, day: date, terminal_id: int | None = None
) -> Sequence[Row[Any]]:
    """(wallet, count, amount_cents) of the approved debits of a day that were not cancelled."""
    return connection.execute(
        text(
            "SELECT o.wallet, count(*) AS count, sum(o.amount_cents)::bigint AS amount_cents"
            " FROM operation o"
            " WHERE o.kind = 'debit' AND o.outcome = 'approved' AND o.partner_id = :partner_id"
            " AND o.business_day = :day"
            " AND (CAST(:terminal_id AS bigint) IS NULL OR o.terminal_id = :terminal_id)"
            " AND NOT EXISTS (SELECT FROM operation c WHERE c.target_id = o.operation_id"
            "   AND c.kind = 'cancellation' AND c.outcome = 'cancelled')"
            " GROUP BY o.wallet ORDER BY o.wallet LIMIT 10"
        ),
        {"partner_id": partner_id, "day": day, "terminal_id": terminal_id},
    ).all()


def day_now(connection: Connection) -> date:
    """The business day a sale would belong to at this instant."""
    day: date = connection.execute(text("SELECT business_day(ledger_now())")).scalar_one()
    return day
