"""Every address of the portal: the list that the application mounts and the tests walk through."""

from __future__ import annotations

from typing import Final

from cardservice.services.acting_delegate import ActingDelegate
from cardservice.webkit.doors import PageRoute, unknown
from partner_portal.pages import till, till_operation, till_sale
from partner_portal.portal import route

_PAGES: Final[list[PageRoute[ActingDelegate]]] = [
    *till.ROUTES,
    *till_sale.ROUTES,
    *till_operation.ROUTES,
]

# Last: whatever else is asked for under the portal's prefix is answered in its own frame.
_NOWHERE: Final = [route("GET", "/{rest:path}", unknown, roles=None)]

ROUTES: Final = [*_PAGES, *_NOWHERE]
