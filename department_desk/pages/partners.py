"""`/partenaires`: any partner by name, what it was paid, and its payments held or let go (C66).

The law: holding takes a reason and is told to nobody but the Département; it concerns the drafts to
come, never what was submitted.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.remittances import (
    DeskPartner,
    hold_of,
    partner_of_desk,
    partners_named,
    remittances_of_partner,
)
from cardservice.domain.refusal import Refused
from cardservice.webkit.doors import refusal_page, unknown
from cardservice.webkit.forms import Shown
from clearing.run.hold import hold_partner, release_partner
from department_desk.pages.run import number_of
from department_desk.portal import FINANCE, HOTLINE, PREFIX, READERS, AgentVisit, route

_FOUND: Final = 50
_REMITTANCES: Final = 60


def search(visit: AgentVisit) -> Response:
    """Partners by a word of their name, commune or SIRET."""
    words = visit.query.text("q")[:100]
    with unit_of_work(visit.office.engine) as connection:
        found = partners_named(connection, words, limit=_FOUND + 1)
    return visit.page(
        "partners/search.html", words=words, found=found[:_FOUND], is_more=len(found) > _FOUND
    )


def show(visit: AgentVisit) -> Response:
    """One partner."""
    with unit_of_work(visit.office.engine) as connection:
        partner = _partner_asked(visit, connection)
        if partner is None:
            return unknown(visit)
        facts = _facts(connection, partner)
    return visit.page("partners/one.html", form=Shown(), **facts)


def hold(visit: AgentVisit) -> Response:
    """Holds the partner's payments back from the next draft on."""
    with unit_of_work(visit.office.engine) as connection:
        partner = _partner_asked(visit, connection)
        if partner is None:
            return unknown(visit)
        facts = _facts(connection, partner)
    done = hold_partner(
        visit.office.engine,
        partner.siret,
        by=visit.signed_in.email,
        reason=visit.form.text("motif"),
    )
    if isinstance(done, Refused) and done.code == "hold_reason_malformed":
        return visit.refused_form("partners/one.html", done, field="motif", **facts)
    return _onward(visit, partner, done, said="partner_held", again="partner_held")


def release(visit: AgentVisit) -> Response:
    """Lets them go."""
    with unit_of_work(visit.office.engine) as connection:
        partner = _partner_asked(visit, connection)
    if partner is None:
        return unknown(visit)
    done = release_partner(visit.office.engine, partner.siret, by=visit.signed_in.email)
    return _onward(visit, partner, done, said="partner_released", again="partner_not_held")


def _onward(
    visit: AgentVisit, partner: DeskPartner, done: Any, *, said: str, again: str
) -> Response:
    # Done before, by another click: that is what was wanted.
    if isinstance(done, Refused) and done.code != again:
        return refusal_page(visit, done, status=409)
    return visit.go(f"{PREFIX}/partenaires/{partner.partner_id}", said=said)


def _partner_asked(visit: AgentVisit, connection: Connection) -> DeskPartner | None:
    return partner_of_desk(connection, visit.request.path_params["partner_id"])


def _facts(connection: Connection, partner: DeskPartner) -> dict[str, Any]:
    return {
        "partner": partner,
        "hold": hold_of(connection, partner.partner_id),
        "remittances": remittances_of_partner(connection, partner.partner_id, limit=_REMITTANCES),
        "number_of": number_of,
    }


_ONE: Final = "/partenaires/{partner_id:number}"
ROUTES: Final = [
    route("GET", "/partenaires", search, roles=READERS | HOTLINE),
    route("GET", _ONE, show, roles=READERS | HOTLINE),
    route("POST", f"{_ONE}/retenir", hold, roles=FINANCE),
    route("POST", f"{_ONE}/liberer", release, roles=FINANCE),
]
