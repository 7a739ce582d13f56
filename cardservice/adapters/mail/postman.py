"""The postman's rounds: a background task of the service that empties the letter box every second.

The law: a mail is handed over in a thread and never cut short: stopping waits for the mail at hand,
and for no other. What fails is logged and tried at the next round; nothing that happens here ends
the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

_SECONDS = 1.0
_ROUNDS_BETWEEN_TIDYING = 600

_log = logging.getLogger("cjeune.mail")


@dataclass
class Postman:
    """`post()` hands over one mail and says whether another may follow at once; `tidy()` removes
    what is over. Both block."""

    post: Callable[[], bool]
    tidy: Callable[[], object]
    seconds: float = _SECONDS
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Rounds until `stop`."""
        rounds = 0
        while not self._stopping.is_set():
            while await self._do(self.post) and not self._stopping.is_set():
                pass
            if rounds % _ROUNDS_BETWEEN_TIDYING == 0:
                await self._do(self.tidy)
            rounds += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self.seconds)

    def stop(self) -> None:
        """Ends `run` after the mail at hand."""
        self._stopping.set()

    async def _do(self, work: Callable[[], object]) -> object:
        try:
            return await asyncio.to_thread(work)
        except Exception as failure:
            _log.warning("round failed: %s", type(failure).__name__)
            return None
