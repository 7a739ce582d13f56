"""The youths' portal, and how its pages make their doors."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from cardservice.db.queries.members import Member, member_of_id
from cardservice.services.web_sessions import YOUTH_OLDEST, YOUTHS, Session
from cardservice.webkit.doors import PageRoute
from cardservice.webkit.pages import Pages
from cardservice.webkit.portal import Portal
from cardservice.webkit.visit import Visit

PREFIX: Final = "/jeune"
SIGN_IN: Final = f"{PREFIX}/connexion"
# A visitor's choice of the easy-to-read pages; a member's stands in their row.
EASY_COOKIE: Final = "cjeune-facile"

MemberVisit = Visit[Member]

# Whose card is known, and who has still to show which card is theirs.
LINKED: Final = frozenset(("linked",))
KNOWN: Final = frozenset(("known",))
MEMBERS: Final = LINKED | KNOWN

# Address, word and icon, roles, and whether it stands in the bar under a thumb. French by key in
# texts_fr.toml.
_MENU: Final = (
    ("", "home", "home", LINKED, True),
    ("/activer", "activate", "check", KNOWN, False),
    ("/carte", "screen_card", "scan", LINKED, True),
    ("/ma-carte", "control", "card", LINKED, True),
    ("/avis", "notices", "mail", LINKED, False),
    ("/qui-voit-quoi", "who_sees", "eye", MEMBERS, False),
    ("/mes-donnees", "my_data", "document", MEMBERS, False),
)


def _person_of(connection: Connection, session: Session) -> Member | None:
    assert session.member_id is not None, "a session of this realm is a member's"
    return member_of_id(connection, session.member_id)


def reads_easily(visit: Visit[Any]) -> bool:
    """Whether this person wants the easy-to-read pages (FALC)."""
    if isinstance(visit.person, Member):
        return visit.person.easy_reading
    return visit.request.cookies.get(EASY_COOKIE) == "oui"


PAGES: Final = Pages("youth_portal")
PAGES.environment.globals["menu"] = [
    (PREFIX + path, PAGES.texts["menu"][name], icon, roles, at_hand)
    for path, name, icon, roles, at_hand in _MENU
]
PAGES.environment.globals["reads_easily"] = reads_easily
PAGES.environment.globals["school_kinds"] = [
    (kind, words, "") for kind, words in PAGES.texts["school_kinds"].items()
]
PORTAL: Final = Portal(
    YOUTHS,
    PREFIX,
    SIGN_IN,
    PAGES,
    _person_of,
    role_refusal="member_may_not",
    kept_for=YOUTH_OLDEST,
)

# route("GET", "/carte", show, roles=LINKED)
route = partial(PageRoute, PORTAL)
