"""The debit's road to the database: batches of requests into `debit_many`, answers out.

The law: all that was decided is in the answer's facts; nothing here decides anything.
A batch is sorted by card, so that two batches never wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.types.numeric import Int8
from sqlalchemy.ext.asyncio import AsyncEngine

from cardservice.ledger.group_commit import GroupCommit

# Typed casts: whatever the batch holds, PostgreSQL sees one and the same prepared statement.
# %b sends the binary form: arrays need no quoting then, which costs more than the rest of a batch.
_DEBIT_MANY = """
SELECT * FROM debit_many(
    %b, %b::uuid[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[],
    %b::text[], %b::bigint[], %b::timestamptz[], %b::boolean[], %b::text[], %b::boolean[],
    %b::bytea[], %b::date[], %b)
"""


@dataclass(frozen=True, slots=True)
class DebitRequest:
    """A debit as the money function wants it; see sql/functions/debit.sql for each field."""

    register_version: int
    operation_id: UUID
    partner_id: int
    outlet_id: int
    terminal_id: int
    actor_id: int | None
    card_id: int | None
    wallet: str
    amount_cents: int
    identified_until: datetime
    partner_suspended: bool
    verdict: str | None
    pin_due: bool
    pin_mac: bytes | None
    judged_on: date


class DebitAnswer(NamedTuple):
    """What became of a debit. `status`: recorded, replayed, reused, expired, suspended, or stale
    (the register moved: decide again). The facts are empty unless recorded or replayed."""

    status: str
    operation_no: int | None
    operation_id: UUID | None
    outcome: str | None
    code: str | None
    last4: str | None
    wallet: str | None
    amount_cents: int | None
    balance_after_cents: int | None
    tries_left: int | None
    accepted_at: datetime | None
    business_day: date | None


_STALE = DebitAnswer("stale", *[None] * 11)


def make_debit_lane(
    engine: AsyncEngine, *, lanes: int = 2
) -> GroupCommit[DebitRequest, DebitAnswer]:
    """The lane of debits over an AUTOCOMMIT engine."""

    async def settle(requests: Sequence[DebitRequest], alone: bool) -> Sequence[DebitAnswer | None]:
        order = sorted(range(len(requests)), key=lambda place: requests[place].card_id or 0)
        # A batch shares one register version: the oldest. A newer one decided on newer facts, so
        # that calling both stale when the register has moved is only caution.
        batch = [requests[place] for place in order]
        async with engine.connect() as connection:
            rows = (
                await connection.exec_driver_sql(_DEBIT_MANY, _arguments(batch, alone=alone))
            ).all()
        answers: list[DebitAnswer | None] = [_STALE] * len(requests)
        for place, row in zip(order, rows, strict=False):
            answers[place] = None if row[0] == "busy" else DebitAnswer._make(row)
        return answers

    return GroupCommit(settle, _keys_of, lanes=lanes)


def _keys_of(request: DebitRequest) -> tuple[Hashable, ...]:
    # A forged identification names no card: such requests have nothing in common.
    if request.card_id is None:
        return (request.operation_id,)
    return (request.operation_id, request.card_id)


def _arguments(batch: Sequence[DebitRequest], *, alone: bool) -> tuple[object, ...]:
    return (
        Int8(min(request.register_version for request in batch)),
        [request.operation_id for request in batch],
        [Int8(request.partner_id) for request in batch],
        [Int8(request.outlet_id) for request in batch],
        [Int8(request.terminal_id) for request in batch],
        [None if request.actor_id is None else Int8(request.actor_id) for request in batch],
        [None if request.card_id is None else Int8(request.card_id) for request in batch],
        [request.wallet for request in batch],
        [Int8(request.amount_cents) for request in batch],
        [request.identified_until for request in batch],
        [request.partner_suspended for request in batch],
        [request.verdict for request in batch],
        [request.pin_due for request in batch],
        [request.pin_mac for request in batch],
        [request.judged_on for request in batch],
        alone,
    )
