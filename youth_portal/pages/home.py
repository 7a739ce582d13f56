"""`/jeune`: where a member arrives."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from youth_portal.portal import MEMBERS, PREFIX, MemberVisit, route


def show(visit: MemberVisit) -> Response:
    """Somebody whose card is not known yet goes on with the activation."""
    if visit.signed_in.role == "known":
        return visit.go(f"{PREFIX}/activer")
    return visit.page("home/home.html")


ROUTES: Final = [route("GET", "", show, roles=MEMBERS)]
