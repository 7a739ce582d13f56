"""The days on which the euro banking system settles, so that a promised day is a real one.

Law kept (design §6): a transfer is executed on the next TARGET day. French holidays do not
count: the banks settle on 14 July and 11 November, and do not on Good Friday.

Source: the European Central Bank's closing days, as the `holidays` package publishes them
under the name XECB. Refuses to know: which run asks, and what time it is.
"""

from datetime import date, timedelta
from functools import lru_cache

from holidays import financial_holidays

_SATURDAY = 5


def next_target_day(after: date) -> date:
    """The first day later than `after` on which TARGET is open."""
    candidate = after + timedelta(days=1)
    while not _target_is_open(candidate):
        candidate += timedelta(days=1)
    return candidate


def _target_is_open(day: date) -> bool:
    return day.weekday() < _SATURDAY and day not in _closing_days(day.year)


@lru_cache(maxsize=16)
def _closing_days(year: int) -> frozenset[date]:
    # One frozen year at a time: the package's own object grows when it is asked, and two
    # threads of the export must never share something that grows.
    return frozenset(financial_holidays("XECB", years=year))
