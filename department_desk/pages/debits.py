"""`/debits/{reference}`: one debit, from the till to the bank, as a partner asks about it (C62).

The law: found by the reference that tickets carry; the card's last four and nobody's name.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.regularisation_inbox import regularisations_of
from cardservice.db.queries.reimbursements import day_closed_at, steps_of
from cardservice.db.queries.remittances import partner_of_operation
from cardservice.db.queries.transactions import Scope, one
from cardservice.domain.short_code import fold_operation_reference
from cardservice.webkit.doors import unknown
from department_desk.pages.run import address_of, number_of
from department_desk.portal import HOTLINE, PREFIX, READERS, AgentVisit, route


def find(visit: AgentVisit) -> Response:
    """To the debit of a typed reference; the search again when there is none."""
    typed = visit.query.text("reference")[:40]
    number = fold_operation_reference(typed)
    found = None
    if number is not None:
        with unit_of_work(visit.office.engine) as connection:
            found = partner_of_operation(connection, number)
    if found is not None:
        return visit.go(f"{PREFIX}/debits/{typed.replace(' ', '').upper()}")
    return visit.page("debits/search.html", typed=typed)


def show(visit: AgentVisit) -> Response:
    """The debit, what was given back of it, where its money stands."""
    number = fold_operation_reference(visit.request.path_params["reference"])
    if number is None:
        return unknown(visit)
    with unit_of_work(visit.office.engine) as connection:
        place = partner_of_operation(connection, number)
        line = (
            None if place is None else one(connection, Scope(place.partner_id), place.operation_id)
        )
        if line is None:
            return unknown(visit)
        steps = steps_of(connection, line.run_id)
        closed_at = day_closed_at(connection, line.business_day)
        given_back = regularisations_of(connection, line.operation_id)
    return visit.page(
        "debits/one.html",
        line=line,
        partner_id=place.partner_id,
        trade_name=place.trade_name,
        steps=steps,
        closed_at=closed_at,
        given_back=given_back,
        number=number_of(line),
        run_address=address_of(line.period_key) if line.period_key else "",
    )


ROUTES: Final = [
    route("GET", "/debits", find, roles=READERS | HOTLINE),
    route("GET", "/debits/{reference}", show, roles=READERS | HOTLINE),
]
