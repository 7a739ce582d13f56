"""The door of the portal: address and password, the space when there are several, the way out.

The law: whatever is wrong is told with one sentence; the page that was wanted is gone to after the
last stage, if it is one of ours.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.sign_in import SignedIn, choose_space, sign_in
from cardservice.services.spaces import spaces_of
from cardservice.services.web_sessions import end_session
from cardservice.webkit.browser_label import browser_label
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import Shown
from cardservice.webkit.wanted_page import wanted_page
from partner_portal.portal import PREFIX, SIGN_IN, PartnerVisit, route

_STAGES: Final = {
    "second_factor": f"{SIGN_IN}/code",
    "enrolment": f"{SIGN_IN}/application",
    "choice": f"{SIGN_IN}/espace",
}
_NOWHERE_TO_GO: Final = (SIGN_IN, f"{PREFIX}/lien", f"{PREFIX}/deconnexion")


def wanted(visit: PartnerVisit) -> str:
    """The page that is gone to in the end; the home page when none, or none of ours, was named."""
    return wanted_page(visit, but=_NOWHERE_TO_GO)


def go_on(visit: PartnerVisit, signed_in: SignedIn) -> Response:
    """To the next stage, or to the page that was wanted, under the session's new secret."""
    return visit.with_session(at_stage(visit, signed_in.stage), signed_in.secret)


def at_stage(visit: PartnerVisit, stage: str) -> Response:
    """Where somebody at this stage belongs."""
    to = wanted(visit)
    if stage == "open":
        return visit.go(to)
    return visit.go(_STAGES[stage], **({} if to == PREFIX else {"vers": to}))


def out_of_turn(visit: PartnerVisit) -> Response:
    """Sends somebody who is not at the stage of the page they asked for where they belong."""
    if visit.session is None:
        return visit.go(SIGN_IN, said="sign_in_over")
    return at_stage(visit, visit.session.stage)


def label_of(visit: PartnerVisit) -> str:
    """The browser as the list of sessions names it."""
    return browser_label(visit.request.headers.get("user-agent", ""))


def show(visit: PartnerVisit) -> Response:
    if visit.person is not None:
        return visit.go(wanted(visit))
    return visit.page("sign_in/password.html", form=Shown(), wanted=wanted(visit))


def enter(visit: PartnerVisit) -> Response:
    office = visit.office
    signed_in = sign_in(office.engine, office.keys, visit.knock, browser=label_of(visit))
    if isinstance(signed_in, Refused):
        return visit.refused_form("sign_in/password.html", signed_in, wanted=wanted(visit))
    _leave(visit)
    return visit.remembering(go_on(visit, signed_in))


def show_spaces(visit: PartnerVisit) -> Response:
    session = visit.session
    if session is None or session.stage not in ("choice", "open") or session.credential_id is None:
        return out_of_turn(visit)
    with unit_of_work(visit.office.engine) as connection:
        spaces = spaces_of(connection, session.credential_id)
    return visit.page(
        "sign_in/spaces.html",
        form=Shown(),
        spaces=spaces,
        here=session.delegate_id,
        wanted=wanted(visit),
    )


def enter_chosen(visit: PartnerVisit) -> Response:
    session = visit.session
    if session is None or session.stage not in ("choice", "open") or session.credential_id is None:
        return out_of_turn(visit)
    chosen = visit.form.text("espace")
    with unit_of_work(visit.office.engine) as connection:
        entered: SignedIn | Refused | None = None
        if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
            entered = choose_space(connection, session, int(chosen))
    if isinstance(entered, Refused):
        # The cookie stays: the click that was quicker has put the new secret into it.
        return visit.go(SIGN_IN, said="sign_in_over")
    return unknown(visit) if entered is None else go_on(visit, entered)


def sign_out(visit: PartnerVisit) -> Response:
    _leave(visit, by_choice=True)
    return visit.without_session(visit.go(SIGN_IN, said="signed_out"))


def _leave(visit: PartnerVisit, *, by_choice: bool = False) -> None:
    """Ends the session that this browser came with: a new one never stands on it."""
    if visit.session is None:
        return
    with unit_of_work(visit.office.engine) as connection:
        end_session(connection, visit.session)
        if visit.person is not None and by_choice:
            note(
                connection,
                actor=visit.person.actor,
                action="delegate.sign_out",
                subject=visit.person.actor,
                partner_id=visit.person.partner_id,
            )


ROUTES = [
    route("GET", "/connexion", show, roles=None),
    route("POST", "/connexion", enter, roles=None, slow=True),
    route("GET", "/connexion/espace", show_spaces, roles=None),
    route("POST", "/connexion/espace", enter_chosen, roles=None),
    route("POST", "/deconnexion", sign_out, roles=None),
]
