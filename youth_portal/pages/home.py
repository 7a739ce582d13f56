"""`/jeune`: what is left, until when, and what was paid where (C59); it turns with every debit.

The law: the page is whole without scripts. With them it hears that something has changed
(pages/live.py) and asks again for the part of itself that moves, as the same template draws it:
figures come through this door alone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.queries.home_page import home_of
from cardservice.db.queries.member_home import MOVEMENTS_PER_PAGE, count_movements, movements_of
from cardservice.webkit.leafing import page_asked, page_count
from youth_portal.portal import MEMBERS, PREFIX, MemberVisit, route


def show(visit: MemberVisit, connection: Connection) -> Response:
    """The whole page."""
    return _home(visit, connection, "home/home.html")


def show_live(visit: MemberVisit, connection: Connection) -> Response:
    """What moves of it, for the page that is open."""
    return _home(visit, connection, "home/live.html")


def _home(visit: MemberVisit, connection: Connection, template: str) -> Response:
    # Somebody whose card is not known yet goes on with the activation.
    member = visit.signed_in
    # Under fifteen, and no parent has agreed: the card shows nothing yet.
    holder = member.beneficiary_id if member.role == "linked" else None
    if holder is None:
        return visit.go(f"{PREFIX}/activer")
    # Asked first: what changes after it makes the page ask again, never the other way round.
    home = home_of(connection, holder)
    movements, page, last = movements_of(connection, holder), 1, 1
    # Most have one page: what is all there is not counted.
    if len(movements) == MOVEMENTS_PER_PAGE:
        last = page_count(count_movements(connection, holder), per_page=MOVEMENTS_PER_PAGE)
        page = page_asked(visit.query, last=last)
    if page > 1:
        movements = movements_of(connection, holder, page=page)
    return visit.page(
        template,
        mark=home.mark,
        card=home.card,
        movements=movements,
        page=page,
        last=last,
        unread=home.unread if member.notices_in_page else None,
    )


ROUTES: Final = [
    route("GET", "", show, roles=MEMBERS, on_loop=True),
    route("GET", "/a-jour", show_live, roles=MEMBERS, on_loop=True),
]
