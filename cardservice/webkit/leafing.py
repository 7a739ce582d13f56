"""Leafing through a long list: which page is asked for, and how many there are.

The law: an address that asks for a page that is not there gets the nearest one.
"""

from __future__ import annotations

import re
from typing import Final

from cardservice.webkit.forms import Form

_PAGE: Final = re.compile("[0-9]{1,6}")


def page_count(rows: int, *, per_page: int) -> int:
    """How many pages these rows fill; an empty list has one."""
    return max(1, -(-rows // per_page))


def page_asked(query: Form, *, last: int) -> int:
    """The page of `?page=`, between the first and the last."""
    text = query.text("page")
    asked = int(text) if text.isascii() and _PAGE.fullmatch(text) else 1
    return min(max(asked, 1), last)
