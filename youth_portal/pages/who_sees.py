"""`/jeune/qui-voit-quoi`: who sees which part of what is kept, in words that a child reads."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.consents import consent_state, last_consent
from youth_portal.portal import MEMBERS, MemberVisit, route


def show(visit: MemberVisit) -> Response:
    """The same for everybody, but for whether a parent sees anything."""
    member_id = visit.signed_in.member_id
    with unit_of_work(visit.office.engine) as connection:
        state = consent_state(connection, member_id)
        consent = last_consent(connection, member_id) if state == "given" else None
    return visit.page("my_data/who_sees.html", consent=consent)


ROUTES: Final = [route("GET", "/qui-voit-quoi", show, roles=MEMBERS)]
