"""Every address of the portal: the list that the application mounts and the tests walk through."""

from __future__ import annotations

from typing import Final

from cardservice.db.queries.members import Member
from cardservice.webkit.doors import PageRoute, unknown
from youth_portal.pages import (
    account,
    activation,
    easy,
    home,
    links,
    own_card,
    parent,
    proof,
    screen_card,
    sign_in,
    sign_up,
)
from youth_portal.portal import route

_PAGES: Final[list[PageRoute[Member]]] = [
    *home.ROUTES,
    *account.ROUTES,
    *activation.ROUTES,
    *sign_up.ROUTES,
    *sign_in.ROUTES,
    *proof.ROUTES,
    *links.ROUTES,
    *parent.ROUTES,
    *easy.ROUTES,
    *screen_card.ROUTES,
    *own_card.ROUTES,
]

# Last: whatever else is asked for under the portal's prefix is answered in its own frame.
_NOWHERE: Final = [route("GET", "/{rest:path}", unknown, roles=None)]

ROUTES: Final = [*_PAGES, *_NOWHERE]
