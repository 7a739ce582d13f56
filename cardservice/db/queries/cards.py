"""Questions about cards: which one is meant, and what a verb must know before it decides.

The law: a card that a verb will change is locked first, the same lock as the debit's: a block and a
debit that arrive together queue, and the second sees what the first did.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.card_code import fold_card_code
from cardservice.domain.keys import Keys, code_mac

# Of `:beneficiary_id`: the card that is valid today, or the newest.
CURRENT_CARD: Final = (
    "SELECT card_id FROM card, (SELECT business_day(ledger_now()) AS today) AS day"
    " WHERE beneficiary_id = :beneficiary_id AND replaced_by IS NULL"
    " ORDER BY (today >= valid_from AND today < valid_until) DESC, valid_until DESC LIMIT 1"
)
_SERIAL: Final = re.compile(r"C[0-9]{2}-[0-9]{6}")
_CARD: Final = (
    "SELECT card_id, serial, last4, beneficiary_id, school_year,"
    " CASE WHEN replaced_by IS NOT NULL AND state <> 'blocked' THEN 'replaced' ELSE state END,"
    " valid_from, valid_until, replaced_by FROM card"
)


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the verbs see it: a replaced one is `replaced` unless it is blocked, whatever else
    it was before. `valid_until` is excluded."""

    card_id: int
    serial: str
    last4: str
    beneficiary_id: int
    school_year: int
    state: str
    valid_from: date
    valid_until: date
    replaced_by: int | None

    @property
    def subject(self) -> str:
        """How the journal names it."""
        return f"card:{self.serial}"


def locked_card_of_code(connection: Connection, keys: Keys, reading: str) -> Card | None:
    """The card of a printed code or QR text, locked until the transaction ends."""
    code = fold_card_code(reading)
    if code is None:
        return None
    return _one(connection, "code_mac = :value", code_mac(keys, code))


def locked_card_named(connection: Connection, keys: Keys, name: str) -> Card | None:
    """The card of a code, QR text or serial (`C26-000123`), locked until the transaction ends."""
    serial = name.strip().upper()
    if _SERIAL.fullmatch(serial):
        return _one(connection, "serial = :value", serial)
    return locked_card_of_code(connection, keys, name)


def locked_card_of_holder(connection: Connection, beneficiary_id: int) -> Card | None:
    """The holder's card of today (`current_card_id`), locked until the transaction ends."""
    card_id = current_card_id(connection, beneficiary_id)
    # Between the two questions it may have been replaced; then it says so, and nothing is done.
    return None if card_id is None else _one(connection, "card_id = :value", card_id)


def current_card_id(connection: Connection, beneficiary_id: int) -> int | None:
    """The one that is valid today, or the newest: in August next year's may be there already."""
    card_id: int | None = connection.execute(
        text(CURRENT_CARD), {"beneficiary_id": beneficiary_id}
    ).scalar_one_or_none()
    return card_id


def card_of_id(connection: Connection, card_id: int) -> Card:
    """A card that is known to be there, locked until the transaction ends."""
    card = _one(connection, "card_id = :value", card_id)
    assert card is not None, "cards are never removed"
    return card


def pausers_of_card(connection: Connection, card_id: int) -> set[str]:
    """Who has paused a card and not resumed it: of `holder`, `parent`, `department`."""
    found = connection.execute(
        text("SELECT paused_by FROM card_pause WHERE card_id = :card_id"), {"card_id": card_id}
    )
    return set(found.scalars())


def day_refusal(connection: Connection, card: Card, day: date) -> str | None:
    """Why a card of this school year could not pay on a day even when active: the debit's rule."""
    refusal: str | None = connection.execute(
        text(
            "SELECT year_refusal(CAST(:school_year AS smallint), :valid_from, :valid_until, :day)"
        ),
        {
            "school_year": card.school_year,
            "valid_from": card.valid_from,
            "valid_until": card.valid_until,
            "day": day,
        },
    ).scalar_one()
    return refusal


def _one(connection: Connection, condition: str, value: object) -> Card | None:
    found = connection.execute(
        text(f"{_CARD} WHERE {condition} FOR NO KEY UPDATE"), {"value": value}
    ).one_or_none()
    return None if found is None else Card(*found)
