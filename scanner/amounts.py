"""Euros as people write them, cents as money is counted (C52: up to two decimals).

The law: integer cents, never a float; what cannot be read without doubt is not read at all.
"""

from __future__ import annotations

import re
from typing import Final

NBSP: Final = "\u00a0"
_AMOUNT: Final = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?")


def cents_in(text: str) -> int | None:
    """The cents of `10,55`, `10.5`, `10 €`; None for anything else, and for nothing at all."""
    bare = "".join(text.split()).removesuffix("€")
    found = _AMOUNT.fullmatch(bare)
    if found is None or not bare.isascii():
        return None
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) or None


def euros(cents: int) -> str:
    """`1 234,56 €`, with no-break spaces."""
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return sign + f"{whole:,}".replace(",", NBSP) + f",{rest:02d}{NBSP}€"
