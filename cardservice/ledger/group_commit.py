"""Group commit: requests that arrive together are settled together, in one statement each time.

The law: a lane that is free takes what waits, at once and without a timer; a batch that fails is
retried one by one; a request locked out by somebody else is retried alone, and those that wait so
never have all lanes; the queue is bounded.
Every flush is a task of its own, so that a client who hangs up cannot cancel a COMMIT.

It knows nothing of money: what a batch means is `settle`'s business.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")

log = logging.getLogger("cjeune.lanes")


class Unavailable(Exception):
    """The outcome is not known, or nothing could be tried: the caller answers 503."""


@dataclass(slots=True)
class _Waiting(Generic[Ask, Answer]):
    ask: Ask
    keys: tuple[Hashable, ...]
    answered: asyncio.Future[Answer]
    alone: bool = False


@dataclass
class GroupCommit(Generic[Ask, Answer]):
    """A queue in front of a few lanes.

    `settle(asks, alone)` answers in the order of `asks`, None for one that must be retried alone.
    `keys_of(ask)`: two asks that share a key are never in two lanes at the same time.
    """

    settle: Callable[[Sequence[Ask], bool], Awaitable[Sequence[Answer | None]]]
    keys_of: Callable[[Ask], tuple[Hashable, ...]]
    lanes: int = 2
    most_per_batch: int = 64
    most_waiting: int = 2_000
    patience_seconds: float = 15.0
    _queue: deque[_Waiting[Ask, Answer]] = field(default_factory=deque)
    _in_flight: set[Hashable] = field(default_factory=set)
    _flushes: set[asyncio.Task[None]] = field(default_factory=set)
    _alone: int = 0

    async def ask(self, ask: Ask) -> Answer:
        """The answer to one request; raises Unavailable when the outcome is not known."""
        if len(self._queue) >= self.most_waiting:
            raise Unavailable("too many requests are waiting")
        loop = asyncio.get_running_loop()
        waiting: _Waiting[Ask, Answer] = _Waiting(ask, self.keys_of(ask), loop.create_future())
        self._queue.append(waiting)
        if len(self._flushes) < self.lanes:
            # One turn of the loop lets the requests that arrived in the same read join the batch.
            loop.call_soon(self._fill)
        try:
            async with asyncio.timeout(self.patience_seconds):
                return await asyncio.shield(waiting.answered)
        except TimeoutError:
            raise Unavailable("no answer in time") from None

    async def drain(self) -> None:
        """Waits until nothing is queued or in flight; new requests are the caller's to stop."""
        while self._queue or self._flushes:
            self._fill()
            if not self._flushes:
                return
            await asyncio.wait(set(self._flushes))

    def _fill(self) -> None:
        while self._queue and len(self._flushes) < self.lanes:
            batch = self._take()
            if not batch:
                return
            task = asyncio.get_running_loop().create_task(self._flush(batch))
            self._flushes.add(task)
            task.add_done_callback(self._landed)

    def _take(self) -> list[_Waiting[Ask, Answer]]:
        batch: list[_Waiting[Ask, Answer]] = []
        left: list[_Waiting[Ask, Answer]] = []
        while self._queue and len(batch) < self.most_per_batch:
            waiting = self._queue.popleft()
            if waiting.answered.done() and waiting.answered.cancelled():
                continue
            if not self._in_flight.isdisjoint(waiting.keys):
                left.append(waiting)
                continue
            if waiting.alone and self._alone >= max(1, self.lanes - 1):
                left.append(waiting)
                continue
            if waiting.alone and batch:
                left.append(waiting)
                break
            batch.append(waiting)
            if waiting.alone:
                break
        # Only now: asks that share a key may share a batch (one after the other, in one commit),
        # they may not be in two lanes, where the second would wait for the first one's locks.
        for waiting in batch:
            self._in_flight.update(waiting.keys)
            self._alone += waiting.alone
        self._queue.extendleft(reversed(left))
        return batch

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flushes.discard(task)
        self._fill()

    async def _flush(self, batch: list[_Waiting[Ask, Answer]]) -> None:
        alone = batch[0].alone
        try:
            answers = await self.settle([waiting.ask for waiting in batch], alone)
            assert len(answers) == len(batch), "a batch is answered whole"
        except Exception as failure:
            log.warning("batch of %d failed: %s", len(batch), type(failure).__name__)
            for waiting in batch:
                if alone:
                    self._fail(waiting, failure)
                else:
                    self._again_alone(waiting)
        else:
            for waiting, answer in zip(batch, answers, strict=True):
                if answer is None and not alone:
                    self._again_alone(waiting)
                elif answer is None:
                    self._fail(waiting, RuntimeError("no answer to a request that was alone"))
                elif not waiting.answered.done():
                    waiting.answered.set_result(answer)
        finally:
            self._alone -= alone
            for waiting in batch:
                self._in_flight.difference_update(waiting.keys)

    def _again_alone(self, waiting: _Waiting[Ask, Answer]) -> None:
        waiting.alone = True
        self._queue.append(waiting)

    @staticmethod
    def _fail(waiting: _Waiting[Ask, Answer], failure: Exception) -> None:
        if not waiting.answered.done():
            unavailable = Unavailable(type(failure).__name__)
            unavailable.__cause__ = failure
            waiting.answered.set_exception(unavailable)
