"""The controls of a run as a page shows them: made at once, kept for a minute where they take long.

The law: only what is looked at comes from here. Submitting asks the clearing house, which makes
them anew. A run that has moved on, or was drafted again, has other controls.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.runs import DeskRun, last_event_of_run
from clearing.controls import Control, controls_of

_TAKES_LONG_SECONDS: Final = 0.5
_KEPT_SECONDS: Final = 60.0
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class ControlsShown:
    """What was found, and when."""

    found: Sequence[Control]
    at: datetime


# One run is judged at a time: an older one is forgotten with the next.
_kept: dict[tuple[int, int], tuple[float, ControlsShown]] = {}


def controls_shown(connection: Connection, run: DeskRun) -> ControlsShown:
    """Every control of a run with its figures."""
    key = (run.run_id, last_event_of_run(connection, run.run_id))
    began = time.monotonic()
    with _lock:
        kept = _kept.get(key)
    if kept is not None and began - kept[0] < _KEPT_SECONDS:
        return kept[1]
    shown = ControlsShown(controls_of(connection, run.run_id), ledger_instant(connection))
    over = time.monotonic()
    if over - began > _TAKES_LONG_SECONDS:
        with _lock:
            _kept.clear()
            _kept[key] = (over, shown)
    return shown
