"""What time is it? Python asks the one clock of the product, which lives in the database."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, text

from cardservice.domain.calendar import paris_day


def ledger_instant(connection: Connection) -> datetime:
    """The instant of the ledger's clock, aware UTC."""
    found: datetime = connection.execute(text("SELECT ledger_now()")).scalar_one()
    return found


def paris_today(connection: Connection) -> date:
    """The Paris day of the ledger's clock."""
    return paris_day(ledger_instant(connection))


def wall_seconds(connection: Connection) -> int:
    """Unix time of the real clock, which no demo moves: authenticators run on it."""
    found = connection.execute(text("SELECT floor(extract(epoch FROM clock_timestamp()))"))
    return int(found.scalar_one())
