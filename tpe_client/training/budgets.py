"""Budgets, within a window of ten minutes: of readings that find nothing, and of mailed tickets.

The law: once a budget is used up every reading of that key waits, also one that would find a card;
a debit is never refused for them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import timedelta
from math import ceil
from typing import Final

from tpe_client.training.books import Books

WINDOW: Final = timedelta(minutes=10)
MOST_MISSES: Final = {"terminal": 30, "partner": 90, "address": 300, "ticket": 3}

Keys = Sequence[tuple[str, Hashable]]


def seconds_to_wait(books: Books, keys: Keys) -> int:
    """Whole seconds until one more miss is allowed; 0 when it is now."""
    now = books.clock()
    longest = 0
    for key in keys:
        live = [at for at in books.misses.get(key, []) if at + WINDOW > now]
        books.misses[key] = live
        if len(live) >= MOST_MISSES[key[0]]:
            longest = max(longest, 1, ceil((live[0] + WINDOW - now).total_seconds()))
    return longest


def record_miss(books: Books, keys: Keys) -> None:
    """A reading found no card, an activation code led nowhere, a ticket was mailed."""
    for key in keys:
        books.misses.setdefault(key, []).append(books.clock())
