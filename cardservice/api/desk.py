"""What every call of the counter needs, opened once with the process.

The law: routes take it from the application and make nothing of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

from cardservice.api.lookup_budgets import LookupBudgets
from cardservice.api.reading_log import ReadingLog
from cardservice.api.sightings import Sightings
from cardservice.api.ticket_budgets import TicketBudgets
from cardservice.services.till import Till
from cardservice.wiring import Office


@dataclass(frozen=True)
class Desk:
    """The office behind the counter, the till of this process and its short memories."""

    office: Office
    till: Till
    budgets: LookupBudgets
    reading_log: ReadingLog
    sightings: Sightings
    ticket_budgets: TicketBudgets = field(default_factory=TicketBudgets)


def desk_of(request: Request) -> Desk:
    """The desk that the application was opened with."""
    desk: Desk = request.app.state.desk
    return desk
