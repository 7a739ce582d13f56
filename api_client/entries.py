"""A sale as the journal keeps it, and what each answer of the service makes of it.

The law: an order holds everything that is sent but the PIN, which has no place here to be kept in;
of the card there are the last four characters, of the holder nothing.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal, cast
from uuid import UUID

from api_client.answers import Approved, Cancelled, Declined, Problem
from api_client.operation_id import local_reference

State = Literal["written", "approved", "declined", "cancelled", "unknown"]


@dataclass(frozen=True)
class Order:
    """A sale as it is asked for. The same order under the same id may be sent any number of
    times; `identification` may be a fresh one, the rest is the sale."""

    operation_id: UUID
    identification: str = field(repr=False)
    wallet: str
    amount_cents: int
    last4: str
    identity_checked: bool

    def __post_init__(self) -> None:
        assert type(self.amount_cents) is int and self.amount_cents > 0, "cents, more than none"
        assert len(self.last4) <= 4, "never more of a card than its last four characters"


@dataclass(frozen=True)
class Entry:
    """A sale of the journal. A settled one has forgotten its identification ('').

    `code` and `message` are the service's for a refusal, `accepted_at`, `business_day` and the two
    references its own too. `pin_given`: the holder typed a PIN for it (a ticket says so).
    `cancellation_asked`: a cancellation was sent, or was about to be, and nobody has answered.
    """

    order: Order
    state: State
    reference: str | None
    message: str | None
    local_reference: str
    written_at: datetime
    settled_at: datetime | None
    code: str | None = None
    pin_given: bool = False
    accepted_at: datetime | None = None
    business_day: date | None = None
    cancellation_reference: str | None = None
    cancelled_at: datetime | None = None
    cancellation_asked: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the service has still to be asked about it."""
        return self.state in ("written", "unknown") or self.cancellation_asked


@dataclass(frozen=True)
class CancellationAsked:
    """A cancellation on its way; its debit may be another terminal's, which has no entry here."""

    operation_id: UUID
    reason: str


def is_cancelled(answer: Approved | Declined | Cancelled | Problem) -> bool:
    """Whether this answer says that the sale is undone, or can never happen."""
    match answer:
        case Cancelled():
            return True
        case Approved(cancelled=cancellation):
            return cancellation is not None
        case Declined(code=code):
            return code == "operation_cancelled"
    return False


def columns_of(answer: Approved | Declined | Cancelled | Problem) -> dict[str, str | None]:
    """What an answer writes into the sale's row."""
    told: dict[str, str | None] = {"state": "declined"}
    match answer:
        case Approved():
            told |= {"state": "approved", "reference": answer.reference}
        case Declined():
            told |= {"code": answer.code, "message": answer.message, "reference": answer.reference}
        case Problem():
            told |= {"code": answer.code, "message": answer.message}
        case Cancelled():
            told["cancellation_reference"] = answer.reference
            told["cancelled_at"] = instant_text(answer.cancelled_at)
    if isinstance(answer, Approved | Declined) and answer.accepted_at and answer.business_day:
        told["accepted_at"] = instant_text(answer.accepted_at)
        told["business_day"] = answer.business_day.isoformat()
    if isinstance(answer, Approved) and answer.cancelled is not None:
        told["cancellation_reference"] = answer.cancelled.reference
        told["cancelled_at"] = instant_text(answer.cancelled.cancelled_at)
    if is_cancelled(answer):
        told["state"] = "cancelled"
    return told


def order_of(row: sqlite3.Row) -> Order:
    """The order of a sale's row."""
    return Order(
        operation_id=UUID(row["operation_id"]),
        identification=row["identification"],
        wallet=row["wallet"],
        amount_cents=row["amount_cents"],
        last4=row["last4"],
        identity_checked=bool(row["identity_checked"]),
    )


def entry_of(row: sqlite3.Row) -> Entry:
    """A sale's row, with the `cancellation_reason` that stands beside it."""
    order, day = order_of(row), row["business_day"]
    return Entry(
        order=order,
        state=cast(State, row["state"]),
        reference=row["reference"],
        message=row["message"],
        local_reference=local_reference(order.operation_id),
        written_at=datetime.fromisoformat(row["written_at"]),
        settled_at=_instant(row["settled_at"]),
        code=row["code"],
        pin_given=bool(row["pin_given"]),
        accepted_at=_instant(row["accepted_at"]),
        business_day=None if day is None else date.fromisoformat(day),
        cancellation_reference=row["cancellation_reference"],
        cancelled_at=_instant(row["cancelled_at"]),
        cancellation_asked=row["cancellation_reason"] is not None,
    )


def instant_text(instant: datetime) -> str:
    """As the file keeps it: UTC, with its zone, sorted by age."""
    return instant.astimezone(UTC).isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
