"""Pauses a card that its holder cannot find, or that a parent wants to rest (C25).

The law: holder, parent and Département each have a pause of their own; a card that one of them
paused pays nothing. A pause takes nothing away, and ends whenever whoever made it says so.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import Card, locked_card_named, locked_card_of_holder
from cardservice.db.queries.journal import note
from cardservice.db.tables.card_faces import PAUSERS
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import REFUSAL_OF_STATE, CardChanged, move_card


def pause_card(
    engine: Engine, keys: Keys, *, card_name: str, actor: str, paused_by: str = "department"
) -> CardChanged | Refused:
    """`card_name` is a code, QR text or serial; `paused_by` one of PAUSERS.

    Refused: card_unknown, card_not_activated, card_paused (by the same before), card_blocked,
    card_replaced.
    """
    with unit_of_work(engine) as connection:
        card = locked_card_named(connection, keys, card_name)
        return _paused(connection, card, actor=actor, paused_by=paused_by)


def pause_card_of(
    engine: Engine, *, beneficiary_id: int, actor: str, paused_by: str
) -> CardChanged | Refused:
    """The same for the holder's card of today: a youth's and a parent's page know no code."""
    with unit_of_work(engine) as connection:
        return pause_within(
            connection, beneficiary_id=beneficiary_id, actor=actor, paused_by=paused_by
        )


def pause_within(
    connection: Connection, *, beneficiary_id: int, actor: str, paused_by: str
) -> CardChanged | Refused:
    """The same in a caller's transaction, for who must pause and do something else at once."""
    card = locked_card_of_holder(connection, beneficiary_id)
    return _paused(connection, card, actor=actor, paused_by=paused_by)


def _paused(
    connection: Connection, card: Card | None, *, actor: str, paused_by: str
) -> CardChanged | Refused:
    assert paused_by in PAUSERS, "counters know who asks"
    if card is None:
        return Refused("card_unknown")
    if card.state not in ("active", "paused"):
        return Refused(REFUSAL_OF_STATE[card.state])
    added = connection.execute(
        text(
            "INSERT INTO card_pause (card_id, paused_by, paused_at)"
            " VALUES (:card_id, :paused_by, ledger_now()) ON CONFLICT DO NOTHING"
        ),
        {"card_id": card.card_id, "paused_by": paused_by},
    )
    if added.rowcount == 0:
        return Refused("card_paused")
    note(connection, actor=actor, action="card.pause", subject=card.subject, detail=paused_by)
    return move_card(connection, card, "paused")
