"""What a parent's page shows of a child's card: balances and amounts, never where (C16; minors).

The law: the statement itself asks for no partner, outlet or terminal: what is not read cannot be
shown. The newest come first, and only so many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from cardservice.db.queries.cards import current_card_id, pausers_of_card


@dataclass(frozen=True, slots=True)
class WalletSeen:
    """One wallet of the card's school year."""

    wallet: str
    balance_cents: int
    granted_cents: int


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved. `amount_cents` is negative for what left the wallet."""

    kind: str
    wallet: str
    amount_cents: int
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A child's card. `state` as the card is; `pausers` who paused it."""

    state: str
    valid_until: date
    pausers: frozenset[str]
    wallets: Sequence[WalletSeen]
    movements: Sequence[Movement]

    @property
    def last_day(self) -> date:
        """The last day that the card pays."""
        return self.valid_until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Child:
    """Whom a parent's page is about, also while the member is closed."""

    first_name: str | None
    beneficiary_id: int | None


def child_of(connection: Connection, member_id: int) -> Child:
    """The member of a parent's link."""
    found = connection.execute(
        text("SELECT first_name, beneficiary_id FROM member WHERE member_id = :member_id"),
        {"member_id": member_id},
    ).one()
    return Child(*found)


def card_seen_by_parent(
    connection: Connection, beneficiary_id: int, *, limit: int = 50
) -> CardSeen | None:
    """The card of today with its money; None for who has none."""
    card_id = current_card_id(connection, beneficiary_id)
    if card_id is None:
        return None
    card = connection.execute(
        text("SELECT state, school_year, valid_until FROM card WHERE card_id = :card_id"),
        {"card_id": card_id},
    ).one()
    of_the_year = {"beneficiary_id": beneficiary_id, "school_year": card.school_year}
    wallets = connection.execute(
        text(
            "SELECT wallet, balance_cents, granted_cents FROM wallet"
            " WHERE beneficiary_id = :beneficiary_id AND school_year = :school_year"
            " ORDER BY wallet"
        ),
        of_the_year,
    )
    movements = connection.execute(
        text(
            "SELECT kind, wallet, CASE WHEN kind IN ('debit', 'lapse', 'regularisation_reversal')"
            " THEN -amount_cents ELSE amount_cents END, accepted_at"
            " FROM operation WHERE beneficiary_id = :beneficiary_id"
            " AND school_year = :school_year AND wallet_seq IS NOT NULL"
            " ORDER BY operation_no DESC LIMIT :limit"
        ),
        of_the_year | {"limit": limit},
    )
    return CardSeen(
        card.state,
        card.valid_until,
        frozenset(pausers_of_card(connection, card_id)),
        [WalletSeen(*row) for row in wallets],
        [Movement(*row) for row in movements],
    )
