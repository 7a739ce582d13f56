"""`/jeune/inscription`: the mail address alone, and the page that says to look into one's mail.

The law: the answer is the same whether anybody has the address or not.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.services.sign_up import ask_sign_up
from cardservice.webkit.forms import Shown
from youth_portal.portal import PREFIX, MemberVisit, route

_SIGN_UP: Final = f"{PREFIX}/inscription"


def show(visit: MemberVisit) -> Response:
    """An empty form; whoever is in already goes on."""
    if visit.person is not None:
        return visit.go(PREFIX)
    return visit.page("sign_in/sign_up.html", form=Shown())


def ask(visit: MemberVisit) -> Response:
    """Sends the mail, and says so whatever became of it."""
    with unit_of_work(visit.office.engine) as connection:
        refused = ask_sign_up(
            connection,
            visit.office.keys,
            email=visit.form.text("courriel"),
            network=visit.address,
        )
    if refused is not None:
        return visit.refused_form("sign_in/sign_up.html", refused, field="courriel")
    return visit.go(f"{_SIGN_UP}/courriel")


def show_sent(visit: MemberVisit) -> Response:
    """Where the link is."""
    return visit.page("sign_in/link_sent.html", again=_SIGN_UP)


ROUTES: Final = [
    route("GET", "/inscription", show, roles=None),
    route("POST", "/inscription", ask, roles=None),
    route("GET", "/inscription/courriel", show_sent, roles=None),
]
