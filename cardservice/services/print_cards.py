"""Prints the plastics that were ordered: gives each card a code that is told once, to the printer.

The law: as for issued cards (issue_cards.py): proved scannable, told once, before anything is kept
for good. The last four characters stay: tickets and stored answers name the card by them. What was
blocked or replaced meanwhile is not printed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.card_code import make_card_code_ending
from cardservice.domain.keys import Keys, code_mac
from cardservice.services.issue_cards import LOT
from cardservice.services.make_card import IssuedCard

_THAT_WAIT: Final = (
    " FROM plastic_order o JOIN card c USING (card_id)"
    " WHERE o.printed_at IS NULL AND c.replaced_by IS NULL AND c.state IN ('active', 'paused')"
    " AND c.valid_until > business_day(ledger_now())"
)
# Card first, as every verb; in the order of their serials, as they lie in the sheet.
_WAITING: Final = (
    "SELECT o.order_id, c.card_id, c.serial, c.school_year, c.last4"
    + _THAT_WAIT
    + " ORDER BY c.serial LIMIT :at_most FOR UPDATE OF c, o SKIP LOCKED"
)
_COUNT: Final = "SELECT count(*)" + _THAT_WAIT


@dataclass(frozen=True, slots=True)
class CardsPrinted:
    """One lot, in the order of serials; `waiting` orders are left."""

    cards: list[IssuedCard]
    waiting: int


def print_cards(
    engine: Engine,
    keys: Keys,
    *,
    draw: Callable[[int], int],
    prove: Callable[[str], object],
    actor: str,
    at_most: int = LOT,
    hand_over: Callable[[Sequence[IssuedCard]], object] = lambda cards: None,
) -> CardsPrinted:
    """At most `at_most` of the plastics that wait; repeat while some do.

    `draw`, `prove` and `hand_over` as in issue_cards: what `hand_over` raises undoes everything.
    """
    with unit_of_work(engine) as connection:
        cards = [
            _with_code(connection, keys, row, draw=draw, prove=prove)
            for row in connection.execute(text(_WAITING), {"at_most": at_most}).all()
        ]
        if cards:
            hand_over(cards)
            note(
                connection,
                actor=actor,
                action="card.print",
                subject=f"school_year:{cards[0].school_year}",
                detail=f"{cards[0].serial}..{cards[-1].serial} count={len(cards)}",
            )
        return CardsPrinted(cards, int(connection.execute(text(_COUNT)).scalar_one()))


def _with_code(
    connection: Connection,
    keys: Keys,
    row: Row[Any],
    *,
    draw: Callable[[int], int],
    prove: Callable[[str], object],
) -> IssuedCard:
    code = make_card_code_ending(row.last4, draw)
    prove(code)
    connection.execute(
        text("UPDATE card SET code_mac = :code_mac WHERE card_id = :card_id"),
        {"code_mac": code_mac(keys, code), "card_id": row.card_id},
    )
    connection.execute(
        text("UPDATE plastic_order SET printed_at = ledger_now() WHERE order_id = :order_id"),
        {"order_id": row.order_id},
    )
    return IssuedCard(row.serial, row.school_year, code)
