"""Stores the photo of a card's holder, the one that the till shows for identity (C26).

The law: one photo per person, redrawn small and without metadata; only identification shows it.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import locked_card_named
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import CardChanged
from cardservice.services.portrait import portrait_of


def set_photo(
    engine: Engine, keys: Keys, *, card_name: str, image: bytes, actor: str
) -> CardChanged | Refused:
    """`card_name` is a code, QR text or serial; `image` a JPEG, PNG or WebP file.

    Refused: photo_too_heavy, photo_too_wide, photo_unreadable, card_unknown.
    """
    portrait = portrait_of(image)
    if isinstance(portrait, Refused):
        return portrait
    with unit_of_work(engine) as connection:
        card = locked_card_named(connection, keys, card_name)
        if card is None:
            return Refused("card_unknown")
        connection.execute(
            text(
                "INSERT INTO holder_photo (beneficiary_id, image, stored_at)"
                " VALUES (:beneficiary_id, :image, ledger_now())"
                " ON CONFLICT (beneficiary_id) DO UPDATE"
                " SET image = excluded.image, stored_at = excluded.stored_at"
            ),
            {"beneficiary_id": card.beneficiary_id, "image": portrait},
        )
        note(
            connection,
            actor=actor,
            action="beneficiary.photo",
            subject=f"beneficiary:{card.beneficiary_id}",
        )
        return CardChanged(card.serial, card.last4, card.state)
