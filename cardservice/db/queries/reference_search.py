"""Finds operations by a part of their reference, as somebody reads it off a torn ticket.

The law: what is found is exactly what contains the part, because a reference is the operation's
number in base 32 and its check character, and both are computed from the number inside the
question. The check is linear over bits (short_code.py), so five masks hold it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from cardservice.domain.crockford import ALPHABET, symbols_in
from cardservice.domain.short_code import operation_reference

_BITS: Final = 5
# What is printed after the letter: six digits at least, and the check character.
_SHORTEST: Final = 7
# More would not fit a bigint with its check; the ledger is far from it (32 ** 11 operations).
_LONGEST: Final = 12
_LETTER: Final = ALPHABET.index("D")


def reference_holds(part: str, *, column: str) -> str | None:
    """The SQL condition that the reference of `column` contains `part`; None when none can.

    As kind about case, spaces, O, I and L as references are. The result holds numbers of our own
    making alone, never the typed text.
    """
    symbols = symbols_in(part)
    if not symbols or len(symbols) > 1 + _LONGEST:
        return None
    printed = f"({column} * {len(ALPHABET)} + {_check(column)})"
    found = [
        _stands_at(printed, symbols, position)
        for position in range(_LONGEST - len(symbols) + 1)
        if len(symbols) <= _LONGEST
    ]
    if symbols[0] == _LETTER:
        found += [_begins(printed, symbols[1:], length) for length in _lengths(symbols[1:])]
    return f"({' OR '.join(found)})" if found else None


def _lengths(symbols: list[int]) -> range:
    return range(max(_SHORTEST, len(symbols)), _LONGEST + 1)


def _stands_at(printed: str, symbols: list[int], position: int) -> str:
    """`symbols` stand `position` characters before the end."""
    count = len(symbols)
    same = f"(({printed} >> {position * _BITS}) & {(1 << count * _BITS) - 1}) = {_value(symbols)}"
    if position + count <= _SHORTEST:
        return f"({same})"
    # Beyond six digits nothing is filled up with zeros: that character must have been printed.
    return f"({printed} >= {1 << (position + count - 1) * _BITS} AND {same})"


def _begins(printed: str, symbols: list[int], length: int) -> str:
    """The characters after the letter begin with `symbols`, in a reference of this length."""
    least = 0 if length == _SHORTEST else 1 << (length - 1) * _BITS
    long_enough = f"{printed} >= {least} AND {printed} < {1 << length * _BITS}"
    return (
        f"({long_enough} AND ({printed} >> {(length - len(symbols)) * _BITS}) = {_value(symbols)})"
    )


def _value(symbols: list[int]) -> int:
    value = 0
    for symbol in symbols:
        value = value << _BITS | symbol
    return value


def _check(column: str) -> str:
    """The check character of an operation's number: bit after bit the parity under a mask."""
    bits = [
        f"((bit_count(({column} & {mask})::bit(64)) & 1) << {place})"
        for place, mask in enumerate(_masks())
    ]
    return f"({' + '.join(bits)})"


@cache
def _masks() -> tuple[int, ...]:
    """For each bit of the check character the bits of the number that it sums."""
    checks = [ALPHABET.index(operation_reference(1 << bit)[-1]) for bit in range(58)]
    return tuple(
        sum(1 << bit for bit, check in enumerate(checks) if check >> place & 1)
        for place in range(_BITS)
    )
