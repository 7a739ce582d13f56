"""`/jeune/facile`: the easy-to-read pages (FALC), on and off: a member's choice, or a visitor's."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.services.choose_easy_reading import choose_easy_reading
from cardservice.webkit.wanted_page import wanted_page
from youth_portal.portal import EASY_COOKIE, PREFIX, MemberVisit, route

_A_YEAR: Final = 365 * 24 * 3600
_YES: Final = "oui"


def choose(visit: MemberVisit) -> Response:
    """Kept with the member when there is one, and in this browser for the door."""
    wants = visit.form.text("facile") == _YES
    if visit.person is not None:
        choose_easy_reading(visit.office.engine, member_id=visit.person.member_id, wants=wants)
    to = wanted_page(visit, but=(f"{PREFIX}/facile", f"{PREFIX}/deconnexion"))
    response = visit.go(to, said="easy_on" if wants else "easy_off")
    response.set_cookie(
        EASY_COOKIE,
        _YES if wants else "non",
        max_age=_A_YEAR,
        path=PREFIX,
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response


ROUTES: Final = [route("POST", "/facile", choose, roles=None)]
