"""The day a transfer is promised for: the next one on which TARGET is open (finance §8, 8)."""

from datetime import date, timedelta

import pytest

from clearing.banking_days import next_target_day


@pytest.mark.parametrize(
    ("approved_on", "executed_on"),
    [
        (date(2026, 12, 24), date(2026, 12, 28)),  # Christmas, the 26th, a week-end
        (date(2026, 12, 31), date(2027, 1, 4)),  # New Year over the change of year
        (date(2026, 4, 2), date(2026, 4, 7)),  # Good Friday to Easter Monday
        (date(2026, 4, 30), date(2026, 5, 4)),  # 1 May
        (date(2026, 7, 13), date(2026, 7, 14)),  # a French holiday is no TARGET holiday
        (date(2026, 11, 10), date(2026, 11, 11)),  # neither is this one
        (date(2026, 11, 20), date(2026, 11, 23)),  # a Friday
        (date(2026, 11, 21), date(2026, 11, 23)),  # a Saturday
    ],
)
def test_a_transfer_is_executed_on_the_next_day_that_target_is_open(
    approved_on: date, executed_on: date
) -> None:
    assert next_target_day(approved_on) == executed_on


def test_the_next_day_is_always_later_a_weekday_and_at_most_five_days_away() -> None:
    day = date(2026, 1, 1)
    while day < date(2031, 1, 1):
        following = next_target_day(day)
        assert timedelta(days=1) <= following - day <= timedelta(days=5), day
        assert following.weekday() < 5, day
        day += timedelta(days=1)
