"""The box's own figures against the service's (télécollecte): today, and the last closed day.

The law: both sides' figures are shown as they are; nothing is corrected in silence. What another
till or the portal cancelled is told as that, because it is no fault of the box.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from api_client.answers import Approved, Compared, DayList, Me, NoAnswer, Problem
from api_client.day_figures import compare_closed_day, compare_totals, day_of
from api_client.entries import Entry
from api_client.journal import Journal
from api_client.transport import Line
from tpe_client.french import euros
from tpe_client.texts import say
from tpe_client.till.states import Comparison

_DAYS_BACK: Final = 10


def compare_days(
    line: Line, journal: Journal, *, today: date
) -> tuple[Comparison, ...] | Problem | NoAnswer:
    """Today first, then the last earlier day with sales that the service has closed; instead of
    both, what kept the service from answering. `today` counts only where the service names no day.
    """
    current = _compare_today(line, journal, today=today)
    if isinstance(current, Problem | NoAnswer):
        return current
    for back in range(1, _DAYS_BACK + 1):
        day = current.business_day - timedelta(days=back)
        closed = _compare_closed(line, journal, day=day) if journal.of_day(day) else None
        if isinstance(closed, Problem | NoAnswer):
            return closed
        if closed is not None:
            return (current, closed)
    return (current,)


def _compare_today(line: Line, journal: Journal, *, today: date) -> Comparison | Problem | NoAnswer:
    me, listed = line.me(), line.day()
    if not isinstance(me, Me):
        return me
    if not isinstance(listed, DayList):
        return listed
    today = day_of(listed, otherwise=today)
    own = journal.totals(today)
    return Comparison(
        today,
        is_closed=False,
        count=own.count,
        amount_cents=own.amount_cents,
        differences=compare_totals(own, me.today).differences,
        strays=tuple(_strays(journal.of_day(today), listed)),
    )


def _compare_closed(
    line: Line, journal: Journal, *, day: date
) -> Comparison | Problem | NoAnswer | None:
    """None for a day that is not closed yet."""
    answer = compare_closed_day(line, journal, day)
    if not isinstance(answer, Compared):
        return answer
    own = journal.totals(day)
    return Comparison(
        day,
        is_closed=True,
        count=own.count,
        amount_cents=own.amount_cents,
        differences=answer.differences,
    )


def _strays(entries: Iterable[Entry], listed: DayList) -> Iterable[str]:
    """What the journal holds as sold and the service does not, one sentence each."""
    known = {item.operation_id: item for item in listed.items if isinstance(item, Approved)}
    for entry in entries:
        if entry.state != "approved":
            continue
        order, found = entry.order, known.get(entry.order.operation_id)
        reference = entry.reference or entry.local_reference
        amount = euros(order.amount_cents)
        if found is None:
            yield say("stray.missing", reference=reference, amount=amount)
        elif found.cancelled is not None:
            yield say("stray.cancelled", reference=reference, amount=amount)
        elif found.amount_cents != order.amount_cents:
            other = euros(found.amount_cents)
            yield say("stray.amount", reference=reference, amount=amount, other=other)
