"""The forecast to 31 August: the pace of the last weeks goes on, and no wallet gives twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.budget_forecast import (
    PACE_DAYS,
    Pace,
    days_until_empty,
    spent_after,
    spent_on_the_last_day,
)

CENTS = st.integers(0, 10**12)
PACES = st.builds(
    Pace,
    spent_cents=CENTS,
    recent_cents=st.integers(-(10**6), 10**10),
    recent_days=st.integers(0, PACE_DAYS),
    in_wallets_cents=CENTS,
    days_left=st.integers(0, 366),
)


def test_ten_euros_a_day_for_a_hundred_days_are_a_thousand() -> None:
    pace = Pace(50_000, 28_000, 28, 1_000_000, 100)
    assert spent_on_the_last_day(pace) == 150_000
    assert spent_after(pace, 7) == 57_000
    assert days_until_empty(pace) is None


def test_a_young_year_is_measured_by_the_days_it_has() -> None:
    assert spent_on_the_last_day(Pace(3000, 3000, 3, 10**9, 10)) == 13_000


def test_what_the_wallets_hold_is_the_end_of_it() -> None:
    pace = Pace(50_000, 28_000, 28, 20_000, 100)
    assert spent_on_the_last_day(pace) == 70_000
    assert days_until_empty(pace) == 20
    assert spent_after(pace, 19) == 69_000


def test_whole_cents_are_rounded_down() -> None:
    assert spent_on_the_last_day(Pace(0, 100, 28, 10**9, 1)) == 3


@pytest.mark.parametrize(
    "pace",
    [
        Pace(50_000, 0, 28, 10**9, 100),
        Pace(50_000, 0, 0, 10**9, 100),
        Pace(50_000, -300, 28, 10**9, 100),
        Pace(50_000, 28_000, 28, 0, 100),
        Pace(50_000, 28_000, 28, 10**9, 0),
    ],
)
def test_without_pace_money_or_days_nothing_more_is_spent(pace: Pace) -> None:
    assert spent_on_the_last_day(pace) == 50_000


@given(PACES)
def test_a_forecast_is_never_below_what_is_spent_nor_above_what_there_is(pace: Pace) -> None:
    forecast = spent_on_the_last_day(pace)
    assert pace.spent_cents <= forecast <= pace.spent_cents + pace.in_wallets_cents


@given(PACES, st.integers(0, 400), st.integers(0, 400))
def test_more_days_never_spend_less(pace: Pace, some: int, more: int) -> None:
    assert spent_after(pace, some) <= spent_after(pace, some + more)
    assert spent_after(pace, some) <= spent_on_the_last_day(pace)


@given(PACES, st.integers(0, 10**9))
def test_a_quicker_pace_never_ends_lower(pace: Pace, more: int) -> None:
    quicker = replace(pace, recent_cents=pace.recent_cents + more)
    assert spent_on_the_last_day(pace) <= spent_on_the_last_day(quicker)


@given(PACES)
def test_the_day_the_wallets_are_empty_is_the_first_such_day(pace: Pace) -> None:
    days = days_until_empty(pace)
    everything = pace.spent_cents + pace.in_wallets_cents
    if days is not None:
        assert days <= pace.days_left
        assert spent_after(pace, days) == everything
        assert days == 0 or spent_after(pace, days - 1) < everything
    elif pace.recent_cents > 0 and pace.recent_days and pace.in_wallets_cents:
        assert spent_on_the_last_day(pace) <= everything
