"""Remembers which terminals have called and has them written down now and then.

The law: no call waits for it and no sale writes it; a terminal is written at most once a minute, so
that the fleet's register is true to the minute and no row of it is hot. Bounded by the number of
terminals: only who has shown a valid key is remembered.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from dataclasses import dataclass, field

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from cardservice.api.wire import header
from cardservice.services.log_sightings import Sighting, log_sightings

_EVERY_SECONDS = 60.0
_SECONDS = 1.0
# A program and its version; a browser's own name says nothing about the terminal.
_PROGRAM = re.compile(rb"(?!Mozilla/)[A-Za-z][A-Za-z0-9._-]{0,29}/[0-9][A-Za-z0-9._+-]{0,19}")

log = logging.getLogger("cjeune.sightings")


def program_of(request: Request) -> str | None:
    """How the terminal names itself: `CJeune-Program` (browsers) or the start of `User-Agent`."""
    for name in (b"cjeune-program", b"user-agent"):
        found = _PROGRAM.match(header(request, name) or b"")
        if found is not None:
            return found[0].decode("ascii")
    return None


@dataclass
class Sightings:
    """Belongs to one event loop; `run` is its background task."""

    engine: Engine
    _noted: dict[int, float] = field(default_factory=dict)
    _waiting: dict[int, tuple[float, str | None]] = field(default_factory=dict)
    # Who flushes sees what was being written when he came.
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def note(self, request: Request, terminal_id: int) -> None:
        """A terminal has called with a valid key."""
        now = time.monotonic()
        if now - self._noted.get(terminal_id, -_EVERY_SECONDS) < _EVERY_SECONDS:
            return
        self._noted[terminal_id] = now
        self._waiting[terminal_id] = (now, program_of(request))

    async def run(self) -> None:
        """Writes every second what is new, until cancelled."""
        while True:
            await asyncio.sleep(_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Writes what waits; a note that cannot be written is made again by the next call."""
        async with self._writing:
            await self._write()

    async def _write(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        now = time.monotonic()
        sightings = [Sighting(one, now - at, program) for one, (at, program) in waiting.items()]
        try:
            await run_in_threadpool(log_sightings, self.engine, sightings)
        except Exception as failure:
            log.warning("sightings=%d lost: %s", len(sightings), type(failure).__name__)
            for terminal_id in waiting:
                self._noted.pop(terminal_id, None)
