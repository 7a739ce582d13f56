"""Writes down which terminal has read which card, for the card's holder to see (C18, design §4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work

_INSERT = text(
    "INSERT INTO card_reading (card_id, terminal_id, read_at)"
    " SELECT card_id, terminal_id, ledger_now() - make_interval(secs => seconds_ago)"
    " FROM unnest(CAST(:cards AS bigint[]), CAST(:terminals AS bigint[]),"
    "   CAST(:seconds_ago AS float8[])) AS reading (card_id, terminal_id, seconds_ago)"
)


class Reading(NamedTuple):
    """A card that was found. Its instant is told by its age: the database has the only clock."""

    card_id: int
    terminal_id: int
    seconds_ago: float


def log_readings(engine: Engine, readings: Sequence[Reading]) -> None:
    """Adds the readings in one statement."""
    with unit_of_work(engine) as connection:
        connection.execute(
            _INSERT,
            {
                "cards": [reading.card_id for reading in readings],
                "terminals": [reading.terminal_id for reading in readings],
                "seconds_ago": [reading.seconds_ago for reading in readings],
            },
        )
