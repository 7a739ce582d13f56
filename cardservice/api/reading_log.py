"""Remembers which cards were read and has them written down every second.

The law: an identification waits for no write (design §4), so a reading is noted in memory and
written with the others; what a crash could lose is a second of notes, never a debit. The memory is
bounded: when the database is away for long, the oldest notes go first.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass, field

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from cardservice.services.log_readings import Reading, log_readings

_MOST_WAITING = 50_000
_MOST_AT_ONCE = 5_000
_SECONDS = 1.0

log = logging.getLogger("cjeune.readings")


@dataclass
class ReadingLog:
    """Belongs to one event loop; `run` is its background task."""

    engine: Engine
    _waiting: deque[tuple[int, int, float]] = field(
        default_factory=lambda: deque(maxlen=_MOST_WAITING)
    )

    def note(self, *, card_id: int, terminal_id: int) -> None:
        """A reading has found a card."""
        self._waiting.append((card_id, terminal_id, time.monotonic()))

    async def run(self) -> None:
        """Writes every second, until cancelled."""
        while True:
            await asyncio.sleep(_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Writes what waits; keeps it for the next time when the database is away."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_MOST_AT_ONCE, len(self._waiting)))]
            now = time.monotonic()
            readings = [Reading(card, terminal, now - at) for card, terminal, at in batch]
            try:
                await run_in_threadpool(log_readings, self.engine, readings)
            except Exception as failure:
                log.warning("readings=%d kept: %s", len(batch), type(failure).__name__)
                self._waiting.extendleft(reversed(batch[: _MOST_WAITING - len(self._waiting)]))
                return
