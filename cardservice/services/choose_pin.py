"""Gives a holder a new PIN; the wrong tries of the old one are forgotten (C58).

The law: on any card of the holder that was activated and is neither blocked nor replaced. A thief
who holds a blocked card must not choose the PIN of the next one.
"""

from __future__ import annotations

from sqlalchemy import Engine

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import locked_card_named
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import REFUSAL_OF_STATE, CardChanged
from cardservice.services.holder_pin import store_pin


def choose_pin(
    engine: Engine, keys: Keys, *, card_name: str, pin: str, actor: str
) -> CardChanged | Refused:
    """`card_name` is a code, QR text or serial.

    Refused: card_unknown, card_not_activated, card_blocked, card_replaced, pin_malformed,
    pin_too_simple, pin_is_birth_date.
    """
    with unit_of_work(engine) as connection:
        card = locked_card_named(connection, keys, card_name)
        if card is None:
            return Refused("card_unknown")
        if card.state not in ("active", "paused"):
            return Refused(REFUSAL_OF_STATE[card.state])
        refused = store_pin(connection, keys, beneficiary_id=card.beneficiary_id, pin=pin)
        if refused is not None:
            return refused
        note(connection, actor=actor, action="card.pin", subject=card.subject)
        return CardChanged(card.serial, card.last4, card.state)
