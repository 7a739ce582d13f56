"""`/quinzaines/{period}`: one run as a stepper, with everything an approver looks at (C66, C71).

The law: figures are the run's own and controls are the clearing house's; the page decides nothing.
Controls are told while they can still stop the run; afterwards the proof to the cent stands for
them (proof.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.run_partners import (
    ALERTS,
    ORDERS,
    Looked,
    alerts_of_run,
    found_in_run,
    partners_of_run,
)
from cardservice.db.queries.runs import (
    DeskRun,
    attempts_of,
    come_and_gone,
    downloads_of_run,
    events_of_run,
    has_changed_an_account,
    run_before,
    run_papers,
)
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import Form
from cardservice.webkit.leafing import page_asked, page_count
from clearing.controls import Control, failures
from clearing.run.papers import papers_progress, papers_that_lack, remittance_number
from department_desk.controls_shown import ControlsShown, controls_shown
from department_desk.pages.fortnights import deadline_of
from department_desk.portal import PREFIX, READERS, AgentVisit, route
from department_desk.rendering import is_rendering
from department_desk.run_actions import Situation, actions_on

_PER_PAGE: Final = 25
_DOWNLOADS: Final = 30
_JUDGED: Final = ("draft", "rejected", "submitted")
_NUMBER: Final = re.compile(r"(?i:BR)-?([0-9]{4})-?([0-9]{1,9})")
_LONGEST_WORDS: Final = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of this run beside the same of the run before."""

    name: str
    now: int
    before: int
    in_cents: bool = False


def address_of(period_key: str) -> str:
    """Where a fortnight's page is."""
    return f"{PREFIX}/quinzaines/{period_key}"


def run_asked(visit: AgentVisit, connection: Connection) -> DeskRun | None:
    """The run of the address: the last attempt, unless another is named."""
    attempts = attempts_of(connection, visit.request.path_params["period"])
    named = visit.query.text("tentative")
    return next((one for one in attempts if named in ("", str(one.attempt))), None)


def show(visit: AgentVisit) -> Response:
    """The whole page."""
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
        if run is None:
            return unknown(visit)
        facts = _facts(connection, visit, run)
    return visit.page("run/run.html", **facts)


def situation(
    connection: Connection, run: DeskRun, person: Agent
) -> tuple[Situation, ControlsShown | None]:
    """What the buttons depend on, and the controls while they are judged."""
    controls = controls_shown(connection, run) if run.state in _JUDGED else None
    papers = papers_progress(connection, run.run_id) if run.state == "approved" else None
    seen = Situation(
        person,
        controls_hold=controls is None or not failures(controls.found),
        changed_an_account=has_changed_an_account(connection, run.run_id, person.actor),
        papers=papers,
    )
    return seen, controls


def _facts(connection: Connection, visit: AgentVisit, run: DeskRun) -> dict[str, Any]:
    attempts = attempts_of(connection, run.period_key)
    is_last = run.attempt == attempts[0].attempt
    seen, controls = situation(connection, run, visit.signed_in)
    before = run_before(connection, run)
    return {
        "run": run,
        "attempts": attempts,
        "address": address_of(run.period_key),
        "today": day_now(connection),
        "deadline": deadline_of(run),
        "actions": actions_on(run, seen) if is_last else (),
        "controls": [] if controls is None else sorted(controls.found, key=_weight),
        "controls_at": None if controls is None else controls.at,
        "before": before,
        "differences": [] if before is None else _differences(connection, run, before),
        "events": events_of_run(connection, run.run_id),
        "papers": run_papers(connection, run.run_id),
        "rendering": papers_progress(connection, run.run_id),
        "lacking": _lacking(connection, run),
        "is_rendering": is_rendering(run.run_id),
        "downloads": downloads_of_run(connection, run.run_id, limit=_DOWNLOADS),
        "number_of": number_of,
    } | _partners(connection, visit.query, run.run_id)


def _partners(connection: Connection, query: Form, run_id: int) -> dict[str, Any]:
    looked = looked_for(query)
    found = found_in_run(connection, run_id, looked)
    last = page_count(found.count, per_page=_PER_PAGE)
    page = page_asked(query, last=last)
    asked = {"q": looked.words, "alerte": looked.alert, "tri": looked.order}
    kept = {name: value for name, value in asked.items() if value and value != "nom"}
    return {
        "looked": looked,
        "found": found,
        "alerts": alerts_of_run(connection, run_id),
        "partners": partners_of_run(
            connection, run_id, looked, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE
        ),
        "page": page,
        "last": last,
        "kept": urlencode(kept) + "&" if kept else "",
    }


def looked_for(query: Form) -> Looked:
    """What the search above the partners asks for; what is no choice of ours asks for nothing."""
    words = query.text("q")[:_LONGEST_WORDS]
    alert, order = query.text("alerte"), query.text("tri")
    number = _NUMBER.fullmatch(words.replace(" ", ""))
    return Looked(
        words,
        alert if alert in ("any", *ALERTS) else "",
        order if order in ORDERS else "nom",
        year=int(number[1]) if number else None,
        number=int(number[2]) if number else None,
    )


def number_of(one: Any) -> str:
    """The number of a remittance; empty before the approval."""
    if one.number is None or one.number_year is None:
        return ""
    return remittance_number(one.number_year, one.number)


def days_until(today: date, day: date) -> int:
    """For the countdown."""
    return (day - today).days


def _weight(control: Control) -> int:
    """What stops the run first, then what asks for a look, then what holds."""
    if control.holds:
        return 2
    return 0 if control.blocking else 1


def _differences(connection: Connection, run: DeskRun, before: DeskRun) -> list[Difference]:
    come, gone = come_and_gone(connection, run.run_id, before.run_id)
    return [
        Difference("transfers", run.transfers_cents, before.transfers_cents, in_cents=True),
        Difference("debits", run.debits, before.debits),
        Difference("partners", run.partners, before.partners),
        Difference("corrections", run.corrections_cents, before.corrections_cents, in_cents=True),
        Difference("come", come, 0),
        Difference("gone", gone, 0),
    ]


def _lacking(connection: Connection, run: DeskRun) -> list[Any]:
    if run.state != "approved":
        return []
    return [one for one in papers_that_lack(connection, run.run_id, limit=20) if one.reason]


ROUTES: Final = [route("GET", "/quinzaines/{period}", show, roles=READERS)]
