"""Cancel a debit on its own day, or leave a tombstone for one never seen (C60, C61)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID, uuid5

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work

REASONS = ("mistake", "wrong_amount", "wrong_wallet", "holder_changed_mind", "other")

# The cancellation's own identity follows from the debit's, so that a repeated one is the same one.
_CANCELLATIONS = UUID("5c1f0e5e-6f0b-5d0a-9a53-3b6f6a0c7e11")

_CANCEL = text(
    "SELECT * FROM cancel_debit(:operation_id, :cancellation_id, CAST(:partner_id AS bigint),"
    " CAST(:outlet_id AS bigint), CAST(:terminal_id AS bigint), CAST(:actor_id AS bigint),"
    " :reason)"
)


class ActingTerminal(Protocol):
    """Where a cancellation is made: all that it needs to know of a terminal."""

    @property
    def partner_id(self) -> int: ...

    @property
    def outlet_id(self) -> int: ...

    @property
    def terminal_id(self) -> int: ...


class CancellationAnswer(NamedTuple):
    """What became of a cancellation. `status`: recorded, replayed or reused (another partner's).
    A tombstone moved nothing: its balance is None."""

    status: str
    operation_no: int | None
    operation_id: UUID | None
    outcome: str | None
    code: str | None
    balance_after_cents: int | None
    accepted_at: datetime | None
    is_tombstone: bool | None


def cancel_debit(
    engine: Engine,
    *,
    terminal: ActingTerminal,
    operation_id: UUID,
    reason: str | None,
    actor_id: int | None = None,
) -> CancellationAnswer:
    """Any terminal of the same partner may cancel; the answer is stored and repeated as it was.

    `actor_id` is the delegate who does it, where the till knows one (C36).
    """
    with unit_of_work(engine) as connection:
        row = connection.execute(
            _CANCEL,
            {
                "operation_id": operation_id,
                "cancellation_id": uuid5(_CANCELLATIONS, str(operation_id)),
                "partner_id": terminal.partner_id,
                "outlet_id": terminal.outlet_id,
                "terminal_id": terminal.terminal_id,
                "actor_id": actor_id,
                "reason": reason,
            },
        ).one()
    return CancellationAnswer._make(row)
