"""`/quinzaines/{period}/bordereaux/{id}`: one partner's remittance, to its last line (C63, C67).

The law: what the partner reads in the portal is what the agent reads here, to the cent; no youth's
name, and of the account only its mask.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.reimbursements import lines_of, totals_of_lines
from cardservice.db.queries.remittances import answers_of, hold_of
from cardservice.domain.short_code import operation_reference
from cardservice.webkit.doors import unknown
from cardservice.webkit.leafing import page_asked, page_count
from department_desk.pages.run import address_of, number_of
from department_desk.pages.run_documents import remittance_asked
from department_desk.portal import READERS, AgentVisit, route

_LINES_PER_PAGE: Final = 100


def show(visit: AgentVisit) -> Response:
    """Its figures, what the bank said of it, its lines."""
    with unit_of_work(visit.office.engine) as connection:
        remittance = remittance_asked(visit, connection)
        if remittance is None:
            return unknown(visit)
        totals = totals_of_lines(connection, remittance.remittance_id)
        count = sum(total.count for total in totals)
        last = page_count(count, per_page=_LINES_PER_PAGE)
        page = page_asked(visit.query, last=last)
        lines = lines_of(
            connection,
            remittance.remittance_id,
            limit=_LINES_PER_PAGE,
            offset=(page - 1) * _LINES_PER_PAGE,
        )
        answers = answers_of(connection, remittance.remittance_id)
        hold = hold_of(connection, remittance.partner_id)
    return visit.page(
        "run/remittance.html",
        remittance=remittance,
        label=number_of(remittance),
        address=address_of(remittance.period_key),
        totals=totals,
        count=count,
        lines=lines,
        answers=answers,
        hold=hold,
        page=page,
        last=last,
        reference_of=operation_reference,
    )


ROUTES: Final = [
    route("GET", "/quinzaines/{period}/bordereaux/{remittance_id:number}", show, roles=READERS)
]
