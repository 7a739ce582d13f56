"""The door: address and password, a forgotten password, and the way out.

The law: whatever is wrong is told with one sentence. The page that was wanted is gone to in the
end, if it is one of ours.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.sign_in_member import sign_in_member
from cardservice.services.sign_up import ask_new_password
from cardservice.services.web_sessions import end_session
from cardservice.webkit.browser_label import browser_label
from cardservice.webkit.forms import Shown
from cardservice.webkit.wanted_page import wanted_page
from youth_portal.portal import PREFIX, SIGN_IN, MemberVisit, route

_FORGOTTEN: Final = f"{PREFIX}/mot-de-passe-oublie"
_NOWHERE_TO_GO: Final = (
    SIGN_IN,
    f"{PREFIX}/deconnexion",
    f"{PREFIX}/lien",
    f"{PREFIX}/facile",
    # A part of a page.
    f"{PREFIX}/a-jour",
)


def wanted(visit: MemberVisit) -> str:
    """The page that is gone to in the end; the home page when none of ours was named."""
    return wanted_page(visit, but=_NOWHERE_TO_GO)


def browser_of(visit: MemberVisit) -> str:
    """What the session is called in the list of a member's own devices."""
    return browser_label(visit.request.headers.get("user-agent", ""))


def show(visit: MemberVisit) -> Response:
    """An empty form; whoever is in already goes on."""
    if visit.person is not None:
        return visit.go(wanted(visit))
    return visit.page("sign_in/sign_in.html", form=Shown(), wanted=wanted(visit))


def enter(visit: MemberVisit) -> Response:
    """Judges the password, and opens the portal."""
    office = visit.office
    signed_in = sign_in_member(office.engine, office.keys, visit.knock, browser=browser_of(visit))
    if isinstance(signed_in, Refused):
        return visit.refused_form("sign_in/sign_in.html", signed_in, wanted=wanted(visit))
    leave(visit)
    response = visit.with_session(visit.go(wanted(visit)), signed_in)
    return visit.remembering(response)


def show_forgotten(visit: MemberVisit) -> Response:
    """Asks for the address."""
    return visit.page("sign_in/forgotten.html", form=Shown())


def ask_forgotten(visit: MemberVisit) -> Response:
    """Sends a link, if anybody has this address; says so in any case, or that it is too early."""
    with unit_of_work(visit.office.engine) as connection:
        refused = ask_new_password(
            connection,
            visit.office.keys,
            email=visit.form.text("courriel"),
            network=visit.address,
        )
    if refused is not None:
        return visit.refused_form("sign_in/forgotten.html", refused, field="courriel")
    return visit.go(f"{_FORGOTTEN}/courriel")


def show_sent(visit: MemberVisit) -> Response:
    """Where the link is."""
    return visit.page("sign_in/link_sent.html", again=_FORGOTTEN)


def sign_out(visit: MemberVisit) -> Response:
    """Ends this session."""
    leave(visit)
    return visit.without_session(visit.go(SIGN_IN, said="signed_out"))


def leave(visit: MemberVisit) -> None:
    """Ends the session that this browser came with: a new one never stands on it."""
    if visit.session is not None:
        with unit_of_work(visit.office.engine) as connection:
            end_session(connection, visit.session)


ROUTES: Final = [
    route("GET", "/connexion", show, roles=None),
    route("POST", "/connexion", enter, roles=None, slow=True),
    route("POST", "/deconnexion", sign_out, roles=None),
    route("GET", "/mot-de-passe-oublie", show_forgotten, roles=None),
    route("POST", "/mot-de-passe-oublie", ask_forgotten, roles=None),
    route("GET", "/mot-de-passe-oublie/courriel", show_sent, roles=None),
]
