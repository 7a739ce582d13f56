"""Lapse what wallets still hold when the last day of their school year is closed (C22)."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from cardservice.db.engine import unit_of_work
from cardservice.ledger import post

# Few enough that a till which waits behind one chunk does not notice it.
_CHUNK = 500


def lapse_wallets(engine: Engine, *, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Books every lapse that is due and returns how many wallets it closed; a rerun finds none."""
    closed = 0
    while True:
        with unit_of_work(engine) as connection:
            chunk = post.lapse(connection, _CHUNK)
        if chunk == 0:
            return closed
        closed += chunk
        progress(closed)
