"""Paging through a day's debits: what was asked for, and the cursor to the next page.

The law: pages are cut by operation number, newest first, so that a sale made meanwhile shifts
nothing. A cursor is signed, and belongs to one partner and one day: a made-up one is 422.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cardservice.api.wire import Malformed, malformed
from cardservice.domain.keys import Keys

DEFAULT_LIMIT, MOST_LIMIT = 50, 200

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIMIT = re.compile("[0-9]{1,3}")
# day as an ordinal, operation number
_LAYOUT = struct.Struct(">iq")
_MAC_BYTES = 12


@dataclass(frozen=True, slots=True)
class DayPage:
    """`day` None means today; `before_no` None means from the newest."""

    day: date | None
    limit: int
    before_no: int | None


def day_in(text: str) -> date | None:
    """A day written `YYYY-MM-DD`, or None."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def page_asked(
    keys: Keys, query: Sequence[tuple[str, str]], *, partner_id: int
) -> DayPage | Malformed:
    """The page that a query asks for; every parameter is known, and stands once."""
    asked = dict(query)
    for name in asked:
        if name not in ("business_day", "limit", "cursor"):
            return malformed(name, "extra_forbidden")
    if len(asked) != len(query):
        return malformed("", "named_twice")

    day = None
    if "business_day" in asked:
        day = day_in(asked["business_day"])
        if day is None:
            return malformed("business_day", "date")
    limit = asked.get("limit", str(DEFAULT_LIMIT))
    if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= MOST_LIMIT:
        return malformed("limit", "out_of_range")
    before_no = None
    if "cursor" in asked:
        read = _read_cursor(keys, asked["cursor"], partner_id=partner_id)
        if read is None or day not in (None, read[0]):
            return malformed("cursor", "cursor")
        day, before_no = read
    return DayPage(day, int(limit), before_no)


def sign_cursor(keys: Keys, *, partner_id: int, day: date, before_no: int) -> str:
    """Where the next page begins: opaque, 32 URL-safe characters."""
    body = _LAYOUT.pack(day.toordinal(), before_no)
    return base64.urlsafe_b64encode(body + _mac(keys, partner_id, body)).decode().rstrip("=")


def _read_cursor(keys: Keys, text: str, *, partner_id: int) -> tuple[date, int] | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(body) != _LAYOUT.size or not hmac.compare_digest(mac, _mac(keys, partner_id, body)):
        return None
    ordinal, before_no = _LAYOUT.unpack(body)
    return date.fromordinal(ordinal), before_no


def _mac(keys: Keys, partner_id: int, body: bytes) -> bytes:
    message = struct.pack(">q", partner_id) + body
    return hmac.digest(keys.derive("day cursor"), message, hashlib.sha256)[:_MAC_BYTES]
