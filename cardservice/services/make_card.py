"""Makes one card: its code, its serial, its row. What issuing and replacing share.

The law: the code leaves this file once, for the printer; stored are its keyed digest and its last
four characters. Every code is proved scannable before its card exists (C18).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries import turns
from cardservice.db.queries.scheme import SchoolYear
from cardservice.domain.card_code import last4, make_card_code
from cardservice.domain.keys import Keys, code_mac

_LARGEST_NUMBER: Final = 999_999


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card for the printer. The code is told once and hidden in logs."""

    serial: str
    school_year: int
    code: str = field(repr=False)


class CardMaker:
    """Makes cards of one school year within one transaction; others wait for it to end."""

    def __init__(
        self,
        connection: Connection,
        keys: Keys,
        year: SchoolYear,
        *,
        draw: Callable[[int], int],
        prove: Callable[[str], object],
    ) -> None:
        # Two makers at once would give one serial to two cards.
        turns.wait_for_turn(connection, turns.CARD_NUMBERS, year.school_year)
        self._connection = connection
        self._keys = keys
        self._year = year
        self._draw = draw
        self._prove = prove
        self._number = self._last_number()

    @property
    def school_year(self) -> int:
        """The year whose cards it makes."""
        return self._year.school_year

    def make(self, beneficiary_id: int) -> tuple[int, IssuedCard]:
        """The surrogate id of a new card in state `issued`, and what the printer needs."""
        # Sixty random bits: a code that is taken already would break uq_card_code_mac, and the
        # whole transaction with it. It will not happen before the sun goes out.
        code = make_card_code(self._draw)
        self._prove(code)
        self._number += 1
        assert self._number <= _LARGEST_NUMBER, "a year has at most 999,999 cards"
        card = IssuedCard(self._serial(self._number), self._year.school_year, code)
        made = self._connection.execute(
            text(
                "INSERT INTO card (serial, code_mac, last4, beneficiary_id, school_year,"
                " valid_from, valid_until, issued_at)"
                " SELECT :serial, :code_mac, :last4, :beneficiary_id, school_year, first_day,"
                " last_day + 1, ledger_now() FROM school_year WHERE school_year = :school_year"
                " RETURNING card_id"
            ),
            {
                "serial": card.serial,
                "code_mac": code_mac(self._keys, code),
                "last4": last4(code),
                "beneficiary_id": beneficiary_id,
                "school_year": self._year.school_year,
            },
        )
        return int(made.scalar_one()), card

    def _last_number(self) -> int:
        # All serials of a year have one shape, so that the index of serials answers at once.
        last = self._connection.execute(
            text(
                "SELECT serial FROM card WHERE serial BETWEEN :first AND :last"
                " ORDER BY serial DESC LIMIT 1"
            ),
            {"first": self._serial(0), "last": self._serial(_LARGEST_NUMBER)},
        ).scalar_one_or_none()
        return 0 if last is None else int(last[-6:])

    def _serial(self, number: int) -> str:
        return f"C{self._year.school_year % 100:02d}-{number:06d}"
