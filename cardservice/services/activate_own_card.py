"""Activates the card of a member who is linked: they choose its PIN, and it pays (C24, C58).

The law: a member's own card of the year, issued and not activated yet. A PIN that was chosen for an
earlier card belongs to the person and stays, unless another is given. A parent who withdraws in the
same moment stops it: card first, then the consent, as answer_consent.py locks them.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.cards import Card, day_refusal, locked_card_of_holder
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.consents import consent_state
from cardservice.db.queries.journal import note
from cardservice.db.queries.members import Member
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.card_state import REFUSAL_OF_STATE, CardChanged, move_card
from cardservice.services.holder_pin import has_pin, store_pin


def activate_own_card(
    engine: Engine, keys: Keys, *, member: Member, pin: str
) -> CardChanged | Refused:
    """`pin` may be empty for somebody who has one.

    Refused: consent_missing, no_card_yet, card_already_active, card_paused, card_blocked,
    card_replaced, card_obsolete, school_year_over, pin_missing, pin_malformed, pin_too_simple,
    pin_is_birth_date.
    """
    assert member.beneficiary_id is not None, "whose card it is is known first"
    with unit_of_work(engine) as connection:
        card = locked_card_of_holder(connection, member.beneficiary_id)
        if not _may_open(connection, member.member_id):
            return Refused("consent_missing")
        if card is None:
            return Refused("no_card_yet")
        if card.state != "issued":
            return Refused(REFUSAL_OF_STATE[card.state])
        refusal = day_refusal(connection, card, paris_today(connection))
        # A card may be linked in August; it pays from the first school day on.
        if refusal not in (None, "school_year_not_started"):
            return Refused(str(refusal))
        if pin or not has_pin(connection, member.beneficiary_id):
            refused = _pin(connection, keys, card, pin)
            if refused is not None:
                return refused
        note(connection, actor=member.actor, action="card.activate", subject=card.subject)
        return move_card(connection, card, "active")


def _may_open(connection: Connection, member_id: int) -> bool:
    """Locks the member: a parent's answer comes before this or after it."""
    is_open = connection.execute(
        text("SELECT closed_at IS NULL FROM member WHERE member_id = :member_id FOR NO KEY UPDATE"),
        {"member_id": member_id},
    ).scalar_one_or_none()
    return bool(is_open) and consent_state(connection, member_id) in ("not_needed", "given")


def _pin(connection: Connection, keys: Keys, card: Card, pin: str) -> Refused | None:
    if not pin:
        return Refused("pin_missing")
    return store_pin(connection, keys, beneficiary_id=card.beneficiary_id, pin=pin)
