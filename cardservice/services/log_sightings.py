"""Writes down when a terminal was last heard of, and by which program it speaks (C48, C50).

The law: one row per terminal, apart from the register, written by many calls at once and never by
the sale itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work

# In one order, so that two processes cannot wait for each other.
_UPSERT = text(
    "INSERT INTO terminal_sighting AS known (terminal_id, seen_at, program)"
    " SELECT known_here.terminal_id, ledger_now() - make_interval(secs => seconds_ago), program"
    " FROM unnest(CAST(:terminals AS bigint[]), CAST(:seconds_ago AS float8[]),"
    "   CAST(:programs AS text[])) AS sighting (terminal_id, seconds_ago, program)"
    " JOIN terminal AS known_here USING (terminal_id)"
    " ORDER BY known_here.terminal_id"
    " ON CONFLICT (terminal_id) DO UPDATE"
    " SET seen_at = greatest(known.seen_at, excluded.seen_at),"
    "     program = coalesce(excluded.program, known.program)"
)


class Sighting(NamedTuple):
    """A terminal that called, once per batch. Its instant is told by its age."""

    terminal_id: int
    seconds_ago: float
    program: str | None


def log_sightings(engine: Engine, sightings: Sequence[Sighting]) -> None:
    """Keeps the newest of each terminal, in one statement."""
    with unit_of_work(engine) as connection:
        connection.execute(
            _UPSERT,
            {
                "terminals": [one.terminal_id for one in sightings],
                "seconds_ago": [one.seconds_ago for one in sightings],
                "programs": [one.program for one in sightings],
            },
        )
