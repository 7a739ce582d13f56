"""An amount as a cashier types it: `10,55` key by key, in whole cents.

The law: what cannot be an amount cannot be typed; no float ever exists.
"""

from __future__ import annotations

from typing import Final

MOST_CENTS: Final = 100_000
_EURO_DIGITS: Final = 4
_CENT_DIGITS: Final = 2


def typed_on(typed: str, key: str) -> str:
    """The typed text after one more key; unchanged when the key makes no sense there."""
    if key == "back":
        return typed[:-1]
    euros, comma, cents = typed.partition(",")
    if key == ",":
        return typed if comma else (euros or "0") + ","
    if not (len(key) == 1 and key.isdecimal() and key.isascii()):
        return typed
    if comma:
        return typed + key if len(cents) < _CENT_DIGITS else typed
    if euros == "0":
        return key
    return typed + key if len(euros) < _EURO_DIGITS else typed


def cents_of(typed: str) -> int:
    """The cents of a typed text; 0 while nothing is typed."""
    euros, _, cents = typed.partition(",")
    return int(euros or "0") * 100 + int(cents.ljust(_CENT_DIGITS, "0") or "0")
