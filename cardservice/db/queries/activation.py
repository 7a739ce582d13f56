"""How far has a member come, and what is their card now? Asked anew at every step, so that whoever
left in the middle goes on where they were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries.cards import current_card_id
from cardservice.db.queries.consents import consent_state
from cardservice.db.queries.members import Member
from cardservice.domain.operation import WALLETS

# In their order: who it is, a parent's word, whose card it is, the PIN; then nothing is missing.
STEPS: Final = ("who", "consent", "card", "pin", "done")


@dataclass(frozen=True, slots=True)
class OwnCard:
    """A member's card of today. `wallets` maps wallet to balance in cents, empty for a card of bons
    plans; `last_day` is included."""

    serial: str
    last4: str
    state: str
    school_year: int
    first_day: date
    last_day: date
    has_pin: bool
    wallets: dict[str, int]


def next_step(connection: Connection, member: Member) -> str:
    """The step of `STEPS` that a member has still to take."""
    if member.beneficiary_id is None and member.first_name is None:
        return "who"
    if consent_state(connection, member.member_id) not in ("not_needed", "given"):
        return "consent"
    if member.beneficiary_id is None:
        return "card"
    card = own_card(connection, member.beneficiary_id)
    return "pin" if card is None or card.state == "issued" else "done"


def own_card(connection: Connection, beneficiary_id: int) -> OwnCard | None:
    """The card of today, or the newest; None while none was made."""
    card_id = current_card_id(connection, beneficiary_id)
    if card_id is None:
        return None
    row = connection.execute(
        text(
            "SELECT c.serial, c.last4::text, c.state, c.school_year, c.valid_from,"
            " c.valid_until - 1 AS last_day,"
            " EXISTS (SELECT FROM holder_pin p WHERE p.beneficiary_id = c.beneficiary_id)"
            "  AS has_pin,"
            " (SELECT jsonb_object_agg(w.wallet, w.balance_cents)"
            "  FROM wallet w WHERE w.beneficiary_id = c.beneficiary_id"
            "  AND w.school_year = c.school_year) AS wallets"
            " FROM card c WHERE c.card_id = :card_id"
        ),
        {"card_id": card_id},
    ).one()
    return OwnCard(
        serial=row.serial,
        last4=row.last4,
        state=row.state,
        school_year=row.school_year,
        first_day=row.valid_from,
        last_day=row.last_day,
        has_pin=row.has_pin,
        wallets={one: row.wallets[one] for one in WALLETS if one in (row.wallets or {})},
    )
