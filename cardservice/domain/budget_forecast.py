"""Where a budget will stand on 31 August, if people go on as they did lately (C10, C22).

Law: spent until now, plus the pace of the last closed days (at most four whole weeks, so that
every weekday counts alike) for each day that is left after today; never more than the wallets
hold, because nothing else can be spent. Whole cents, rounded down; no season is guessed.

It refuses to know where the figures come from and what day it is.
"""

from dataclasses import dataclass
from typing import Final

PACE_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class Pace:
    """What was spent, and how fast lately. `recent_cents` were spent in the last `recent_days`
    closed days; `in_wallets_cents` can still be spent; `days_left` come after today."""

    spent_cents: int
    recent_cents: int
    recent_days: int
    in_wallets_cents: int
    days_left: int

    def __post_init__(self) -> None:
        assert 0 <= self.recent_days <= PACE_DAYS, "the pace is that of the last weeks"
        assert self.in_wallets_cents >= 0, "no wallet is below zero"


def spent_after(pace: Pace, days: int) -> int:
    """Cents that will have been spent `days` days from today, at most to the last day."""
    assert days >= 0, "a forecast looks ahead"
    if pace.recent_days == 0 or pace.recent_cents <= 0:
        return pace.spent_cents
    ahead = min(days, max(0, pace.days_left))
    more = pace.recent_cents * ahead // pace.recent_days
    return pace.spent_cents + min(more, pace.in_wallets_cents)


def spent_on_the_last_day(pace: Pace) -> int:
    """The forecast to 31 August, in cents; what is spent already when the year is over."""
    return spent_after(pace, max(0, pace.days_left))


def days_until_empty(pace: Pace) -> int | None:
    """In how many days at this pace the wallets hold nothing more; None when they outlast it."""
    if pace.recent_days == 0 or pace.recent_cents <= 0:
        return None
    days = -(-pace.in_wallets_cents * pace.recent_days // pace.recent_cents)
    return days if days <= pace.days_left else None
