"""A network between a till and the service that does to a request what bad networks do.

One connection carries one request. `fault` gets the whole request as bytes, a function that asks
the service, and the till's end of the line; what it does not write, the till never sees.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

Ask = Callable[[bytes], Awaitable[bytes]]
Fault = Callable[[bytes, Ask, "TillsEnd"], Awaitable[None]]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class TillsEnd:
    """The till's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def tell(self, answer: bytes) -> None:
        self._writer.write(answer)

    async def hung_up(self) -> None:
        """Returns when the till waits no longer."""
        with contextlib.suppress(ConnectionError):
            await self._reader.read()


class CutProxy:
    """Listens on `base_url`; every request suffers the `fault` of the moment."""

    def __init__(self, service_port: int) -> None:
        self._service_port = service_port
        self.base_url = ""
        self.fault: Fault = honest
        # Answers of the service, whether a till saw them or not.
        self.answers: list[bytes] = []

    async def ask(self, request: bytes) -> bytes:
        """Hands a request, or the beginning of one, to the service; its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._service_port)
        try:
            writer.write(request)
            if not is_whole(request):
                writer.write_eof()
            answer = _says_goodbye(await read_message(reader))
        finally:
            writer.close()
        self.answers.append(answer)
        return answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await read_message(reader)
            await self.fault(request, self.ask, TillsEnd(reader, writer))
        finally:
            writer.close()


@asynccontextmanager
async def opened_proxy(service_port: int) -> AsyncIterator[CutProxy]:
    """A proxy for as long as the block lasts; requests it still holds end with it."""
    proxy = CutProxy(service_port)
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        await proxy.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy.base_url = f"http://127.0.0.1:{port}"
    try:
        yield proxy
    finally:
        server.close()
        await asyncio.gather(*under_way)


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """One request or answer, head and body; less when the other end stops before."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        return head + await reader.readexactly(int(length[1]) if length else 0)
    except asyncio.IncompleteReadError as cut:
        return cut.partial


def is_whole(message: bytes) -> bool:
    head, end, body = message.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and len(body) == (int(length[1]) if length else 0)


def _says_goodbye(answer: bytes) -> bytes:
    """The answer, saying that this connection ends with it: a till that never waits would send its
    next request into it before it hears the line close, and lose its tries to that."""
    return answer.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1)


# What a network does


async def honest(request: bytes, ask: Ask, till: TillsEnd) -> None:
    till.tell(await ask(request))


def answer_cut_after(count: int) -> Fault:
    """The till sees so many bytes of the answer."""

    async def fault(request: bytes, ask: Ask, till: TillsEnd) -> None:
        till.tell((await ask(request))[:count])

    return fault


def request_cut_after(count: int) -> Fault:
    """The service sees so many bytes of the request."""

    async def fault(request: bytes, ask: Ask, till: TillsEnd) -> None:
        await ask(request[:count])

    return fault


async def answer_too_late(request: bytes, ask: Ask, till: TillsEnd) -> None:
    """The answer comes when the till has stopped to wait."""
    answer = await ask(request)
    await till.hung_up()
    till.tell(answer)


async def sent_twice(request: bytes, ask: Ask, till: TillsEnd) -> None:
    """Both copies arrive at once; the till sees the answer to one of them."""
    first, _ = await asyncio.gather(ask(request), ask(request))
    till.tell(first)


def in_turn(faults: Iterable[Fault]) -> Fault:
    """Each request suffers the next one."""
    waiting = iter(faults)

    async def fault(request: bytes, ask: Ask, till: TillsEnd) -> None:
        await next(waiting)(request, ask, till)

    return fault


def held_until(let_go: asyncio.Event) -> Fault:
    """The request arrives when the till has long gone."""

    async def fault(request: bytes, ask: Ask, till: TillsEnd) -> None:
        await let_go.wait()
        await ask(request)

    return fault
