"""The box's own figures against the service's (télécollecte): today, and the last closed day.

The law: both sides' figures are shown as they are; nothing is corrected in silence. What another
till or the portal cancelled is told as that, because it is no fault of the box.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from api_client.answers import Approved, Compared, DayList, Difference, Me, NoAnswer, Problem
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
    """Today first, then the last earlier day with sales that the service has closed."""
    current = _compare_today(line, journal, today=today)
    if isinstance(current, Problem | NoAnswer):
        return current
    for back in range(1, _DAYS_BACK + 1):
        day = today - timedelta(days=back)
        if journal.of_day(day):
            closed = _compare_closed(line, journal, day=day)
            return (current,) if closed is None else (current, closed)
    return (current,)


def _compare_today(line: Line, journal: Journal, *, today: date) -> Comparison | Problem | NoAnswer:
    me, listed = line.me(), line.day()
    if not isinstance(me, Me):
        return me
    if not isinstance(listed, DayList):
        return listed
    own = journal.totals(today)
    differences = (
        Difference("count", own.count, me.today.count),
        Difference("amount_cents", own.amount_cents, me.today.amount_cents),
    )
    return Comparison(
        today,
        is_closed=False,
        count=own.count,
        amount_cents=own.amount_cents,
        differences=tuple(one for one in differences if one.terminal != one.server),
        strays=tuple(_strays(journal.of_day(today), listed)),
    )


def _compare_closed(line: Line, journal: Journal, *, day: date) -> Comparison | None:
    own = journal.totals(day)
    answer = line.compare(day, count=own.count, amount_cents=own.amount_cents)
    if not isinstance(answer, Compared):
        return None
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
