"""The drawing of a budget: every point inside the sheet, and nothing but what the table says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.db.queries.budgets import BudgetFigures
from cardservice.db.queries.scheme import SchoolYear
from cardservice.domain.budget_forecast import Pace
from cardservice.services.show_budget import BudgetShown
from department_desk.budget_plot import SIDE, months_of, plot_of

YEAR = SchoolYear(2026, date(2026, 9, 1), date(2027, 8, 31))


def shown(
    today: date,
    curve: list[tuple[date, int]],
    *,
    spent: int | None = None,
    granted: int = 100_000,
    budget: int | None = 150_000,
    recent: int = 0,
) -> BudgetShown:
    spent_cents = (curve[-1][1] if curve else 0) if spent is None else spent
    held = max(0, granted - spent_cents)
    figures = BudgetFigures("tutoring", budget, granted, held, spent_cents, 0, spent_cents, 0, 0)
    left = max(0, (YEAR.last_day - max(today, YEAR.first_day)).days)
    return BudgetShown(YEAR, today, figures, Pace(spent_cents, recent, 28, held, left), curve)


def points(line: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, _, y in (one.partition(",") for one in line.split())]


def test_the_line_is_level_where_nothing_moved_and_ends_today() -> None:
    one = shown(
        date(2027, 3, 1), [(date(2026, 10, 1), 20_000), (date(2026, 12, 1), 50_000)], spent=60_000
    )
    drawn = plot_of(one)
    spent = points(drawn.spent)
    assert spent[0] == (0, SIDE)
    assert [y for _, y in spent] == sorted((y for _, y in spent), reverse=True)
    heights = [y for _, y in spent]
    assert heights.count(heights[2]) == 2, "level from October to the eve of December"
    assert spent[-1][0] == drawn.today_x == points(drawn.forecast)[0][0]


def test_the_forecast_bends_where_the_wallets_are_empty() -> None:
    one = shown(date(2027, 3, 1), [(date(2027, 2, 28), 50_000)], recent=28_000)
    forecast = points(plot_of(one).forecast)
    assert len(forecast) == 3
    assert forecast[1][1] == forecast[2][1] == plot_of(one).granted.y
    assert forecast[2][0] == SIDE


@pytest.mark.parametrize("today", [date(2026, 8, 1), date(2027, 9, 15)])
def test_a_year_that_is_not_running_has_no_forecast(today: date) -> None:
    one = shown(today, [(date(2026, 10, 1), 20_000)] if today > YEAR.last_day else [])
    drawn = plot_of(one)
    assert (drawn.forecast, drawn.today_x) == ("", None)
    assert [end.is_forecast for end in months_of(one)] == [False] * 12


def test_every_month_has_its_row_and_the_one_that_goes_on_is_a_forecast() -> None:
    one = shown(date(2026, 11, 22), [(date(2026, 9, 20), 1000), (date(2026, 10, 31), 3000)])
    ends = months_of(one)
    assert [end.last_day for end in ends][:3] == [
        date(2026, 9, 30),
        date(2026, 10, 31),
        date(2026, 11, 30),
    ]
    assert [end.spent_cents for end in ends][:2] == [1000, 3000]
    assert [end.is_forecast for end in ends] == [False, False] + [True] * 10
    assert len(ends) == 12 and ends[-1].last_day == YEAR.last_day


def test_without_a_budget_there_is_no_ceiling() -> None:
    assert plot_of(shown(date(2026, 11, 22), [], budget=None)).ceiling is None


@given(
    st.integers(-40, 420),
    st.lists(st.tuples(st.integers(0, 364), st.integers(-(10**9), 10**11)), max_size=30),
    st.integers(0, 10**12),
    st.none() | st.integers(0, 10**12),
    st.integers(-(10**6), 10**11),
)
def test_whatever_the_figures_every_point_is_on_the_sheet(
    today: int, moved: list[tuple[int, int]], granted: int, budget: int | None, recent: int
) -> None:
    day = YEAR.first_day + timedelta(days=today)
    curve = [
        (YEAR.first_day + timedelta(days=at), cents)
        for at, cents in sorted(dict(moved).items())
        if at <= today
    ]
    drawn = plot_of(shown(day, curve, granted=granted, budget=budget, recent=recent))
    for x, y in points(drawn.spent) + points(drawn.forecast):
        assert 0 <= x <= SIDE and 0 <= y <= SIDE
    assert 1 <= len(drawn.levels) <= 6
    assert [x for x, _ in points(drawn.spent)] == sorted(x for x, _ in points(drawn.spent))
    assert len(drawn.months) == 12
