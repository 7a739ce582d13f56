"""The postman's rounds: a background task of the service that empties the letter box every second.

The law: a round runs in a thread and is never cut short: stopping waits for the mail at hand. What
fails is logged and tried at the next round; nothing that happens here ends the service.
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
    """`post()` hands over what is due; `tidy()` removes what is over. Both block."""

    post: Callable[[], object]
    tidy: Callable[[], object]
    seconds: float = _SECONDS
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Rounds until `stop`."""
        rounds = 0
        while not self._stopping.is_set():
            await self._do(self.post)
            if rounds % _ROUNDS_BETWEEN_TIDYING == 0:
                await self._do(self.tidy)
            rounds += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self.seconds)

    def stop(self) -> None:
        """Ends `run` after the round at hand."""
        self._stopping.set()

    async def _do(self, work: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(work)
        except Exception as failure:
            _log.warning("round failed: %s", type(failure).__name__)
