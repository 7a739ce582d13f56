"""Gives a phone what the screen of its holder's card is to show in the next ten minutes (C19).

The law: what leaves here are payloads that each die within a minute of their step; the key that
signs them never leaves the server. Only a card that could pay now has a screen.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import current_card_id
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.domain.screen_code import (
    STEPS_SHOWN,
    ScreenCode,
    into_step,
    make_reference,
    screen_payload,
    step_at,
)


@dataclass(frozen=True, slots=True)
class ScreenShown:
    """Payloads of the steps from now on, the first of which began `into_step` ago."""

    last4: str
    school_year: int
    last_day: date
    at: datetime
    into_step: timedelta
    payloads: tuple[str, ...] = field(repr=False)


def show_screen_card(
    engine: Engine,
    keys: Keys,
    *,
    beneficiary_id: int,
    draw: Callable[[int], int] = secrets.randbelow,
) -> ScreenShown | Refused:
    """Refused with the code that a till would tell of this card, or card_unknown for none."""
    with unit_of_work(engine) as connection:
        card_id = current_card_id(connection, beneficiary_id)
        if card_id is None:
            return Refused("card_unknown")
        card = connection.execute(
            text(
                "SELECT last4, school_year, valid_until - 1 AS last_day, at,"
                " card_refusal(card, business_day(at)) AS refusal"
                " FROM card, ledger_now() AS at WHERE card_id = :card_id"
            ),
            {"card_id": card_id},
        ).one()
        if card.refusal is not None:
            return Refused(card.refusal)
        reference = _reference(connection, card_id, draw)
    first = step_at(card.at)
    payloads = tuple(
        screen_payload(keys, ScreenCode(reference, step))
        for step in range(first, first + STEPS_SHOWN)
    )
    return ScreenShown(
        card.last4, card.school_year, card.last_day, card.at, into_step(card.at), payloads
    )


def _reference(connection: Connection, card_id: int, draw: Callable[[int], int]) -> str:
    # Two pages of one card opened at once: the second waits, and finds the first one's.
    connection.execute(
        text(
            "INSERT INTO screen_card (card_id, reference, made_at)"
            " VALUES (:card_id, :reference, ledger_now()) ON CONFLICT (card_id) DO NOTHING"
        ),
        {"card_id": card_id, "reference": make_reference(draw)},
    )
    reference: str = connection.execute(
        text("SELECT reference FROM screen_card WHERE card_id = :card_id"), {"card_id": card_id}
    ).scalar_one()
    return reference
