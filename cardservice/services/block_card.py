"""Blocks a card that was lost or stolen (opposition, C25): at once, for ever.

The law: the block takes the card's lock, the debit's own. A debit that holds it finishes first;
every later one is declined `card_blocked`. The money stays with the holder: a new card reaches it.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import Card, locked_card_named, locked_card_of_holder
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import REFUSAL_OF_STATE, CardChanged, move_card

BLOCK_REASONS = ("lost", "stolen")


def block_card(
    engine: Engine, keys: Keys, *, card_name: str, reason: str, actor: str
) -> CardChanged | Refused:
    """`card_name` is a code, QR text or serial; `reason` one of BLOCK_REASONS.

    Refused: card_unknown, card_blocked (before), card_replaced.
    """
    with unit_of_work(engine) as connection:
        card = locked_card_named(connection, keys, card_name)
        return _blocked(connection, card, reason=reason, actor=actor)


def block_card_of(
    engine: Engine, *, beneficiary_id: int, reason: str, actor: str
) -> CardChanged | Refused:
    """The same for the holder's card of today: a youth's page knows no code."""
    with unit_of_work(engine) as connection:
        card = locked_card_of_holder(connection, beneficiary_id)
        return _blocked(connection, card, reason=reason, actor=actor)


def _blocked(
    connection: Connection, card: Card | None, *, reason: str, actor: str
) -> CardChanged | Refused:
    assert reason in BLOCK_REASONS, "counters offer the two reasons"
    if card is None:
        return Refused("card_unknown")
    if card.state not in ("issued", "active", "paused"):
        return Refused(REFUSAL_OF_STATE[card.state])
    note(connection, actor=actor, action="card.block", subject=card.subject, detail=reason)
    return move_card(connection, card, "blocked")
