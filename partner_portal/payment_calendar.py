"""A partner's payments as a calendar that any program can subscribe to (RFC 5545).

The law: one all-day event per fortnight, whose identity stays while its date and sum move; sums and
dates alone, nobody's name. The words are the portal's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from icalendar import Calendar, Event

from cardservice.domain.calendar import format_day
from cardservice.domain.money import format_euros
from clearing.partner_view import Payment

_AGAIN_AFTER: Final = timedelta(hours=12)


def payment_calendar(
    payments: Sequence[Payment],
    *,
    texts: dict[str, Any],
    scheme_name: str,
    at: datetime,
    link: str,
) -> bytes:
    """The calendar as of `at`; `link` is the page it tells the partner to look at."""
    words = texts["calendar"]
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//CJeune//Partner portal//FR")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", words["title"].format(scheme=scheme_name))
    calendar.add("refresh-interval", _AGAIN_AFTER, parameters={"value": "DURATION"})
    for payment in payments:
        # No day is promised for what is held or came back; what is presented again has another.
        if payment.is_held or payment.state in ("set_off", "returned", "re_presented"):
            continue
        event = Event()
        event.add("uid", f"payment-{payment.period_key}@cjeune")
        event.add("dtstamp", at)
        event.add("dtstart", payment.due_on)
        event.add("dtend", payment.due_on + timedelta(days=1))
        event.add("summary", _summary(payment, words, scheme_name))
        period = words["period"].format(
            first=format_day(payment.starts_on),
            last=format_day(payment.last_day),
        )
        event.add("description", period)
        event.add("url", link)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _summary(payment: Payment, words: dict[str, str], scheme_name: str) -> str:
    kind = "promised"
    if payment.state in ("paid", "sent"):
        kind = payment.state
    elif payment.state == "open":
        kind = "so_far" if payment.amount_cents else "unknown"
    amount = format_euros(payment.amount_cents)
    return words[kind].format(scheme=scheme_name, amount=amount)
