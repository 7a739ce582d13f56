"""What a holder is shown of their card: who paused it, whether a plastic comes, who has read it.

The law: the holder's own cards, of every year, and nobody else's; a reading names the place, never
the person at the till.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries.cards import current_card_id, pausers_of_card

READINGS_PER_PAGE: Final = 25


@dataclass(frozen=True, slots=True)
class CardControl:
    """`refusal` is what a till would tell of the card now; `pausers` of PAUSERS."""

    refusal: str | None
    pausers: frozenset[str]
    plastic_ordered_on: date | None
    # Of one that may still be on its way.
    plastic_printed_on: date | None


@dataclass(frozen=True, slots=True)
class CardRead:
    """A till has read a card. `paid` when the same till debited it within five minutes; a reading
    is written down a moment later, by its age, so that a minute more is allowed before."""

    read_at: datetime
    partner_name: str
    outlet_name: str
    outlet_address: str
    last4: str
    paid: bool


def card_control(connection: Connection, beneficiary_id: int) -> CardControl | None:
    """Of the card of today; None while no card was made."""
    card_id = current_card_id(connection, beneficiary_id)
    if card_id is None:
        return None
    found = connection.execute(
        text(
            "SELECT card_refusal(card, business_day(ledger_now())) AS refusal,"
            " (o.ordered_at AT TIME ZONE 'Europe/Paris')::date AS ordered_on,"
            " (o.printed_at AT TIME ZONE 'Europe/Paris')::date AS printed_on"
            " FROM card LEFT JOIN plastic_order o ON o.card_id = card.card_id"
            " AND (o.printed_at IS NULL OR o.printed_at > ledger_now() - interval '30 days')"
            " WHERE card.card_id = :card_id ORDER BY o.order_id DESC LIMIT 1"
        ),
        {"card_id": card_id},
    ).one()
    return CardControl(
        found.refusal,
        frozenset(pausers_of_card(connection, card_id)),
        found.ordered_on,
        found.printed_on,
    )


def count_readings(connection: Connection, beneficiary_id: int) -> int:
    """How many readings of all cards of a holder are kept."""
    count: int = connection.execute(
        text(
            "SELECT count(*) FROM card_reading JOIN card USING (card_id)"
            " WHERE beneficiary_id = :beneficiary_id"
        ),
        {"beneficiary_id": beneficiary_id},
    ).scalar_one()
    return count


def readings_of(
    connection: Connection, beneficiary_id: int, *, page: int = 1, limit: int = READINGS_PER_PAGE
) -> Sequence[CardRead]:
    """A page of them, newest first."""
    found = connection.execute(
        text(
            "SELECT r.read_at, p.trade_name, o.name, o.address, c.last4::text,"
            " EXISTS (SELECT FROM operation d WHERE d.beneficiary_id = c.beneficiary_id"
            "   AND d.school_year = c.school_year AND d.wallet_seq IS NOT NULL AND d.kind = 'debit'"
            "   AND d.outcome = 'approved' AND d.card_id = r.card_id"
            "   AND d.terminal_id = r.terminal_id"
            "   AND d.accepted_at >= r.read_at - interval '1 minute'"
            "   AND d.accepted_at < r.read_at + interval '5 minutes') AS paid"
            " FROM card c JOIN card_reading r USING (card_id)"
            " JOIN terminal t USING (terminal_id)"
            " JOIN outlet o USING (outlet_id) JOIN partner p ON p.partner_id = o.partner_id"
            " WHERE c.beneficiary_id = :beneficiary_id"
            " ORDER BY r.read_at DESC, r.reading_id DESC LIMIT :limit OFFSET :passed"
        ),
        {"beneficiary_id": beneficiary_id, "limit": limit, "passed": (page - 1) * limit},
    )
    return [CardRead(*row) for row in found]
