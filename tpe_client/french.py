"""Money, days and hours as a French counter reads them.

The law: `10,55 €` with no-break spaces, `22/11/2026 14:32` in Paris; cents stay whole numbers.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

NBSP: Final = "\u00a0"
_PARIS: Final = ZoneInfo("Europe/Paris")


def euros(cents: int) -> str:
    """`1 234,56 €`."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return sign + f"{whole:,}".replace(",", NBSP) + f",{rest:02d}{NBSP}€"


def minute(instant: datetime) -> str:
    """`22/11/2026 14:32`, the hour of Paris whatever the zone of the instant."""
    return instant.astimezone(_PARIS).strftime("%d/%m/%Y %H:%M")


def hour(instant: datetime) -> str:
    """`14:32`."""
    return instant.astimezone(_PARIS).strftime("%H:%M")


def day(business_day: date) -> str:
    """`22/11/2026`."""
    return business_day.strftime("%d/%m/%Y")
