"""A terminal's own figures of a day against the service's (télécollecte), for every program.

The law: only the service's « day_not_closed » makes a day one that cannot be judged yet. Whatever
else keeps it from answering is handed on as it came, and is never taken for agreement; and which
day is today the service says, where it can, because a terminal's clock may believe any date.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from api_client.answers import Compared, DayList, Difference, NoAnswer, Problem, Totals
from api_client.journal import Journal
from api_client.transport import Line

_NOT_CLOSED: Final = "day_not_closed"


def day_of(listed: DayList, *, otherwise: date) -> date:
    """The day of a list; an empty one does not say."""
    days = (item.business_day for item in listed.items if item.business_day is not None)
    return next(days, otherwise)


def compare_totals(own: Totals, told: Totals) -> Compared:
    """A day that still runs: the terminal's totals against those the service counts for it."""
    figures = (
        Difference("count", own.count, told.count),
        Difference("amount_cents", own.amount_cents, told.amount_cents),
    )
    differences = tuple(one for one in figures if one.terminal != one.server)
    return Compared(not differences, differences)


def compare_closed_day(
    line: Line, journal: Journal, business_day: date
) -> Compared | Problem | NoAnswer | None:
    """A day of the past; None for one that the service has not closed yet."""
    own = journal.totals(business_day)
    answer = line.compare(business_day, count=own.count, amount_cents=own.amount_cents)
    if isinstance(answer, Problem) and answer.code == _NOT_CLOSED:
        return None
    return answer
