"""The code printed under the QR code of a card: made, read kindly, printed (C18, C24, C77).

Fourteen characters: twelve drawn at random (60 bits) and two Reed-Solomon check
characters over GF(32). The sum of all fourteen symbols, and their sum weighted by powers
of the generator, must both be zero. Two words that keep both laws differ in at least
three places, so no wrong character, swap of neighbours, swap across one, or doubled
character mistyped ("AA" for "BB") passes: a typing slip never opens somebody else's card.

It refuses to know whose card it is. A code identifies, it proves nothing; the check
characters are no secret, and guessing is held off by the look-up budgets.
"""

from collections.abc import Callable
from typing import Final

from cardservice.domain.crockford import (
    ALPHABET,
    characters_of,
    plain_sum,
    product,
    quotient,
    symbols_in,
    weight,
    weighted_sum,
)

__all__ = [
    "ALPHABET",
    "CODE_LENGTH",
    "fold_card_code",
    "last4",
    "make_card_code",
    "make_card_code_ending",
    "print_card_code",
]

CODE_LENGTH: Final = 14
_DRAWN: Final = 12


def make_card_code(draw: Callable[[int], int]) -> str:
    """A new code, 14 canonical characters without spaces (C18).

    `draw(n)` gives a uniform integer 0..n-1; `secrets.randbelow` in production. Whether
    the code is already taken is the database's question (unique index).
    """
    drawn = [draw(len(ALPHABET)) for _ in range(_DRAWN)]
    return characters_of(drawn + _check_symbols(drawn))


def make_card_code_ending(ending: str, draw: Callable[[int], int]) -> str:
    """A new code whose last four characters are these: 40 bits are left to be drawn.

    They are given away with every ticket, so that a code known by them hides 40 bits anyway. Two
    of them are check characters: about a thousand draws find a code that keeps both laws.
    """
    kept = symbols_in(ending)
    assert kept is not None and len(kept) == 4, "the last four characters of a card code"
    while True:
        drawn = [draw(len(ALPHABET)) for _ in range(_DRAWN - 2)] + kept[:2]
        if _check_symbols(drawn) == kept[2:]:
            return characters_of(drawn + kept[2:])


def fold_card_code(reading: str) -> str | None:
    """The canonical 14 characters of a scanned or typed code, or None (C18, C77).

    Spaces, dashes and case are ignored, O reads as 0, I and L as 1. None when anything
    else is in it, when the length is wrong or a check fails. Never raises on a str.
    """
    symbols = symbols_in(reading)
    if symbols is None or len(symbols) != CODE_LENGTH:
        return None
    if plain_sum(symbols) != 0 or weighted_sum(symbols) != 0:
        return None
    return characters_of(symbols)


def print_card_code(code: str) -> str:
    """`XXXX XXXX XXXX XX` for the card and the screens; takes a canonical code.

    Groups are parted by spaces, never dashes: on a French keyboard the dash of a scanner
    arrives as the digit 6. ValueError when `code` has not 14 characters.
    """
    _assert_canonical_length(code)
    return " ".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4))


def last4(code: str) -> str:
    """The four last characters: all of a card code that partners and tickets may show."""
    _assert_canonical_length(code)
    return code[-4:]


def _check_symbols(drawn: list[int]) -> list[int]:
    # Two unknowns a, b after the drawn symbols, two laws (+ is XOR, w = weight):
    #   a + b = s     and     w12·a + w13·b = t     so     a = (t + w13·s) / (w12 + w13)
    s = plain_sum(drawn)
    t = weighted_sum(drawn)
    before_last, last = weight(_DRAWN), weight(_DRAWN + 1)
    a = quotient(t ^ product(last, s), before_last ^ last)
    return [a, a ^ s]


def _assert_canonical_length(code: str) -> None:
    if len(code) != CODE_LENGTH:
        raise ValueError("a canonical card code has 14 characters")
