"""Members of a JSON object, type by type: the value, or the whole body is not our service's.

The law: strict. An amount is a JSON integer (no bool, no 10.0), an instant has its zone, a text is
not empty. `read_body` turns whatever is unlike into None; nothing else leaves this file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

_T = TypeVar("_T")

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Unlike(Exception):
    pass


def outcome_of(body: object) -> str:
    """Which kind of answer it says to be; '' when it says none."""
    outcome = body.get("outcome") if isinstance(body, dict) else None
    return outcome if isinstance(outcome, str) else ""


def read_body(reader: Callable[[dict[str, Any]], _T], body: object) -> _T | None:
    """What `reader` makes of the object; None when a member is absent or of another type."""
    if not isinstance(body, dict):
        return None
    try:
        return reader(body)
    except (_Unlike, KeyError, TypeError, AttributeError):
        # The last two: an object where a list was due, or the reverse.
        return None


def unlike() -> NoReturn:
    """Gives the whole body up."""
    raise _Unlike


def text(value: object) -> str:
    """A string that is not empty."""
    return value if isinstance(value, str) and value else unlike()


def words(value: object) -> str:
    """A string that may be empty: an address nobody has written down, a name of one word."""
    return value if isinstance(value, str) else unlike()


def whole(value: object) -> int:
    """An amount in cents, a count, an age: a JSON integer."""
    # bool is an int to Python, and 10.0 an integer to JSON: neither is an amount.
    return value if type(value) is int else unlike()


def flag(value: object) -> bool:
    """true or false."""
    return value if isinstance(value, bool) else unlike()


def items_of(value: object) -> list[Any]:
    """A list."""
    return value if isinstance(value, list) else unlike()


def uuid(value: object) -> UUID:
    """An operation's id."""
    written = text(value)
    return UUID(written) if _UUID.fullmatch(written) else unlike()


def day(value: object) -> date:
    """A calendar day."""
    written = text(value)
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(written) else unlike()
    except ValueError:
        unlike()


def instant(value: object) -> datetime:
    """An instant with its zone."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        unlike()
    return found if found.tzinfo is not None else unlike()
