"""Moves the clock of a demonstration: the one row that shifts `ledger_now()` (design §2).

The law: a real database has no such row, and there is no other way to move its clock. A history is
made with a clock that only goes forward and never past the present.

It refuses to know the wall's time: the database has the only clock, here too.
"""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.domain.calendar import PARIS

# ledger_now() is the real clock plus the shift: what lacks to the instant is added to the shift.
_MOVE = text("UPDATE demo_clock SET shift = shift + (:instant - ledger_now())")
_MOVE_ON = text(
    "UPDATE demo_clock SET shift ="
    " least(interval '0', greatest(shift, shift + (:instant - ledger_now())))"
)
_PRESENT = text("UPDATE demo_clock SET shift = interval '0'")


class ClockIsReal(Exception):
    """This database has no clock that could be moved: it may hold real operations."""


def move_clock(engine: Engine, instant: datetime) -> None:
    """Makes it `instant` (aware) now; time goes on from there. Raises ClockIsReal."""
    assert instant.tzinfo is not None, "an instant knows its zone"
    with unit_of_work(engine) as connection:
        _assert_movable(connection)
        connection.execute(_MOVE, {"instant": instant})


def move_clock_on(engine: Engine, day: date, at: time) -> None:
    """Goes forward to an hour of a Paris day: never back, never past the present."""
    instant = datetime.combine(day, at, tzinfo=PARIS)
    with unit_of_work(engine) as connection:
        connection.execute(_MOVE_ON, {"instant": instant})


def return_to_present(engine: Engine) -> date:
    """Lets the clock show the real time again; the Paris day of that time."""
    with unit_of_work(engine) as connection:
        connection.execute(_PRESENT)
        return paris_today(connection)


def instant_typed(words: str) -> datetime:
    """An instant as typed: RFC 3339, or without a zone Paris time. ValueError for other words."""
    instant = datetime.fromisoformat(words.strip())
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=PARIS)


def _assert_movable(connection: Connection) -> None:
    if connection.execute(text("SELECT to_regclass('demo_clock')")).scalar_one() is None:
        raise ClockIsReal
