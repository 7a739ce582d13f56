"""A holder who is signed in replaces their own card (C25): a screen at once, a plastic by post.

The law: the new card is active at once, with the PIN that its holder has chosen before; the
plastic is only ordered, its code drawn when it is printed (print_cards.py), known to nobody before.
A parent's or the Département's pause goes over to the new card. A holder does this a few times a
year; what is lost more often is a matter for the telephone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import (
    Card,
    card_of_id,
    day_refusal,
    locked_card_of_holder,
)
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.db.queries.scheme import school_year_numbered
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import CardChanged, move_card
from cardservice.services.holder_pin import has_pin
from cardservice.services.make_card import CardMaker
from cardservice.services.replace_card import swap_cards

# The first card of a school year and three more.
MOST_CARDS_A_YEAR: Final = 4


def replace_own_card(
    engine: Engine,
    keys: Keys,
    *,
    beneficiary_id: int,
    serial: str,
    actor: str,
    draw: Callable[[int], int] = secrets.randbelow,
) -> CardChanged | Refused:
    """The new card: active, or paused when somebody else's pause goes over to it.

    `serial` is of the card that the holder saw: a form that comes twice replaces it once.
    Refused: card_unknown, card_replaced (before), card_not_activated (no PIN was ever chosen),
    card_obsolete, school_year_over, replacements_too_many.
    """
    with unit_of_work(engine) as connection:
        old = locked_card_of_holder(connection, beneficiary_id)
        if old is None:
            return Refused("card_unknown")
        if old.replaced_by is not None or old.serial != serial:
            return Refused("card_replaced")
        refusal = _refusal(connection, old)
        if refusal is not None:
            return Refused(refusal)
        year = school_year_numbered(connection, old.school_year)
        assert year is not None, "a card's school year is a foreign key"
        # Nothing to prove yet: the code that is drawn here is never told and never printed.
        maker = CardMaker(connection, keys, year, draw=draw, prove=lambda code: None)
        new_id, issued = swap_cards(connection, old, maker)
        connection.execute(
            text("INSERT INTO plastic_order (card_id, ordered_at) VALUES (:card_id, ledger_now())"),
            {"card_id": new_id},
        )
        note(
            connection,
            actor=actor,
            action="card.replace",
            subject=old.subject,
            detail=f"by {issued.serial}",
        )
        return move_card(connection, card_of_id(connection, new_id), "active")


def _refusal(connection: Connection, old: Card) -> str | None:
    if old.state == "issued" or not has_pin(connection, old.beneficiary_id):
        return "card_not_activated"
    refusal = day_refusal(connection, old, paris_today(connection))
    if refusal not in (None, "school_year_not_started"):
        return refusal
    cards: int = connection.execute(
        text(
            "SELECT count(*) FROM card"
            " WHERE beneficiary_id = :beneficiary_id AND school_year = :school_year"
        ),
        {"beneficiary_id": old.beneficiary_id, "school_year": old.school_year},
    ).scalar_one()
    return "replacements_too_many" if cards >= MOST_CARDS_A_YEAR else None
