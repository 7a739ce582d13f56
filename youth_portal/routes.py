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
    live,
    my_data,
    my_proofs,
    notices,
    own_access,
    own_card,
    own_photo,
    parent,
    payment,
    phone_app,
    proof,
    screen_card,
    sign_in,
    sign_up,
    who_sees,
)
from youth_portal.portal import route

_PAGES: Final[list[PageRoute[Member]]] = [
    *home.ROUTES,
    *payment.ROUTES,
    *live.ROUTES,
    *notices.ROUTES,
    *phone_app.ROUTES,
    *account.ROUTES,
    *own_access.ROUTES,
    *activation.ROUTES,
    *sign_up.ROUTES,
    *sign_in.ROUTES,
    *proof.ROUTES,
    *links.ROUTES,
    *parent.ROUTES,
    *my_proofs.ROUTES,
    *own_photo.ROUTES,
    *who_sees.ROUTES,
    *my_data.ROUTES,
    *easy.ROUTES,
    *screen_card.ROUTES,
    *own_card.ROUTES,
]

# Last: whatever else is asked for under the portal's prefix is answered in its own frame.
_NOWHERE: Final = [route("GET", "/{rest:path}", unknown, roles=None)]

ROUTES: Final = [*_PAGES, *_NOWHERE]
