"""The youths' portal, and how its pages make their doors."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy import Connection

from cardservice.db.queries.members import Member, member_of_id
from cardservice.services.web_sessions import Session
from cardservice.webkit.doors import PageRoute
from cardservice.webkit.pages import Pages
from cardservice.webkit.portal import Portal
from cardservice.webkit.visit import Visit

PREFIX: Final = "/jeune"
SIGN_IN: Final = f"{PREFIX}/connexion"

MemberVisit = Visit[Member]

# Whose card is known, and who has still to show which card is theirs.
LINKED: Final = frozenset(("linked",))
KNOWN: Final = frozenset(("known",))
MEMBERS: Final = LINKED | KNOWN


def _person_of(connection: Connection, session: Session) -> Member | None:
    assert session.member_id is not None, "a session of this realm is a member's"
    return member_of_id(connection, session.member_id)


PAGES: Final = Pages("youth_portal")
PORTAL: Final = Portal("youth", PREFIX, SIGN_IN, PAGES, _person_of, role_refusal="member_may_not")

# route("GET", "/carte", show, roles=LINKED)
route = partial(PageRoute, PORTAL)
