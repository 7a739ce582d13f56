"""Questions of a till about its own sales: one by its id, the last one, with what a ticket says."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

_SALE = """
SELECT o.operation_no, o.operation_id, o.outcome, o.code, k.last4::text AS last4, k.school_year,
       o.wallet, o.amount_cents, o.balance_after_cents, o.tries_left, o.pin_checked,
       o.accepted_at, o.business_day, o.partner_id, o.outlet_id, o.terminal_id, o.actor_id,
       c.operation_no AS cancellation_no, c.accepted_at AS cancelled_at,
       c.balance_after_cents AS balance_after_cancellation_cents,
       t.public_id, t.label AS terminal_label, l.name AS outlet_name, l.address AS outlet_address,
       p.trade_name, d.first_name AS delegate_first_name,
       left(d.last_name, 1) AS delegate_initial,
       o.business_day = business_day(ledger_now()) AS is_of_today
FROM operation o
JOIN partner p ON p.partner_id = o.partner_id
LEFT JOIN card k ON k.card_id = o.card_id
JOIN terminal t ON t.terminal_id = o.terminal_id
JOIN outlet l ON l.outlet_id = o.outlet_id
LEFT JOIN delegate d ON d.delegate_id = o.actor_id
LEFT JOIN operation c ON c.target_id = o.operation_id AND c.kind = 'cancellation'
    AND c.outcome = 'cancelled'
WHERE o.kind = 'debit' AND o.partner_id = :partner_id
"""


def sale_by_id(connection: Connection, *, partner_id: int, operation_id: UUID) -> Row[Any] | None:
    """A partner's debit; None for an unknown id, another partner's, or a bare tombstone."""
    return connection.execute(
        text(_SALE + " AND o.operation_id = :operation_id"),
        {"partner_id": partner_id, "operation_id": operation_id},
    ).one_or_none()


def last_sale(
    connection: Connection, *, partner_id: int, terminal_id: int, day: date
) -> Row[Any] | None:
    """The newest approved debit of a business day at a terminal."""
    return connection.execute(
        text(
            _SALE
            + " AND o.terminal_id = :terminal_id AND o.outcome = 'approved'"
            + " AND o.business_day = :day"
            + " ORDER BY o.operation_no DESC LIMIT 1"
        ),
        {"partner_id": partner_id, "terminal_id": terminal_id, "day": day},
    ).one_or_none()


def is_cancelled_unseen(connection: Connection, *, partner_id: int, operation_id: UUID) -> bool:
    """Whether a tombstone of this partner waits for a debit that never came."""
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM operation WHERE target_id = :operation_id"
            " AND kind = 'cancellation' AND partner_id = :partner_id)"
        ),
        {"operation_id": operation_id, "partner_id": partner_id},
    )
    return bool(found.scalar_one())
