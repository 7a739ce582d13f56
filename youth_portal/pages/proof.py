"""`/jeune/verifier`: asks for the password again before what matters most.

The law: a password holds for a quarter of an hour; then it is asked for again, once, and the page
that was wanted follows. Cutting off a lost card never comes here: it must be quick.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.services.prove_member import prove_member
from cardservice.services.web_sessions import has_just_proved, prove_session
from cardservice.webkit.forms import Shown
from cardservice.webkit.wanted_page import wanted_page
from youth_portal.portal import MEMBERS, PREFIX, SIGN_IN, MemberVisit, route

_PROVE: Final = f"{PREFIX}/verifier"
_PAGE: Final = "account/prove.html"


def must_prove(visit: MemberVisit, *, wanted: str) -> Response | None:
    """None when the password was given a short time ago; else the answer that asks for it, and
    leads to the page `wanted` (a GET) afterwards."""
    assert visit.session is not None, "somebody is signed in"
    with unit_of_work(visit.office.engine) as connection:
        if has_just_proved(connection, visit.session):
            return None
    return visit.go(_PROVE, vers=wanted)


def show(visit: MemberVisit) -> Response:
    """Asks."""
    return visit.page(_PAGE, form=Shown(), wanted=_wanted(visit))


def prove(visit: MemberVisit) -> Response:
    """Judges the password and goes where one was going."""
    session = visit.session
    assert session is not None, "somebody is signed in"
    with unit_of_work(visit.office.engine) as connection:
        refused = prove_member(
            connection,
            visit.office.keys,
            member_id=visit.signed_in.member_id,
            password=visit.form.raw("mot_de_passe"),
        )
        secret = None if refused else prove_session(connection, session)
    if refused is not None:
        return visit.refused_form(_PAGE, refused, field="mot_de_passe", wanted=_wanted(visit))
    if secret is None:
        return visit.go(SIGN_IN)
    return visit.with_session(visit.go(_wanted(visit)), secret)


def _wanted(visit: MemberVisit) -> str:
    return wanted_page(visit, but=(SIGN_IN, _PROVE, f"{PREFIX}/deconnexion", f"{PREFIX}/lien"))


ROUTES: Final = [
    route("GET", "/verifier", show, roles=MEMBERS),
    route("POST", "/verifier", prove, roles=MEMBERS, slow=True),
]
