"""The drawing of a budget over its school year: spent until now, forecast, ceiling.

The law: places on the sheet are whole thousandths, computed from whole cents and days; words and
colours belong to the template. What is drawn stands in the table beside it too (`months_of`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cardservice.domain.budget_forecast import days_until_empty, spent_after
from cardservice.services.show_budget import BudgetShown

SIDE: Final = 1000
_MOST_LINES: Final = 5
# Room above the highest line, so that its label stands inside.
_HEADROOM_PERCENT: Final = 112


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line: how high, in thousandths from the top, and what it is worth."""

    y: int
    cents: int


@dataclass(frozen=True, slots=True)
class MonthMark:
    """Where a month begins, in thousandths from the left."""

    x: int
    first_day: date


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines are lists of points as SVG writes them: `0,1000 25,990`."""

    spent: str
    forecast: str
    levels: list[Level]
    months: list[MonthMark]
    today_x: int | None
    ceiling: Level | None
    granted: Level


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """What had been spent, or will have been, at the end of a month's last day."""

    last_day: date
    spent_cents: int
    is_forecast: bool


def plot_of(shown: BudgetShown) -> Plot:
    """Everything that the template draws."""
    figures = shown.figures
    highest = max(figures.budget_cents or 0, figures.granted_cents, shown.forecast_cents, 10_000)
    top = highest * _HEADROOM_PERCENT // 100
    known = _known(shown)
    last_known = known[-1]

    def point(day: date, cents: int) -> str:
        return f"{_x(shown, day)},{_y(cents, top)}"

    return Plot(
        spent=" ".join(point(day, cents) for day, cents in known),
        forecast=" ".join(point(day, cents) for day, cents in _ahead(shown, last_known)),
        levels=[Level(_y(cents, top), cents) for cents in _rounds(highest)],
        months=[MonthMark(_x(shown, day), day) for day in _months(shown)],
        today_x=_x(shown, shown.today) if _is_running(shown) else None,
        ceiling=None
        if figures.budget_cents is None
        else Level(_y(figures.budget_cents, top), figures.budget_cents),
        granted=Level(_y(figures.granted_cents, top), figures.granted_cents),
    )


def months_of(shown: BudgetShown) -> list[MonthEnd]:
    """The end of every month of the school year; today's figure for the month that goes on."""
    ends = [day - timedelta(days=1) for day in _months(shown)[1:]] + [shown.year.last_day]
    return [_at(shown, day) for day in ends if day >= shown.year.first_day]


def _at(shown: BudgetShown, day: date) -> MonthEnd:
    if day < shown.today or not _is_running(shown):
        before = [cents for on, cents in _known(shown) if on <= day]
        return MonthEnd(day, before[-1], is_forecast=False)
    return MonthEnd(day, spent_after(shown.pace, (day - shown.today).days), is_forecast=True)


def _known(shown: BudgetShown) -> list[tuple[date, int]]:
    """From nothing on the first day to this moment, or to the last day of a year that is over;
    level over days on which nothing moved."""
    first, last = shown.year.first_day, shown.year.last_day
    steps = [(day, cents) for day, cents in shown.curve if first <= day <= last]
    if _is_running(shown):
        steps.append((shown.today, shown.figures.spent_cents))
    elif shown.today > last:
        steps.append((last, shown.figures.spent_cents))
    points = [(first, 0)]
    for day, cents in steps:
        before = day - timedelta(days=1)
        if before > points[-1][0]:
            points.append((before, points[-1][1]))
        points.append((day, cents))
    return points


def _ahead(shown: BudgetShown, start: tuple[date, int]) -> list[tuple[date, int]]:
    if not _is_running(shown):
        return []
    points = [start]
    empty = days_until_empty(shown.pace)
    if empty is not None:
        points.append((shown.today + timedelta(days=empty), spent_after(shown.pace, empty)))
    points.append((shown.year.last_day, shown.forecast_cents))
    return points


def _is_running(shown: BudgetShown) -> bool:
    return shown.year.first_day <= shown.today <= shown.year.last_day


def _x(shown: BudgetShown, day: date) -> int:
    days = (shown.year.last_day - shown.year.first_day).days
    return min(SIDE, max(0, (day - shown.year.first_day).days * SIDE // days))


def _y(cents: int, top: int) -> int:
    return SIDE - min(SIDE, max(0, cents * SIDE // top))


def _rounds(highest: int) -> list[int]:
    """Round amounts up to the highest figure, a few of them: 1, 2 or 5 with zeros, in cents."""
    step = 100
    while True:
        for factor in (1, 2, 5):
            if highest // (step * factor) < _MOST_LINES:
                return list(range(0, highest + 1, step * factor))
        step *= 10


def _months(shown: BudgetShown) -> list[date]:
    """The first day of the year and of each month after it."""
    days = [shown.year.first_day]
    while True:
        day = days[-1].replace(day=1)
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        if following > shown.year.last_day:
            return days
        days.append(following)
