"""The page that somebody asked for before they had to sign in: where the door leads in the end.

The law: a page of the same portal and nothing else: no other site, no way up, no way back to the
door itself.
"""

from __future__ import annotations

import re
from typing import Any, Final

from cardservice.webkit.visit import Visit

_REST: Final = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*(?:\?[A-Za-z0-9_=&%.-]*)?")
_LONGEST: Final = 300


def wanted_page(visit: Visit[Any], *, but: tuple[str, ...]) -> str:
    """The page of `vers`; the home page when none, none of ours, or one of `but` was named."""
    prefix = visit.portal.prefix
    asked = visit.form.text("vers") or visit.query.text("vers")
    fits = len(asked) <= _LONGEST and asked.startswith(prefix)
    if not fits or _REST.fullmatch(asked, len(prefix)) is None or asked.startswith(but):
        return prefix
    return asked
