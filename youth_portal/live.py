"""Pages that are open hear within a second or two that something has changed (server-sent events).

The law: one question per turn for all open pages of a process, whoever they are; a page is told
that something changed and never what: it asks for itself, as the person it belongs to. A page says
which mark it was drawn with, so that nothing slips in between drawing and listening.

A stream ends after some minutes, and the browser opens another one: so a session that was ended
elsewhere does not go on listening. It ends at once when the service is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.live_marks import live_marks

POLL_SECONDS: Final = 1.0
# Between two pages that are told, while there are few of them.
GAP_SECONDS: Final = 0.02
HEARTBEAT_SECONDS: Final = 20.0
# Then the browser comes again, and its session is looked at again.
LONGEST_SECONDS: Final = 600.0
MOST_PER_HOLDER: Final = 5
MOST_PAGES: Final = 5_000

_log = logging.getLogger("cjeune.live")


@dataclass
class LivePages:
    """The open pages of one process; `run` is its one task."""

    engine: Engine
    _waiting: dict[int, set[asyncio.Event]] = field(default_factory=lambda: defaultdict(set))
    _marks: dict[int, str] = field(default_factory=dict)
    _leaving: bool = False

    async def run(self) -> None:
        """Looks once a second, for as long as the service runs; what fails is tried again."""
        while not self._leaving:
            try:
                await self._look()
            except Exception as failure:
                _log.warning("not looked: %s", type(failure).__name__)
            await asyncio.sleep(POLL_SECONDS)

    def leave(self) -> None:
        """Ends every stream, so that a service that stops waits for none."""
        self._leaving = True
        for holder in list(self._waiting):
            self._wake(holder)

    def has_room(self, beneficiary_id: int) -> bool:
        """Whether one more page of this holder may listen."""
        pages = sum(map(len, self._waiting.values()))
        return pages < MOST_PAGES and len(self._waiting.get(beneficiary_id, ())) < MOST_PER_HOLDER

    async def events(self, beneficiary_id: int, seen: str) -> AsyncIterator[str]:
        """The stream of one page that was drawn with the mark `seen`."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + LONGEST_SECONDS
        with self._listening(beneficiary_id) as changed:
            yield "retry: 2000\n\n"
            while True:
                # Before anything is looked at: a page that is being told something hears what
                # comes meanwhile.
                changed.clear()
                if self._leaving or loop.time() >= ends_at:
                    return
                mark = self._marks.get(beneficiary_id)
                if mark is not None and mark != seen:
                    seen = mark
                    yield f"event: changed\ndata: {mark}\n\n"
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
                    continue
                yield ": still here\n\n"

    @contextlib.contextmanager
    def _listening(self, beneficiary_id: int) -> Iterator[asyncio.Event]:
        changed = asyncio.Event()
        self._waiting[beneficiary_id].add(changed)
        try:
            yield changed
        finally:
            self._waiting[beneficiary_id].discard(changed)
            if not self._waiting[beneficiary_id]:
                del self._waiting[beneficiary_id]
                self._marks.pop(beneficiary_id, None)

    async def _look(self) -> None:
        holders = list(self._waiting)
        if not holders:
            return
        marks = await run_in_threadpool(self._read, holders)
        changed = [
            holder
            for holder, mark in marks.items()
            if holder in self._waiting and self._marks.get(holder) != mark
        ]
        # One after the other: told all at once, they would all ask for their page at once.
        gap = min(GAP_SECONDS, POLL_SECONDS / 2 / max(1, len(changed)))
        for nth, holder in enumerate(changed):
            self._marks[holder] = marks[holder]
            asyncio.get_running_loop().call_later(nth * gap, self._wake, holder)

    def _read(self, holders: list[int]) -> dict[int, str]:
        with unit_of_work(self.engine) as connection:
            return live_marks(connection, holders)

    def _wake(self, holder: int) -> None:
        for changed in self._waiting.get(holder, ()):
            changed.set()
