"""Replaces a card: a new code for the same person and school year (C25).

The law: the old card says `replaced`, but a blocked one stays blocked: whoever finds it must be
told so. The new one is issued and must be activated; PIN, tries and money stay with the person, and
so does a pause of a parent or the Département, or a new card would be the way around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import Card, day_refusal, locked_card_named
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.db.queries.scheme import school_year_numbered
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.make_card import CardMaker, IssuedCard


@dataclass(frozen=True, slots=True)
class CardReplaced:
    """The new card for the printer, and the serial of the one it replaces."""

    card: IssuedCard
    old_serial: str


def replace_card(
    engine: Engine,
    keys: Keys,
    *,
    card_name: str,
    draw: Callable[[int], int],
    prove: Callable[[str], object],
    actor: str,
    hand_over: Callable[[IssuedCard], object] = lambda card: None,
) -> CardReplaced | Refused:
    """`card_name` is a code, QR text or serial of the person's current card.

    `draw`, `prove` and `hand_over` as in issue_cards. Refused: card_unknown, card_replaced
    (before), card_obsolete, school_year_over.
    """
    with unit_of_work(engine) as connection:
        old = locked_card_named(connection, keys, card_name)
        if old is None:
            return Refused("card_unknown")
        if old.replaced_by is not None:
            return Refused("card_replaced")
        refusal = day_refusal(connection, old, paris_today(connection))
        if refusal not in (None, "school_year_not_started"):
            assert refusal is not None
            return Refused(refusal)

        year = school_year_numbered(connection, old.school_year)
        assert year is not None, "a card's school year is a foreign key"
        maker = CardMaker(connection, keys, year, draw=draw, prove=prove)
        _, new = swap_cards(connection, old, maker)
        hand_over(new)
        note(
            connection,
            actor=actor,
            action="card.replace",
            subject=old.subject,
            detail=f"by {new.serial}",
        )
        return CardReplaced(new, old.serial)


def swap_cards(connection: Connection, old: Card, maker: CardMaker) -> tuple[int, IssuedCard]:
    """The new card's surrogate id and what a printer needs; the caller has locked the old one."""
    # One current card per person and year is a unique index that is checked at every statement: for
    # a moment, which nobody sees, the old card is its own successor.
    _set_successor(connection, old, successor_id=old.card_id)
    new_id, new = maker.make(old.beneficiary_id)
    _set_successor(connection, old, successor_id=new_id)
    _hand_pauses_on(connection, old, new_id)
    # A plastic that was ordered for the old one would arrive dead.
    connection.execute(
        text("DELETE FROM plastic_order WHERE card_id = :card_id AND printed_at IS NULL"),
        {"card_id": old.card_id},
    )
    return new_id, new


def _hand_pauses_on(connection: Connection, old: Card, new_id: int) -> None:
    # The holder's own pause was of what they could not find.
    connection.execute(
        text(
            "INSERT INTO card_pause (card_id, paused_by, paused_at)"
            " SELECT :new_id, paused_by, paused_at FROM card_pause"
            " WHERE card_id = :old_id AND paused_by <> 'holder'"
        ),
        {"new_id": new_id, "old_id": old.card_id},
    )


def _set_successor(connection: Connection, old: Card, *, successor_id: int) -> None:
    connection.execute(
        text(
            "UPDATE card SET replaced_by = :successor_id,"
            " state = CASE WHEN state = 'active' THEN 'replaced' ELSE state END"
            " WHERE card_id = :card_id"
        ),
        {"successor_id": successor_id, "card_id": old.card_id},
    )
