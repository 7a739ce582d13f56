"""The identification's road to the database: many readings, one look-up.

Coalesced for speed, and because a look-up that finds nothing then takes the very time of one that
finds a card.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from cardservice.ledger.group_commit import GroupCommit

_IDENTIFY_MANY = "SELECT * FROM identify_many(%b::bytea[])"


class CardRead(NamedTuple):
    """What the vault knows of a reading, at one instant. `card_id` is None for an unknown code;
    `refusal` is the code of the card's refusal on `day`; `wallets` maps wallet to cents."""

    at: datetime
    day: date
    register_version: int
    card_id: int | None
    refusal: str | None
    last4: str | None
    school_year: int | None
    beneficiary_id: int | None
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    has_photo: bool
    wallets: dict[str, int] | None


def make_reading_lane(engine: AsyncEngine, *, lanes: int = 2) -> GroupCommit[bytes, CardRead]:
    """The lane of look-ups by code digest, over an AUTOCOMMIT engine."""

    async def settle(macs: Sequence[bytes], _alone: bool) -> Sequence[CardRead]:
        async with engine.connect() as connection:
            rows = (await connection.exec_driver_sql(_IDENTIFY_MANY, (list(macs),))).all()
        return [CardRead._make(row) for row in rows]

    return GroupCommit(settle, _no_keys, lanes=lanes, most_per_batch=128)


def _no_keys(_mac: bytes) -> tuple[Hashable, ...]:
    return ()
