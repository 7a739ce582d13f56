"""Issues plastic cards: one for every person of a school year who has none (C18, C19).

The law: a person has one current card a year; a code is told once, to `hand_over`, before the cards
exist for good: if the sheet cannot be written, no card was issued.

Lots on purpose: a lot is one unit of work and one sheet, so that a cut loses a lot and not a year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.make_card import CardMaker, IssuedCard

LOT: Final = 1_000


@dataclass(frozen=True, slots=True)
class CardsIssued:
    """The cards of one lot, in the order of their serials; `waiting` people have none yet."""

    cards: list[IssuedCard]
    waiting: int


def issue_cards(
    engine: Engine,
    keys: Keys,
    *,
    school_year: int,
    draw: Callable[[int], int],
    prove: Callable[[str], object],
    actor: str,
    ine: str | None = None,
    at_most: int = LOT,
    hand_over: Callable[[Sequence[IssuedCard]], object] = lambda cards: None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> CardsIssued | Refused:
    """Issues at most `at_most` cards, or the one of the person with `ine`; repeat while some wait.

    `draw` is secrets.randbelow; `prove(code)` raises unless a QR of the code can be read back;
    `hand_over(cards)` is called before the commit, and what it raises undoes everything;
    `progress(done, waiting)` counts beyond the lot: `waiting` is everybody without a card.
    Refused: school_year_unknown; with `ine`, beneficiary_unknown or card_exists.
    """
    with unit_of_work(engine) as connection:
        year = scheme.school_year_numbered(connection, school_year)
        if year is None:
            return Refused("school_year_unknown", {"school_year": school_year})
        maker = CardMaker(connection, keys, year, draw=draw, prove=prove)
        if ine is None:
            people = _without_card(connection, school_year)
        else:
            chosen = _chosen(connection, school_year, ine)
            if isinstance(chosen, Refused):
                return chosen
            people = [chosen]

        cards: list[IssuedCard] = []
        for beneficiary_id in people[:at_most]:
            _, card = maker.make(beneficiary_id)
            cards.append(card)
            progress(len(cards), len(people))
        if cards:
            hand_over(cards)
            note(
                connection,
                actor=actor,
                action="card.issue",
                subject=f"school_year:{school_year}",
                detail=f"{cards[0].serial}..{cards[-1].serial} count={len(cards)}",
            )
        return CardsIssued(cards, len(people) - len(cards))


def _without_card(connection: Connection, school_year: int) -> list[int]:
    found = connection.execute(
        text(
            "SELECT y.beneficiary_id FROM beneficiary_year y"
            " JOIN beneficiary b USING (beneficiary_id)"
            " WHERE y.school_year = :school_year AND b.erased_at IS NULL"
            " AND NOT EXISTS (SELECT FROM card c WHERE c.beneficiary_id = y.beneficiary_id"
            "  AND c.school_year = y.school_year)"
            " ORDER BY y.beneficiary_id"
        ),
        {"school_year": school_year},
    )
    return list(found.scalars())


def _chosen(connection: Connection, school_year: int, ine: str) -> int | Refused:
    found = connection.execute(
        text(
            "SELECT y.beneficiary_id, EXISTS (SELECT FROM card c"
            "  WHERE c.beneficiary_id = y.beneficiary_id AND c.school_year = y.school_year"
            " ) AS has_card"
            " FROM beneficiary_year y JOIN beneficiary b USING (beneficiary_id)"
            " WHERE y.school_year = :school_year AND b.ine = :ine AND b.erased_at IS NULL"
        ),
        {"school_year": school_year, "ine": ine.strip().upper()},
    ).one_or_none()
    if found is None:
        return Refused("beneficiary_unknown", {"school_year": school_year})
    if found.has_card:
        return Refused("card_exists", {"school_year": school_year})
    return int(found.beneficiary_id)
