"""The day close (télécollecte): every day up to one, oldest first, for every partner (C69).

The law: a day that is not over is never closed; a missed day is caught up before the next; running
it again changes nothing. The last day of a school year, once closed, makes its wallets lapse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.calendar import paris_day
from cardservice.domain.merkle import DEPARTMENT
from cardservice.domain.refusal import Refused
from cardservice.ledger.seals import DaySeal
from cardservice.services.close_day import close_day
from cardservice.services.lapse_wallets import lapse_wallets


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day that was closed now: all its rows, what its debits come to, and its seal. Of each
    partner the tables tell: a missed month of thousands must not lie in memory."""

    day: date
    operations: int
    debits: int
    amount_cents: int
    partners: int
    seal: bytes


def close_days(
    engine: Engine, until: date, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[ClosedDay] | Refused:
    """Closes every open day up to and including `until`; returns those closed now."""
    with unit_of_work(engine) as connection:
        today = paris_day(connection.execute(text("SELECT ledger_now()")).scalar_one())
        if until >= today:
            return Refused("day_not_over", {"day": until.isoformat()})
        days = _days_from(_first_to_close(connection, until), until)
    closed = []
    for done, day in enumerate(days, start=1):
        sealed = close_day(engine, day)
        if sealed is not None:
            closed.append(_closed(sealed))
        progress(done, len(days))
    # Asked at every close, so that a lapse cut short by a crash is finished by the next one.
    lapse_wallets(engine)
    return closed


def _closed(sealed: DaySeal) -> ClosedDay:
    return ClosedDay(
        sealed.day,
        sealed.operations,
        sum(partner.debits for partner in sealed.partners),
        sum(partner.amount_cents for partner in sealed.partners),
        sum(partner.partner_id != DEPARTMENT for partner in sealed.partners),
        sealed.seal,
    )


def days_to_close(connection: Connection, until: date) -> list[date]:
    """The days up to `until` that are not closed and sealed, oldest first; none before anybody has
    worked."""
    has_worked = connection.execute(text("SELECT EXISTS (SELECT FROM operation)")).scalar_one()
    return _days_from(_first_to_close(connection, until), until) if has_worked else []


def _days_from(first: date, until: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((until - first).days + 1)]


def _first_to_close(connection: Connection, until: date) -> date:
    """The oldest closed day without a seal, else the day after the last closed one; before any
    close, the day of the first operation."""
    row = connection.execute(
        text(
            "SELECT (SELECT min(business_day) FROM day_block WHERE seal IS NULL) AS unsealed,"
            " (SELECT max(business_day) FROM day_block) AS last_closed,"
            " (SELECT min(business_day) FROM operation) AS first_worked"
        )
    ).one()
    if row.unsealed is not None:
        unsealed: date = row.unsealed
        return min(until, unsealed)
    if row.last_closed is not None:
        next_day: date = row.last_closed + timedelta(days=1)
        return next_day
    first_worked: date = row.first_worked or until
    return min(until, first_worked)
