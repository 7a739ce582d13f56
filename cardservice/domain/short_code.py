"""Short codes that people read aloud or type: activation codes, terminal ids, references.

Each ends with one check character over GF(32), weighted by position: a wrong character
and a swap of neighbours are always caught. One character is enough here, because a short
code never opens a person's card (card codes carry two, see card_code.py).

Law: what is printed folds back to what was meant, and every other spelling is refused.
It refuses to know which code is in use, used or expired.
"""

from collections.abc import Callable
from typing import Final

from cardservice.domain.crockford import (
    ALPHABET,
    characters_of,
    quotient,
    symbols_in,
    weight,
    weighted_sum,
)

# From the 31st character on, two positions would share a weight.
_LONGEST: Final = 30

_REFERENCE_LETTER: Final = "D"
_FEWEST_DIGITS: Final = 6
# The largest operation number: a PostgreSQL bigint.
_LARGEST_NO: Final = 2**63 - 1


def make_short_code(length: int, draw: Callable[[int], int]) -> str:
    """`length` random characters and one check character, so `length + 1` in all (C48).

    `draw(n)` gives a uniform integer 0..n-1. ValueError unless 1 <= length <= 30.
    """
    _assert_length(length)
    drawn = [draw(len(ALPHABET)) for _ in range(length)]
    check = quotient(weighted_sum(drawn), weight(length))
    return characters_of([*drawn, check])


def fold_short_code(text: str, length: int) -> str | None:
    """The canonical `length + 1` characters of a typed short code, or None.

    `length` counts the random characters, as in `make_short_code`. Spaces, dashes and
    case are ignored, O reads as 0, I and L as 1. Never raises on a str.
    """
    _assert_length(length)
    symbols = symbols_in(text)
    if symbols is None or len(symbols) != length + 1 or weighted_sum(symbols) != 0:
        return None
    return characters_of(symbols)


def operation_reference(operation_no: int) -> str:
    """The reference of an operation as tickets, screens and remittances show it: `D0004K7X`.

    "D", the number in base 32 with at least six digits, one check character. The letter
    in front keeps spreadsheets from reading a number, or worse, an exponent, into it.
    ValueError unless 0 <= operation_no <= 2**63 - 1.
    """
    if not 0 <= operation_no <= _LARGEST_NO:
        raise ValueError("an operation number is a non-negative bigint")
    digits = _base32(operation_no)
    return _REFERENCE_LETTER + characters_of([*digits, _reference_check(digits)])


def fold_operation_reference(text: str) -> int | None:
    """The operation number of a reference as read on a ticket, or None.

    As kind as the other codes about case, spaces, dashes, O, I and L; strict about the
    rest: only the spelling that `operation_reference` prints is read. Never raises.
    """
    symbols = symbols_in(text)
    if symbols is None or len(symbols) < 1 + _FEWEST_DIGITS + 1:
        return None
    letter, *digits, check = symbols
    if ALPHABET[letter] != _REFERENCE_LETTER or check != _reference_check(digits):
        return None
    operation_no = 0
    for digit in digits:
        operation_no = operation_no * len(ALPHABET) + digit
    if operation_no > _LARGEST_NO or digits != _base32(operation_no):
        return None
    return operation_no


def _base32(operation_no: int) -> list[int]:
    digits: list[int] = []
    while operation_no or len(digits) < _FEWEST_DIGITS:
        operation_no, digit = divmod(operation_no, len(ALPHABET))
        digits.append(digit)
    return digits[::-1]


def _reference_check(digits: list[int]) -> int:
    # Counted from the right, the check itself having weight 1: the weight of a digit then
    # does not depend on how many digits stand before it.
    return weighted_sum([0, *reversed(digits)])


def _assert_length(length: int) -> None:
    if not 1 <= length <= _LONGEST:
        raise ValueError("a short code has 1 to 30 random characters")
