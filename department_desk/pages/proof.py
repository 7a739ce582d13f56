"""« Preuve au centime »: one figure by every road, for a run and for each of its partners (C71).

The law: nothing is computed here and nothing is repaired; what differs is named, in red, with the
bordereau. A partner's proof is made while the page waits, a run's beside it.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse, Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.webkit.doors import unknown
from clearing.cent_proof import partner_proof
from department_desk.pages.run import address_of, number_of, run_asked
from department_desk.pages.run_documents import remittance_asked
from department_desk.portal import READERS, AgentVisit, route
from department_desk.proving import proving_of, start_proving


def show(visit: AgentVisit) -> Response:
    """The run's proof, or the button that makes it."""
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
    if run is None:
        return unknown(visit)
    return visit.page(
        "run/proof.html",
        run=run,
        address=address_of(run.period_key),
        proving=proving_of(run.run_id),
    )


def start(visit: AgentVisit) -> Response:
    """Has every paper read back."""
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
        if run is None:
            return unknown(visit)
        actor = visit.signed_in.actor
        note(connection, actor=actor, action="run.prove", subject=f"run:{run.run_id}")
    start_proving(visit.office, run.run_id)
    return visit.go(f"{address_of(run.period_key)}/preuve")


def progress(visit: AgentVisit) -> Response:
    """How far it is, for the script that moves the bar."""
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
    if run is None:
        return unknown(visit)
    told = proving_of(run.run_id)
    is_under_way = told is not None and told.is_under_way
    return JSONResponse(
        {
            "made": 0 if told is None else told.done,
            "failed": 0,
            "remittances": 1 if told is None else max(told.remittances, 1),
            "is_rendering": is_under_way,
            "is_over": not is_under_way,
        }
    )


def of_remittance(visit: AgentVisit) -> Response:
    """One partner's proof."""
    with unit_of_work(visit.office.engine) as connection:
        remittance = remittance_asked(visit, connection)
        if remittance is None or remittance.number is None:
            return unknown(visit)
        proof = partner_proof(connection, remittance.remittance_id)
    return visit.page(
        "run/partner_proof.html",
        remittance=remittance,
        label=number_of(remittance),
        address=address_of(remittance.period_key),
        proof=proof,
    )


_RUN: Final = "/quinzaines/{period}"
_ONE: Final = f"{_RUN}/bordereaux/{{remittance_id:number}}"
ROUTES: Final = [
    route("GET", f"{_RUN}/preuve", show, roles=READERS),
    route("POST", f"{_RUN}/preuve", start, roles=READERS),
    route("GET", f"{_RUN}/preuve/avancement.json", progress, roles=READERS),
    route("GET", f"{_ONE}/preuve", of_remittance, roles=READERS, heavy=True),
]
