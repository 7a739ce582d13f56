"""What a query and a path ask for: a page of a day's debits, or a day.

The law: every parameter is known and stands once; a cursor belongs to one partner and one day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tpe_client.training.books import Books
from tpe_client.training.forms import Malformed

DEFAULT_LIMIT: Final = 50
MOST_LIMIT: Final = 200
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIMIT: Final = re.compile("[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class DayPage:
    """`day` None means today; `before_no` None means from the newest."""

    day: date | None
    limit: int
    before_no: int | None


def day_in(text: str) -> date:
    """A day written `YYYY-MM-DD`."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Malformed(("business_day", "date"))


def page_asked(books: Books, query: Sequence[tuple[str, str]], *, partner: str) -> DayPage:
    """The page that a query asks for."""
    asked = dict(query)
    unknown = [name for name in asked if name not in ("business_day", "limit", "cursor")]
    if unknown:
        raise Malformed((unknown[0], "extra_forbidden"))
    if len(asked) != len(query):
        raise Malformed(("", "named_twice"))
    day = day_in(asked["business_day"]) if "business_day" in asked else None
    limit = asked.get("limit", str(DEFAULT_LIMIT))
    if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= MOST_LIMIT:
        raise Malformed(("limit", "out_of_range"))
    if "cursor" not in asked:
        return DayPage(day, int(limit), None)
    read = books.cursors.read(asked["cursor"])
    if read is None or read[0] != partner or day not in (None, read[1]):
        raise Malformed(("cursor", "cursor"))
    return DayPage(read[1], int(limit), read[2])
