"""Moves a locked card from one state to another and tells what an unfit state is called.

The law: a card that is paused by anybody is paused; `active` is what it is when no pause is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries.cards import Card

# What a card is refused for when a verb expected another state.
REFUSAL_OF_STATE: Final = {
    "issued": "card_not_activated",
    "active": "card_already_active",
    "paused": "card_paused",
    "blocked": "card_blocked",
    "replaced": "card_replaced",
}


@dataclass(frozen=True, slots=True)
class CardChanged:
    """A card after a verb: its serial, what a partner may see of its code, its state."""

    serial: str
    last4: str
    state: str


def move_card(connection: Connection, card: Card, state: str) -> CardChanged:
    """Gives a card, which the caller has locked, another state; effective at the commit.

    `active` becomes `paused` while somebody's pause is left.
    """
    moved: str = connection.execute(
        text(
            "UPDATE card SET state = CASE WHEN :state = 'active' AND EXISTS"
            "  (SELECT FROM card_pause p WHERE p.card_id = :card_id) THEN 'paused' ELSE :state END,"
            " activated_at = CASE WHEN :state = 'active' THEN coalesce(activated_at, ledger_now())"
            "  ELSE activated_at END WHERE card_id = :card_id RETURNING state"
        ),
        {"state": state, "card_id": card.card_id},
    ).scalar_one()
    return CardChanged(card.serial, card.last4, moved)
