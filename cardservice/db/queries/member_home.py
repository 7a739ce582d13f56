"""What went in and out of a youth's wallets, as they see it.

The law: the holder's own operations and nobody else's; a place is the partner's outlet, never the
person at the till. Only what moved money: those rows alone are indexed by their holder.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from cardservice.domain.short_code import operation_reference

MOVEMENTS_PER_PAGE: Final = 20
# A cancellation is told with its debit, as a state of it.
_SHOWN: Final = ("debit", "regularisation", "regularisation_reversal", "lapse", "grant")


@dataclass(frozen=True, slots=True)
class Movement:
    """`kind` of the operation; `place` and `outlet` are empty where no till was. `dispute` is
    the state of the file that the holder has opened (open, granted, refused), with its answer."""

    operation_id: UUID
    operation_no: int
    kind: str
    wallet: str
    amount_cents: int
    at: datetime
    day: date
    place: str
    outlet: str
    cancelled_at: datetime | None
    given_back_cents: int
    dispute: str | None
    dispute_answer: str | None

    @property
    def is_disputed(self) -> bool:
        """Whether the holder has said that it was not them."""
        return self.dispute is not None

    @property
    def reference(self) -> str:
        """As tickets show it."""
        return operation_reference(self.operation_no)

    @property
    def state(self) -> str:
        """Where the money of a debit stands: paid, cancelled, given_back, partly_given_back."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.given_back_cents >= self.amount_cents:
            return "given_back"
        return "partly_given_back" if self.given_back_cents else "paid"

    @property
    def can_be_disputed(self) -> bool:
        """Whether « Ce n'était pas moi » may still be said of it."""
        return (
            self.kind == "debit"
            and not self.is_disputed
            and self.state in ("paid", "partly_given_back")
        )


_MOVEMENTS: Final = """
SELECT o.operation_id, o.operation_no, o.kind, o.wallet, o.amount_cents, o.accepted_at,
       o.business_day, coalesce(p.trade_name, ''), coalesce(u.name, ''), c.accepted_at,
       (SELECT coalesce(sum(r.amount_cents), 0)::bigint FROM regularisation r
        WHERE r.debit_id = o.operation_id AND r.state = 'booked' AND r.reversal_id IS NULL),
       CASE WHEN c.operation_id IS NOT NULL AND f.state = 'open' THEN 'granted' ELSE f.state END,
       f.refusal_reason
FROM operation o
LEFT JOIN partner p ON p.partner_id = o.partner_id
LEFT JOIN outlet u ON u.outlet_id = o.outlet_id
LEFT JOIN operation c ON c.target_id = o.operation_id AND c.kind = 'cancellation'
    AND c.outcome = 'cancelled'
LEFT JOIN regularisation_file f ON f.operation_id = o.operation_id
    AND f.opened_by_holder = o.beneficiary_id
WHERE o.beneficiary_id = :beneficiary_id AND o.wallet_seq IS NOT NULL AND o.kind = ANY(:kinds)
"""
_PAGE: Final = text(
    _MOVEMENTS + " ORDER BY o.accepted_at DESC, o.operation_no DESC LIMIT :most OFFSET :skipped"
)


def count_movements(connection: Connection, beneficiary_id: int) -> int:
    """How many there are to leaf through."""
    count: int = connection.execute(
        text(
            "SELECT count(*) FROM operation o WHERE o.beneficiary_id = :beneficiary_id"
            " AND o.wallet_seq IS NOT NULL AND o.kind = ANY(:kinds)"
        ),
        _of(beneficiary_id),
    ).scalar_one()
    return count


def movements_of(connection: Connection, beneficiary_id: int, *, page: int = 1) -> list[Movement]:
    """A page of the history, the newest first."""
    rows = connection.execute(
        _PAGE,
        _of(beneficiary_id)
        | {"most": MOVEMENTS_PER_PAGE, "skipped": (page - 1) * MOVEMENTS_PER_PAGE},
    )
    return [Movement(*row) for row in rows]


def movement_of(connection: Connection, beneficiary_id: int, operation_no: int) -> Movement | None:
    """One of the holder's own; None for anybody else's."""
    row = connection.execute(
        text(_MOVEMENTS + " AND o.operation_no = :operation_no"),
        _of(beneficiary_id) | {"operation_no": operation_no},
    ).one_or_none()
    return None if row is None else Movement(*row)


def _of(beneficiary_id: int) -> dict[str, Any]:
    return {"beneficiary_id": beneficiary_id, "kinds": list(_SHOWN)}
