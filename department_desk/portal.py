"""The desk of the Département's agents, and how its pages make their doors."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from cardservice.db.queries.agents import Agent, agent_of_id
from cardservice.db.tables.people import AGENT_ROLES
from cardservice.services.web_sessions import Session
from cardservice.webkit.doors import PageRoute
from cardservice.webkit.pages import Pages
from cardservice.webkit.portal import Portal
from cardservice.webkit.visit import Visit

PREFIX: Final = "/departement"
SIGN_IN: Final = f"{PREFIX}/connexion"

AgentVisit = Visit[Agent]

# Who prepares, who approves, who reads over their shoulders, who answers the partners.
PREPARER: Final = frozenset(("finance_preparer",))
APPROVER: Final = frozenset(("finance_approver",))
FINANCE: Final = PREPARER | APPROVER
ADMINISTRATOR: Final = frozenset(("administrator",))
READERS: Final = FINANCE | ADMINISTRATOR
HOTLINE: Final = frozenset(("hotline",))
# Who looks at what youths send.
ADMITTERS: Final = HOTLINE | {"moderator"}
EVERYBODY: Final = frozenset(AGENT_ROLES)


def _person_of(connection: Connection, session: Session) -> Agent | None:
    assert session.agent_id is not None, "a session of this realm is an agent's"
    return agent_of_id(connection, session.agent_id)


# The tabs, in the order of a fortnight: address, label, roles. French by key in texts_fr.toml.
_MENU: Final = (
    ("", "home", EVERYBODY),
    ("/quinzaines", "fortnights", READERS),
    ("/banque", "bank", READERS),
    ("/partenaires", "partners", READERS | HOTLINE),
    ("/debits", "debits", READERS | HOTLINE),
    ("/regularisations", "regularisations", HOTLINE | ADMINISTRATOR),
    ("/justificatifs", "proofs", ADMITTERS),
    ("/coordonnees-bancaires", "accounts", READERS),
    ("/budgets", "budgets", READERS),
    ("/sessions", "sessions", ADMINISTRATOR),
)


def _last_day_before(day: date) -> date:
    """Fortnights are half-open; people name their last day."""
    return day - timedelta(days=1)


def _day_of_month(day: date) -> str:
    """The first half of "du 1er au 15 décembre": a fortnight never leaves its month."""
    return "1er" if day.day == 1 else str(day.day)


PAGES: Final = Pages("department_desk")
PAGES.environment.filters["day_of_month"] = _day_of_month
PAGES.environment.filters["last_day_before"] = _last_day_before
PAGES.environment.globals["menu"] = [
    (PREFIX + path, PAGES.texts["menu"][name], roles) for path, name, roles in _MENU
]
PORTAL: Final = Portal("agent", PREFIX, SIGN_IN, PAGES, _person_of, role_refusal="agent_may_not")

# route("GET", "/quinzaines", show, roles=READERS)
route = partial(PageRoute, PORTAL)
