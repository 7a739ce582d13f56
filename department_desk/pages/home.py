"""`/departement`: what is due and by when, and what waits for whoever looks.

The law: nothing is decided here; every line leads to the page that can. What waits for somebody of
another role is told too, so that it can be asked about, but after what waits for oneself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.desk_waiting import waiting_at_desk
from cardservice.db.queries.runs import DeskRun, runs_of_desk
from cardservice.domain.calendar import fortnight_containing
from clearing.run.papers import papers_progress
from department_desk.pages.fortnights import Deadline, deadline_of, to_prepare
from department_desk.pages.run import address_of
from department_desk.portal import (
    APPROVER,
    EVERYBODY,
    FINANCE,
    PREPARER,
    READERS,
    AgentVisit,
    route,
)

_RUNS: Final = 6
# What is still to be done with a run in each state, and who can.
_NEXT: Final = {
    "draft": ("submit", PREPARER),
    "rejected": ("submit", PREPARER),
    "submitted": ("approve", APPROVER),
    "approved": ("export", FINANCE),
    "exported": ("take_answer", FINANCE),
    "accepted": ("confirm", FINANCE),
    "bank_rejected": ("draft", PREPARER),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A fortnight with something left to do: what, whether by whoever looks, until when. `run` is
    None for one that nobody has drafted."""

    period_key: str
    address: str
    what: str
    is_mine: bool
    run: DeskRun | None
    deadline: Deadline | None


def show(visit: AgentVisit) -> Response:
    """One page, different for each role."""
    person = visit.signed_in
    with unit_of_work(visit.office.engine) as connection:
        today = day_now(connection)
        facts: dict[str, Any] = {"today": today, "current": fortnight_containing(today)}
        if person.role in READERS:
            facts["due"] = _due(connection, person, today)
            facts["last_runs"] = runs_of_desk(connection, limit=_RUNS)
        facts["waiting"] = waiting_at_desk(connection)
    name = "finance" if person.role in READERS else person.role
    return visit.page(f"home/{name}.html", **facts)


def _due(connection: Connection, person: Agent, today: date) -> list[Due]:
    """Mine first, then the oldest."""
    found = [
        Due(period, address_of(period), "draft", person.role in PREPARER, None, None)
        for period in to_prepare(connection, today)
    ]
    for run in runs_of_desk(connection, limit=_RUNS):
        if run.state in _NEXT:
            found.append(_due_run(connection, run, person))
    return sorted(found, key=lambda one: (not one.is_mine, one.period_key))


def _due_run(connection: Connection, run: DeskRun, person: Agent) -> Due:
    what, roles = _NEXT[run.state]
    is_mine = person.role in roles
    if run.state == "submitted" and run.submitted_by == person.agent_id:
        is_mine = False
    if run.state == "approved":
        papers = papers_progress(connection, run.run_id)
        what = "export" if papers.made == papers.remittances else "render"
    return Due(run.period_key, address_of(run.period_key), what, is_mine, run, deadline_of(run))


ROUTES: Final = [route("GET", "", show, roles=EVERYBODY)]
