"""The scheme's calendar: Paris days, school years, fortnights, and how they are printed.

Law: instants are aware datetimes, days are Paris calendar days, periods are half-open.
A Paris day has 23 or 25 hours twice a year, so nothing here adds 24 hours to anything.

It refuses to know what time it is: every function is told the instant or the day. It
does not know the first school day either; the department sets it each year (C20).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

PARIS: Final = ZoneInfo("Europe/Paris")

_PERIOD_KEY: Final = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])-([AB])")


@dataclass(frozen=True, slots=True)
class Fortnight:
    """A reimbursement period (C66): `starts_on` included, `ends_before` excluded.

    `period_key` is "2026-11-A" (1st to 15th) or "2026-11-B" (16th to the month's end).
    """

    period_key: str
    starts_on: date
    ends_before: date


def paris_day(instant: datetime) -> date:
    """The Paris calendar day of an aware instant. ValueError for a naive one."""
    return _in_paris(instant).date()


def day_starts_at(day: date) -> datetime:
    """The instant, in UTC, of Paris midnight at the start of `day`."""
    # Midnight is never inside a change of the clocks: those happen at 2 and 3 in the night.
    return datetime.combine(day, time.min, tzinfo=PARIS).astimezone(UTC)


def age_on(birth_date: date, day: date) -> int:
    """Whole years lived on `day`, the birthday itself included; negative before birth.

    Born on 29 February, one grows older on 1 March in common years: the 28th is still
    the day before the birthday.
    """
    birthday_is_ahead = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - birthday_is_ahead


def school_year_containing(day: date) -> int:
    """2026 from 2026-09-01 to 2027-08-31: the year in which the school year starts (C20)."""
    return day.year if day.month >= 9 else day.year - 1


def fortnight_containing(day: date) -> Fortnight:
    """The period of `day`: the 1st to the 15th, or the 16th to the end of the month (C66)."""
    first_of_month = day.replace(day=1)
    sixteenth = day.replace(day=16)
    month_key = f"{day.year:04d}-{day.month:02d}"
    if day < sixteenth:
        return Fortnight(f"{month_key}-A", first_of_month, sixteenth)
    return Fortnight(f"{month_key}-B", sixteenth, _first_of_next_month(day))


def fortnights_from(day: date, count: int) -> list[Fortnight]:
    """`count` periods in a row without a gap, the first being the one that holds `day`."""
    periods: list[Fortnight] = []
    for _ in range(count):
        period = fortnight_containing(day)
        periods.append(period)
        day = period.ends_before
    return periods


def fortnight_named(period_key: str) -> Fortnight | None:
    """The period of a key as typed on a command line, "2026-11-A"; None for another text."""
    match = _PERIOD_KEY.fullmatch(period_key)
    if match is None:
        return None
    return fortnight_containing(date(int(match[1]), int(match[2]), 1 if match[3] == "A" else 16))


def format_day(day: date) -> str:
    """`22/11/2026`."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def format_minute(instant: datetime) -> str:
    """`22/11/2026 14:32`, Paris time, of an aware instant. ValueError for a naive one."""
    local = _in_paris(instant)
    return f"{format_day(local.date())} {local.hour:02d}:{local.minute:02d}"


def _in_paris(instant: datetime) -> datetime:
    # A naive datetime would silently be read in the zone of the machine.
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError("an instant must know its time zone")
    return instant.astimezone(PARIS)


def _first_of_next_month(day: date) -> date:
    if day.month == 12:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)
