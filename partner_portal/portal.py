"""The portal of the partners, and how its pages make their doors."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy import Connection

from cardservice.services.acting_delegate import (
    LEAD,
    MONEY_ROLES,
    PERSONAL,
    TILL_ROLES,
    ActingDelegate,
    acting_delegate,
)
from cardservice.services.web_sessions import Session
from cardservice.webkit.doors import PageRoute
from cardservice.webkit.pages import Pages
from cardservice.webkit.portal import Portal
from cardservice.webkit.visit import Visit

PREFIX: Final = "/partenaire"
SIGN_IN: Final = f"{PREFIX}/connexion"

PartnerVisit = Visit[ActingDelegate]


def _person_of(connection: Connection, session: Session) -> ActingDelegate | None:
    assert session.delegate_id is not None, "an open session of this realm has a delegate"
    return acting_delegate(connection, session.delegate_id)


# The tabs, in the order of a partner's day: address, label, roles. French by key in texts_fr.toml.
_MENU: Final = (
    ("", "home", PERSONAL),
    ("/caisse", "till", TILL_ROLES),
    ("/transactions", "transactions", TILL_ROLES | MONEY_ROLES),
    ("/remboursements", "reimbursements", MONEY_ROLES),
    ("/delegues", "delegates", LEAD),
    ("/terminaux", "terminals", LEAD),
)

PAGES: Final = Pages("partner_portal")
PAGES.environment.globals["menu"] = [
    (PREFIX + path, PAGES.texts["menu"][name], roles) for path, name, roles in _MENU
]
PORTAL: Final = Portal("partner", PREFIX, SIGN_IN, PAGES, _person_of)

# route("GET", "/delegues", show, roles=LEAD)
route = partial(PageRoute, PORTAL)
