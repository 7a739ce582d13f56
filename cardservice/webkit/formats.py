"""French formats of every page: euros, days, hours, counts (`10,55 €`, `22/11/2026`, `2 débits`).

The law: figures are formatted here and in domain/money.py, words come from Babel, and a page adds
nothing to them. Instants are shown in Paris time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from jinja2 import Environment

from cardservice.domain.calendar import PARIS, format_day, format_minute
from cardservice.domain.iban import masked_iban
from cardservice.domain.money import format_euros

_LOCALE = "fr_FR"


def day_in_words(day: date) -> str:
    """`dimanche 22 novembre 2026`, `mardi 1er septembre 2026`."""
    return f"{format_date(day, 'EEEE', _LOCALE)} {date_in_words(day)}"


def date_in_words(day: date) -> str:
    """`22 novembre 2026`, `1er septembre 2026`."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number} {format_date(day, 'MMMM y', _LOCALE)}"


def short_day(day: date) -> str:
    """`22 nov.`, `1er déc.`"""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number} {format_date(day, 'MMM', _LOCALE)}"


def month_in_words(day: date) -> str:
    """`novembre 2026`."""
    return format_date(day, "MMMM y", _LOCALE)


def hour(instant: datetime) -> str:
    """`14:32`, Paris time."""
    return f"{instant.astimezone(PARIS):%H:%M}"


def iso(instant: datetime | date) -> str:
    """For the `datetime` attribute of a <time>."""
    return instant.isoformat()


def plural(count: int, one: str, several: str) -> str:
    """`1 débit`, `2 débits`, `0 débit`: French counts zero as one."""
    grouped = f"{count:,}".replace(",", "\u00a0")
    return f"{grouped}\u00a0{one if abs(count) < 2 else several}"


FILTERS: dict[str, Any] = {
    "euros": format_euros,
    "day": format_day,
    "minute": format_minute,
    "hour": hour,
    "iso": iso,
    "day_in_words": day_in_words,
    "date_in_words": date_in_words,
    "short_day": short_day,
    "month": month_in_words,
    "masked_iban": masked_iban,
    "plural": plural,
}


def install(environment: Environment) -> None:
    """Gives templates the formats."""
    environment.filters.update(FILTERS)
