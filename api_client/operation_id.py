"""Names for operations: the id a sale travels under, and the short name people can say for it.

The law: an id is made by the terminal, once for a sale, and never from the sale's content; a new
try of the cashier takes a new one. The short name is a function of the id alone, so that terminal
and assistance find the same sale without having spoken before.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

# Crockford's: no I, L, O, U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = 7


def new_operation_id(now: datetime) -> UUID:
    """A UUIDv7: 48 bits of milliseconds, so that ids sort by age, and 74 bits of chance."""
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    chance = secrets.randbits(74)
    return UUID(
        int=milliseconds << 80
        | 0x7 << 76
        | (chance >> 62) << 64
        | 0b10 << 62
        | chance & (1 << 62) - 1
    )


def local_reference(operation_id: UUID) -> str:
    """`T7K2M9QXR`: "T", the last 35 bits of the id in base 32, and a check character (Luhn's, in
    32: every wrong character is caught). Starts otherwise than the service's own references."""
    last = operation_id.int & (1 << 5 * _DIGITS) - 1
    digits = [last >> 5 * place & 31 for place in reversed(range(_DIGITS))]
    return "T" + "".join(_ALPHABET[digit] for digit in [*digits, _check(digits)])


def _check(digits: list[int]) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled // 32 + doubled % 32
    return -total % 32
