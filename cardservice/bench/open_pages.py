"""Open pages of the youths' portal, hundreds in one process: each listens to `/jeune/flux`.

The law: a page does what home.js does and no more: it listens, and one that asks gets what moves
of itself again when it is told that something has changed, one question at a time. This process
says when all of them listen, and at its end how often they were told.

Run by live_rows.py: addresses and cookies come on stdin; the end of stdin is the end.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from typing import Final

_SECONDS_TO_OPEN: Final = 60
_AT_ONCE: Final = 25


@dataclass
class Page:
    """One page of one youth. `told` counts events, `asked` the times it got itself again."""

    host: str
    port: int
    cookie: str
    told: int = 0
    asked: int = 0
    is_answered: asyncio.Event = field(default_factory=asyncio.Event)
    is_listening: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Until it is cancelled; a stream that ends is a failure."""
        reader, writer = await self._request("/jeune/flux?vu=none")
        self.is_answered.set()
        try:
            while line := await reader.readline():
                if line == b"event: changed\n":
                    self.told += 1
                    # The first one only says that this page was drawn with no mark.
                    if self.is_listening.is_set():
                        self._news.set()
                    self.is_listening.set()
        finally:
            writer.close()
        raise ConnectionError("a stream has ended")

    async def ask(self) -> None:
        """Gets the page again whenever it was told, until it is cancelled."""
        while await self._news.wait():
            self._news.clear()
            reader, writer = await self._request("/jeune/a-jour")
            try:
                await reader.read()
                self.asked += 1
            finally:
                writer.close()

    async def _request(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        ending = "" if path.startswith("/jeune/flux") else "Connection: close\r\n"
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Cookie: {self.cookie}\r\n{ending}\r\n".encode()
        )
        status = await reader.readline()
        if b" 200 " not in status:
            raise ConnectionError(f"{path} said {status!r}")
        return reader, writer


async def _run(host: str, port: int, *, asks: bool, cookies: list[str]) -> None:
    pages = [Page(host, port, cookie) for cookie in cookies]
    async with asyncio.TaskGroup() as open_pages:
        tasks = []
        # Nobody opens five hundred pages in the same millisecond.
        for first in range(0, len(pages), _AT_ONCE):
            some = pages[first : first + _AT_ONCE]
            tasks += [open_pages.create_task(page.listen()) for page in some]
            async with asyncio.timeout(_SECONDS_TO_OPEN):
                await asyncio.gather(*(page.is_answered.wait() for page in some))
        async with asyncio.timeout(_SECONDS_TO_OPEN):
            await asyncio.gather(*(page.is_listening.wait() for page in pages))
        if asks:
            tasks += [open_pages.create_task(page.ask()) for page in pages]
        _say("open")
        await asyncio.to_thread(sys.stdin.readline)
        for task in tasks:
            task.cancel()
    told = sum(page.told - 1 for page in pages)
    _say(f"told {told} times, asked {sum(page.asked for page in pages)} times")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """HOST PORT listen|ask; cookies on stdin, one a line, then an empty line."""
    host, port, what = sys.argv[1:]
    cookies = []
    while cookie := sys.stdin.readline().strip():
        cookies.append(cookie)
    asyncio.run(_run(host, int(port), asks=what == "ask", cookies=cookies))


if __name__ == "__main__":
    main()
