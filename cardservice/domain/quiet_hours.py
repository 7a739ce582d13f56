"""Quiet hours: when a notice that was written now may make a telephone sound.

The law: Paris hours, half-open, over midnight too; what is written within them waits for their end,
what is written outside goes at once. In the page nothing is ever quiet.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from cardservice.domain.calendar import PARIS


def told_at(written_at: datetime, quiet_from: time | None, quiet_until: time | None) -> datetime:
    """The instant from which push and mail may go; `written_at` itself outside the quiet hours.

    Equal ends are no quiet hours at all.
    """
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return written_at
    here = written_at.astimezone(PARIS)
    hour = here.timetz().replace(tzinfo=None)
    over_midnight = quiet_from > quiet_until
    if over_midnight:
        is_quiet = hour >= quiet_from or hour < quiet_until
    else:
        is_quiet = quiet_from <= hour < quiet_until
    if not is_quiet:
        return written_at
    last_day = here.date()
    if over_midnight and hour >= quiet_from:
        last_day += timedelta(days=1)
    end = datetime.combine(last_day, quiet_until, PARIS).astimezone(written_at.tzinfo)
    # In the night that has an hour twice, the end may lie behind: then it is over.
    return max(end, written_at)
