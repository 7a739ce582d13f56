"""Days, school years and fortnights, on the nights when they are easy to get wrong."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.calendar import (
    PARIS,
    Fortnight,
    age_on,
    day_starts_at,
    format_day,
    format_minute,
    fortnight_containing,
    fortnight_named,
    fortnights_from,
    paris_day,
    school_year_containing,
)

days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 21, 22, 59, 59, 999999, UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 23, 0, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 8, 31, 21, 59, 59, tzinfo=UTC), date(2026, 8, 31)),
        (datetime(2026, 8, 31, 22, 0, tzinfo=UTC), date(2026, 9, 1)),
        (datetime(2026, 11, 21, 20, 0, tzinfo=timezone(timedelta(hours=-5))), date(2026, 11, 22)),
    ],
)
def test_the_day_is_the_one_of_paris_in_winter_and_summer(instant: datetime, day: date) -> None:
    assert paris_day(instant) == day


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 22), 24)],
)
def test_a_paris_day_lasts_23_or_25_hours_when_the_clocks_change(day: date, hours: int) -> None:
    length = day_starts_at(day + timedelta(days=1)) - day_starts_at(day)
    assert length == timedelta(hours=hours)


@given(days)
def test_a_day_starts_at_its_first_instant_said_in_utc(day: date) -> None:
    start = day_starts_at(day)
    assert start.tzinfo is UTC
    assert paris_day(start) == day
    assert paris_day(start - timedelta(microseconds=1)) == day - timedelta(days=1)


@pytest.mark.parametrize("tell", [paris_day, format_minute])
def test_an_instant_without_a_zone_is_a_defect(tell) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="time zone"):
        tell(datetime(2026, 11, 22, 14, 32, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("birth_date", "day", "age"),
    [
        (date(2010, 9, 1), date(2026, 8, 31), 15),
        (date(2010, 9, 1), date(2026, 9, 1), 16),
        (date(2010, 9, 1), date(2026, 9, 2), 16),
        (date(2010, 9, 1), date(2010, 9, 1), 0),
        (date(2010, 9, 1), date(2010, 8, 31), -1),
        (date(2012, 2, 29), date(2027, 2, 28), 14),
        (date(2012, 2, 29), date(2027, 3, 1), 15),
        (date(2012, 2, 29), date(2028, 2, 28), 15),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
    ],
)
def test_one_grows_older_on_the_birthday_and_leaplings_on_1_march(
    birth_date: date, day: date, age: int
) -> None:
    assert age_on(birth_date, day) == age


@pytest.mark.parametrize(
    ("day", "school_year"),
    [
        (date(2026, 8, 31), 2025),
        (date(2026, 9, 1), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
        (date(2027, 8, 31), 2026),
    ],
)
def test_a_school_year_runs_from_1_september_to_31_august(day: date, school_year: int) -> None:
    assert school_year_containing(day) == school_year


@pytest.mark.parametrize(
    ("day", "fortnight"),
    [
        (date(2026, 11, 1), Fortnight("2026-11-A", date(2026, 11, 1), date(2026, 11, 16))),
        (date(2026, 11, 15), Fortnight("2026-11-A", date(2026, 11, 1), date(2026, 11, 16))),
        (date(2026, 11, 16), Fortnight("2026-11-B", date(2026, 11, 16), date(2026, 12, 1))),
        (date(2026, 12, 31), Fortnight("2026-12-B", date(2026, 12, 16), date(2027, 1, 1))),
        (date(2028, 2, 29), Fortnight("2028-02-B", date(2028, 2, 16), date(2028, 3, 1))),
    ],
)
def test_fortnights_end_on_the_15th_and_with_the_month(day: date, fortnight: Fortnight) -> None:
    assert fortnight_containing(day) == fortnight


@given(days)
def test_a_year_of_fortnights_has_24_without_gap_or_overlap(day: date) -> None:
    periods = fortnights_from(day, 25)
    assert periods[0].starts_on <= day < periods[0].ends_before
    assert periods[24].starts_on == periods[0].starts_on.replace(year=periods[0].starts_on.year + 1)
    for earlier, later in pairwise(periods):
        assert earlier.ends_before == later.starts_on
        assert earlier.period_key < later.period_key


def test_no_fortnights_are_no_fortnights() -> None:
    assert fortnights_from(date(2026, 11, 22), 0) == []


@given(days)
def test_a_fortnight_is_found_again_by_its_key(day: date) -> None:
    fortnight = fortnight_containing(day)
    assert fortnight_named(fortnight.period_key) == fortnight


@pytest.mark.parametrize(
    "text", ["", "2026-11", "2026-11-C", "2026-13-A", "2026-00-A", "2026-11-A\n", "0000-01-A"]
)
def test_another_text_names_no_fortnight(text: str) -> None:
    assert fortnight_named(text) is None


def test_days_and_minutes_are_printed_as_in_france() -> None:
    assert format_day(date(2026, 9, 1)) == "01/09/2026"
    assert format_minute(datetime(2026, 11, 22, 13, 32, 59, tzinfo=UTC)) == "22/11/2026 14:32"
    assert format_minute(datetime(2026, 8, 31, 22, 5, tzinfo=UTC)) == "01/09/2026 00:05"


def test_paris_is_paris() -> None:
    assert PARIS.key == "Europe/Paris"
