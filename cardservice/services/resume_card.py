"""Resumes a paused card (C25).

The law: only a pause ends; a block never does. Who paused resumes, and nobody in their place: the
card pays again when no pause is left.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import (
    Card,
    locked_card_named,
    locked_card_of_holder,
    pausers_of_card,
)
from cardservice.db.queries.journal import note
from cardservice.db.tables.card_faces import PAUSERS
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import REFUSAL_OF_STATE, CardChanged, move_card

# Who must resume it instead; the first of several is told.
_PAUSED_BY: Final = {
    "department": "card_paused_by_department",
    "parent": "card_paused_by_parent",
    "holder": "card_paused_by_holder",
}


def resume_card(
    engine: Engine, keys: Keys, *, card_name: str, actor: str, paused_by: str = "department"
) -> CardChanged | Refused:
    """`card_name` is a code, QR text or serial; `paused_by`, one of PAUSERS, whose pause ends.

    The card is still `paused` afterwards when somebody else's pause is left. Refused: card_unknown,
    card_not_paused (it is active), card_paused_by_department, card_paused_by_parent,
    card_paused_by_holder, card_not_activated, card_blocked, card_replaced.
    """
    with unit_of_work(engine) as connection:
        card = locked_card_named(connection, keys, card_name)
        return _resumed(connection, card, actor=actor, paused_by=paused_by)


def resume_card_of(
    engine: Engine, *, beneficiary_id: int, actor: str, paused_by: str
) -> CardChanged | Refused:
    """The same for the holder's card of today: a youth's and a parent's page know no code."""
    with unit_of_work(engine) as connection:
        card = locked_card_of_holder(connection, beneficiary_id)
        return _resumed(connection, card, actor=actor, paused_by=paused_by)


def _resumed(
    connection: Connection, card: Card | None, *, actor: str, paused_by: str
) -> CardChanged | Refused:
    assert paused_by in PAUSERS, "counters know who asks"
    if card is None:
        return Refused("card_unknown")
    if card.state == "active":
        return Refused("card_not_paused")
    if card.state != "paused":
        return Refused(REFUSAL_OF_STATE[card.state])
    pausers = pausers_of_card(connection, card.card_id)
    if paused_by not in pausers:
        return Refused(_somebody_elses(pausers))
    connection.execute(
        text("DELETE FROM card_pause WHERE card_id = :card_id AND paused_by = :paused_by"),
        {"card_id": card.card_id, "paused_by": paused_by},
    )
    note(connection, actor=actor, action="card.resume", subject=card.subject, detail=paused_by)
    return move_card(connection, card, "active")


def _somebody_elses(pausers: Collection[str]) -> str:
    assert pausers, "a paused card was paused by somebody"
    return next(code for pauser, code in _PAUSED_BY.items() if pauser in pausers)
