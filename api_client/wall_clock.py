"""The terminal's own clock, and the Paris day it stands in.

It dates what the terminal writes about itself and nothing else: the day of a sale is the service's
to say, because a box on a counter may believe any hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

PARIS = ZoneInfo("Europe/Paris")


def utc_now() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


def paris_day(instant: datetime) -> date:
    """The calendar day in Paris at this instant."""
    return instant.astimezone(PARIS).date()
