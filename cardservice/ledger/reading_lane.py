"""The identification's road to the database: many readings, one look-up.

Coalesced for speed, and because a look-up that finds nothing then takes the very time of one that
finds a card. Codes and screens have a lane each: a code that waited for the claim of somebody's
step would be slower for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from cardservice.ledger.group_commit import GroupCommit

_IDENTIFY_MANY = "SELECT * FROM identify_many(%b::bytea[])"
_IDENTIFY_SCREENS = "SELECT * FROM identify_screens(%b::text[], %b::bigint[], %b::bigint[])"


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


class ScreenAsk(NamedTuple):
    """A genuine payload of a screen (domain/screen_code.py), and the terminal that has read it."""

    reference: str
    step: int
    terminal_id: int


def make_screen_lane(engine: AsyncEngine) -> GroupCommit[ScreenAsk, CardRead]:
    """The lane of look-ups by screen: each claims its step for its terminal."""

    async def settle(asks: Sequence[ScreenAsk], _alone: bool) -> Sequence[CardRead]:
        columns = [list(column) for column in zip(*asks, strict=True)]
        async with engine.connect() as connection:
            rows = (await connection.exec_driver_sql(_IDENTIFY_SCREENS, tuple(columns))).all()
        return [CardRead._make(row) for row in rows]

    # One lane: two would wait for each other's claims where a school queues at one till.
    return GroupCommit(settle, _no_screen_keys, lanes=1, most_per_batch=64)


def _no_screen_keys(_ask: ScreenAsk) -> tuple[Hashable, ...]:
    return ()


def _no_keys(_mac: bytes) -> tuple[Hashable, ...]:
    return ()
