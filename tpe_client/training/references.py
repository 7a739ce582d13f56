"""The reference that people read on a ticket: `D0004K7D`, number and check character.

The law: the same spelling as the service's (test vectors hold it), so that a terminal which checks
references can be trained here. The check is a sum over GF(32) weighted by position from the right.
"""

from __future__ import annotations

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FEWEST_DIGITS: Final = 6
# x^5 + x^2 + 1, the field's polynomial.
_POLYNOMIAL: Final = 0b100101


def reference_of(operation_no: int) -> str:
    """The reference of an operation number from 0 on."""
    digits: list[int] = []
    rest = operation_no
    while rest or len(digits) < _FEWEST_DIGITS:
        rest, digit = divmod(rest, 32)
        digits.append(digit)
    check, weight = 0, 1
    for digit in digits:
        weight = _doubled(weight)
        check ^= _product(digit, weight)
    return "D" + "".join(ALPHABET[digit] for digit in reversed(digits)) + ALPHABET[check]


def _product(left: int, right: int) -> int:
    total = 0
    while right:
        if right & 1:
            total ^= left
        left, right = _doubled(left), right >> 1
    return total


def _doubled(symbol: int) -> int:
    symbol <<= 1
    return symbol ^ _POLYNOMIAL if symbol & 0b100000 else symbol
