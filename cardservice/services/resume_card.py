"""Resumes a paused card (C25). The law: only a pause ends; a block never does."""

from __future__ import annotations

from sqlalchemy import Engine

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import locked_card_named
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import REFUSAL_OF_STATE, CardChanged, move_card


def resume_card(engine: Engine, keys: Keys, *, card_name: str, actor: str) -> CardChanged | Refused:
    """`card_name` is a code, QR text or serial.

    Refused: card_unknown, card_not_paused (it is active), card_not_activated, card_blocked,
    card_replaced.
    """
    with unit_of_work(engine) as connection:
        card = locked_card_named(connection, keys, card_name)
        if card is None:
            return Refused("card_unknown")
        if card.state == "active":
            return Refused("card_not_paused")
        if card.state != "paused":
            return Refused(REFUSAL_OF_STATE[card.state])
        note(connection, actor=actor, action="card.resume", subject=card.subject)
        return move_card(connection, card, "active")
