"""Winds the schedule up: a tick at start and every few minutes, in a thread of its own.

The law: the hour of a tick decides nothing (schedule.py), so a late one is as good, two never run
at once in one process, and one that fails is tried again by the next.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine

from clearing.schedule import tick

_MINUTES: Final = 3
_log = logging.getLogger("cjeune.schedule")


@contextlib.contextmanager
def running_schedule(engine: Engine) -> Iterator[None]:
    """Ticks for as long as the block lasts; its end waits for the tick at hand."""
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1}
    )
    scheduler.add_job(_tick, "interval", args=[engine], minutes=_MINUTES, id="tick")
    # Now, and not in three minutes: the process may have been down over a cut-off.
    scheduler.add_job(_tick, args=[engine], id="first tick", misfire_grace_time=None)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


def _tick(engine: Engine) -> None:
    try:
        tick(engine)
    except Exception as failure:
        # Recorded by the job; what failed before any job (a database that is away) is said here.
        _log.warning("tick failed: %s", type(failure).__name__)
