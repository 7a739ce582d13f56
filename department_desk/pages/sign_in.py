"""The door of the desk: address and password, then the code, and the way out.

The law: whatever is wrong is told with one sentence; nothing opens before the code. The page that
was wanted is gone to in the end, if it is one of ours.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.sign_in import SignedIn
from cardservice.services.sign_in_agent import pass_agents_code, sign_in_agent
from cardservice.services.web_sessions import end_session
from cardservice.webkit.browser_label import browser_label
from cardservice.webkit.forms import Shown
from cardservice.webkit.wanted_page import wanted_page
from department_desk.portal import PREFIX, SIGN_IN, AgentVisit, route

_CODE: Final = f"{SIGN_IN}/code"
_NOWHERE_TO_GO: Final = (SIGN_IN, f"{PREFIX}/deconnexion")


def wanted(visit: AgentVisit) -> str:
    """The page that is gone to in the end; the home page when none of ours was named."""
    return wanted_page(visit, but=_NOWHERE_TO_GO)


def show(visit: AgentVisit) -> Response:
    """An empty form; whoever is in already goes on."""
    if visit.person is not None:
        return visit.go(wanted(visit))
    return visit.page("sign_in/password.html", form=Shown(), wanted=wanted(visit))


def enter(visit: AgentVisit) -> Response:
    """Judges the password; the code comes next."""
    signed_in = sign_in_agent(
        visit.office.engine,
        visit.office.keys,
        visit.knock,
        browser=browser_label(visit.request.headers.get("user-agent", "")),
    )
    if isinstance(signed_in, Refused):
        return visit.refused_form("sign_in/password.html", signed_in, wanted=wanted(visit))
    _leave(visit)
    entered = visit.with_session(visit.go(_CODE, **_onward(visit)), signed_in.secret)
    return visit.remembering(entered)


def show_code(visit: AgentVisit) -> Response:
    """Asks for the code of somebody whose password was right."""
    if not _waits_for_code(visit):
        return _out_of_turn(visit)
    return visit.page("sign_in/code.html", form=Shown(), wanted=wanted(visit))


def give_code(visit: AgentVisit) -> Response:
    """Judges the code, and opens the desk."""
    session = visit.session
    if session is None or not _waits_for_code(visit):
        return _out_of_turn(visit)
    with unit_of_work(visit.office.engine) as connection:
        passed = pass_agents_code(
            connection, visit.office.keys, session, code=visit.form.text("code")
        )
    if isinstance(passed, SignedIn):
        return visit.with_session(visit.go(wanted(visit)), passed.secret)
    if passed.code == "sign_in_failed":
        return visit.without_session(visit.go(SIGN_IN, said="sign_in_over"))
    return visit.refused_form("sign_in/code.html", passed, field="code", wanted=wanted(visit))


def sign_out(visit: AgentVisit) -> Response:
    """Ends this session."""
    _leave(visit, by_choice=True)
    return visit.without_session(visit.go(SIGN_IN, said="signed_out"))


def _waits_for_code(visit: AgentVisit) -> bool:
    return visit.session is not None and visit.session.stage == "second_factor"


def _out_of_turn(visit: AgentVisit) -> Response:
    if visit.session is None:
        return visit.go(SIGN_IN, said="sign_in_over")
    return visit.go(wanted(visit))


def _onward(visit: AgentVisit) -> dict[str, str]:
    to = wanted(visit)
    return {} if to == PREFIX else {"vers": to}


def _leave(visit: AgentVisit, *, by_choice: bool = False) -> None:
    """Ends the session that this browser came with: a new one never stands on it."""
    if visit.session is None:
        return
    with unit_of_work(visit.office.engine) as connection:
        end_session(connection, visit.session)
        if visit.person is not None and by_choice:
            actor = visit.person.actor
            note(connection, actor=actor, action="agent.sign_out", subject=actor)


ROUTES: Final = [
    route("GET", "/connexion", show, roles=None),
    route("POST", "/connexion", enter, roles=None, slow=True),
    route("GET", "/connexion/code", show_code, roles=None),
    route("POST", "/connexion/code", give_code, roles=None),
    route("POST", "/deconnexion", sign_out, roles=None),
]
