"""`/remboursements/{number}/bordereau.…`: the papers of a remittance, the bytes that were stored.

The law: nothing is rendered here; what was approved is what everybody gets (papers.py). The page
among them has a policy of its own: its style sheet beside it, and nothing else in the world.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.reimbursements import document_of, remittance_named
from cardservice.services.acting_delegate import MONEY_ROLES
from cardservice.webkit.doors import unknown
from clearing.documents.bordereau_page import page_css
from partner_portal.pages.reimbursements import name_of
from partner_portal.portal import PartnerVisit, route

_TYPES: Final = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def paper(visit: PartnerVisit) -> Response:
    """A stored paper; 404 before there is one."""
    kind, name = visit.request.path_params["kind"], visit.request.path_params["name"]
    if kind not in _TYPES:
        return unknown(visit)
    with unit_of_work(visit.office.engine) as connection:
        remittance = remittance_named(connection, visit.signed_in.partner_id, name)
        content = None
        if remittance is not None:
            content = document_of(connection, remittance.remittance_id, kind)
    if remittance is None or content is None:
        return unknown(visit)
    # The page is read where it is; what is a file is kept as one.
    place = "inline" if kind == "html" else "attachment"
    return Response(
        content,
        media_type=_TYPES[kind],
        headers={
            "content-disposition": f'{place}; filename="{name_of(remittance)}.{kind}"',
            "content-security-policy": _POLICY,
            "cache-control": "no-store",
        },
    )


def style(visit: PartnerVisit) -> Response:
    """The style sheet that the stored pages link to, beside each of them."""
    return Response(page_css(), media_type="text/css", headers={"cache-control": "no-store"})


ROUTES = [
    route("GET", "/remboursements/{name}/bordereau.css", style, roles=MONEY_ROLES),
    route("GET", "/remboursements/{name}/bordereau.{kind}", paper, roles=MONEY_ROLES),
]
