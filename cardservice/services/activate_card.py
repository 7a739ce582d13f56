"""Activates a card: the holder types or scans its code and chooses a PIN (C24, C58).

The law: an issued card of a year that is not over, once. The first activation chooses the PIN; a
later one keeps it unless another is given, because a PIN belongs to the person and not the plastic.
A card that a parent stopped before it was activated is paused from the start.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import Card, day_refusal, locked_card_of_code
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import REFUSAL_OF_STATE, CardChanged, move_card
from cardservice.services.holder_pin import has_pin, store_pin


def activate_card(
    engine: Engine, keys: Keys, *, reading: str, pin: str | None, actor: str
) -> CardChanged | Refused:
    """`reading` is the QR text or the typed code: a serial would prove nothing.

    Refused: card_unknown, card_already_active, card_paused, card_blocked, card_replaced,
    card_obsolete, school_year_over, pin_missing, pin_malformed, pin_too_simple,
    pin_is_birth_date.
    """
    with unit_of_work(engine) as connection:
        card = locked_card_of_code(connection, keys, reading)
        if card is None:
            return Refused("card_unknown")
        refusal = _refusal(connection, card)
        if refusal is not None:
            return Refused(refusal)
        if pin is not None:
            refused = store_pin(connection, keys, beneficiary_id=card.beneficiary_id, pin=pin)
            if refused is not None:
                return refused
        elif not has_pin(connection, card.beneficiary_id):
            return Refused("pin_missing")
        note(connection, actor=actor, action="card.activate", subject=card.subject)
        return move_card(connection, card, "active")


def _refusal(connection: Connection, card: Card) -> str | None:
    if card.state != "issued":
        return REFUSAL_OF_STATE[card.state]
    refusal = day_refusal(connection, card, paris_today(connection))
    # A card may be linked in August; it pays from the first school day on.
    return None if refusal == "school_year_not_started" else refusal
