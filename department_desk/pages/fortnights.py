"""`/quinzaines`: every fortnight, what it came to and where it stands (C66).

The law: a fortnight stands here once something is owed in it; the one that goes on is told without
figures, because nothing of it is settled yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.runs import DeskRun, count_of_runs, runs_of_desk
from cardservice.domain.calendar import fortnight_containing
from cardservice.webkit.leafing import page_asked, page_count
from clearing.banking_days import next_target_day
from clearing.promised_day import promised_day
from clearing.run.draft import undrafted_periods
from department_desk.portal import READERS, AgentVisit, route

_PER_PAGE: Final = 24


@dataclass(frozen=True, slots=True)
class Deadline:
    """The day the partners are paid, and the last day on which the bank can still be told."""

    due_on: date
    send_by: date
    is_fixed: bool


def deadline_of(run: DeskRun) -> Deadline:
    """The file's own day once there is one, the promise until then."""
    if run.execution_on is not None:
        return Deadline(run.execution_on, run.execution_on, is_fixed=True)
    due_on = promised_day(run.ends_before, delay_days=run.delay_days)
    return Deadline(due_on, send_by_of(due_on), is_fixed=False)


def send_by_of(due_on: date) -> date:
    """A transfer is executed on the next banking day after the export: the banking day before the
    promise is the last on which somebody can still bring the file."""
    day = due_on - timedelta(days=1)
    while next_target_day(day - timedelta(days=1)) != day:
        day -= timedelta(days=1)
    return day


def to_prepare(connection: Connection, today: date) -> list[str]:
    """Ended fortnights that nobody has drafted, oldest first."""
    return undrafted_periods(connection, today)


def show(visit: AgentVisit) -> Response:
    """The list, newest first; what is to be prepared stands above it."""
    with unit_of_work(visit.office.engine) as connection:
        today = day_now(connection)
        last = page_count(count_of_runs(connection), per_page=_PER_PAGE)
        page = page_asked(visit.query, last=last)
        runs = runs_of_desk(connection, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
        waiting = to_prepare(connection, today)
    return visit.page(
        "fortnights.html",
        today=today,
        current=fortnight_containing(today),
        waiting=waiting,
        runs=[(run, deadline_of(run)) for run in runs],
        page=page,
        last=last,
    )


ROUTES: Final = [route("GET", "/quinzaines", show, roles=READERS)]
