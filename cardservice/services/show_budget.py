"""Shows what became of a school year's budgets, and where they will stand on 31 August (C10, C22).

The law: figures are read, never kept; the forecast goes on at the pace of the last closed days
(domain/budget_forecast.py says how).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from cardservice.db.queries.budgets import (
    BudgetFigures,
    figures_of,
    last_closed_day,
    spent_by_day,
)
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.scheme import SchoolYear, school_year_numbered
from cardservice.domain.budget_forecast import (
    PACE_DAYS,
    Pace,
    days_until_empty,
    spent_on_the_last_day,
)
from cardservice.domain.operation import WALLETS


@dataclass(frozen=True, slots=True)
class BudgetShown:
    """One wallet's budget in a year. `curve` is what had been spent by the end of each closed day
    on which something moved; the last figure of all is `figures.spent_cents`, of this moment."""

    year: SchoolYear
    today: date
    figures: BudgetFigures
    pace: Pace
    curve: list[tuple[date, int]]

    @property
    def forecast_cents(self) -> int:
        """What will have been spent on the last day."""
        return spent_on_the_last_day(self.pace)

    @property
    def empty_on(self) -> date | None:
        """The day the wallets would hold nothing more; None when they outlast the year."""
        days = days_until_empty(self.pace)
        return None if days is None or not self.pace.days_left else self.today + timedelta(days)


def show_budget(connection: Connection, school_year: int) -> list[BudgetShown] | None:
    """Every wallet's budget in a school year; None for a year the scheme does not hold."""
    year = school_year_numbered(connection, school_year)
    if year is None:
        return None
    today, closed = paris_today(connection), last_closed_day(connection)
    return [
        _shown(
            year,
            figures,
            days=spent_by_day(connection, school_year, figures.wallet),
            today=today,
            closed=closed,
        )
        for figures in figures_of(connection, school_year, WALLETS)
    ]


def _shown(
    year: SchoolYear,
    figures: BudgetFigures,
    *,
    days: list[tuple[date, int]],
    today: date,
    closed: date | None,
) -> BudgetShown:
    curve, spent = [], 0
    for day, cents in days:
        spent += cents
        curve.append((day, spent))
    return BudgetShown(year, today, figures, _pace(year, figures, days, today, closed), curve)


def _pace(
    year: SchoolYear,
    figures: BudgetFigures,
    days: list[tuple[date, int]],
    today: date,
    closed: date | None,
) -> Pace:
    """The last closed days of the year, at most PACE_DAYS of them."""
    last = year.first_day - timedelta(days=1) if closed is None else min(closed, year.last_day)
    first = max(year.first_day, last - timedelta(days=PACE_DAYS - 1))
    counted = max(0, (last - first).days + 1)
    return Pace(
        spent_cents=figures.spent_cents,
        recent_cents=sum(cents for day, cents in days if first <= day <= last) if counted else 0,
        recent_days=counted,
        in_wallets_cents=figures.in_wallets_cents,
        days_left=max(0, (year.last_day - max(today, year.first_day)).days),
    )
