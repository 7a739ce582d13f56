"""Serves an application until the process is told to stop: uvicorn, one process, one event loop.

The law: SIGTERM and SIGINT end the service like a finished piece of work. Requests that are being
answered are, the application closes, and only then does the caller's own block (the office, the
private server) unwind. Readiness is announced when the server answers `/readyz`, not before.

It refuses to know what is served.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

import uvicorn

_GRACE_SECONDS: Final = 10
# A connection that rests is closed by the client or the proxy, who know whether they are about to
# speak, not by us: nginx keeps one for 60 s, a till's library for less. Whoever speaks at the very
# moment when we close is cut off, and a till then does not know what became of its sale.
_RESTING_SECONDS: Final = 75
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
# New objects before a young collection, young before a middle, middle before a full one: with
# little left to look at, Python would look through all open pages twice a second, for nothing.
_COLLECTED_AFTER: Final = (20_000, 20, 20)
_POLL_SECONDS: Final = 0.02


class PortTaken(Exception):
    """Somebody else answers at this address."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port


@contextlib.contextmanager
def reserved_address(host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound to an address, a free port for 0; raises PortTaken, or OSError.

    Bound early and listening late: a taken port is told before any work, and nobody who knocks
    while the service starts is left without an answer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as address:
        address.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _or_taken(port, lambda: address.bind((host, port)))
        yield address


def origin_of(address: socket.socket) -> str:
    """`http://127.0.0.1:8000`, where a browser of this machine finds the service."""
    host, port = _reachable(address)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM unwinds the block, as an interruption from the keyboard does: nothing is left open.

    While serving, `serve` takes the signal over.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        # Once is enough: a second one must not cut the unwinding short.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def serve(
    app: Any,
    address: socket.socket,
    *,
    trusted_proxies: str | None = None,
    on_ready: Callable[[], object] = lambda: None,
    on_leaving: Callable[[], object] = lambda: None,
) -> None:
    """Answers at a reserved address until SIGTERM or SIGINT; then ends without an exception.

    `trusted_proxies` names the addresses whose X-Forwarded-For is believed; by default nobody's is.
    `on_ready()` is called once, in a thread, when `/readyz` says 200; what it raises ends the
    service. `on_leaving()` is called once or more when the service is told to stop, before its last
    answers: what would go on answering ends then. Raises PortTaken when somebody was quicker.
    """
    _, port = _reachable(address)
    _or_taken(port, address.listen)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=_RESTING_SECONDS,
    )
    server = _Server(config, on_leaving)

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn has handlers of its own while it serves, and raises the signal again when it has
    # finished. Before, this one loses no signal; after, it lets the caller close what it opened.
    for number in _SIGNALS:
        signal.signal(number, end)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(server, address, on_ready))
    finally:
        # What is left out to the very end, a library in C takes for leaked and complains about.
        gc.unfreeze()


class _Server(uvicorn.Server):
    """Says when it is told to stop: answers that have no end of their own must find one."""

    def __init__(self, config: uvicorn.Config, on_leaving: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_leaving = on_leaving

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_leaving()
        super().handle_exit(sig, frame)


async def _serve(
    server: uvicorn.Server, address: socket.socket, on_ready: Callable[[], object]
) -> None:
    host, port = _reachable(address)
    serving = asyncio.create_task(server.serve(sockets=[address]))
    announcing = asyncio.create_task(_announce(host, port, on_ready))
    await asyncio.wait({serving, announcing}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done() and announcing.exception() is not None:
        server.should_exit = True
    await serving
    announcing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await announcing


async def _announce(host: str, port: int, on_ready: Callable[[], object]) -> None:
    while not await _is_ready(host, port):
        await asyncio.sleep(_POLL_SECONDS)
    _leave_out_of_collections()
    await asyncio.to_thread(on_ready)


def _leave_out_of_collections() -> None:
    """What was made to start stays for the process's life: a full collection that walked through it
    would hold every request up for a tenth of a second (docs/decisions/0019)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


async def _is_ready(host: str, port: int) -> bool:
    question = f"GET /readyz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except ConnectionError:
        return False
    try:
        writer.write(question.encode())
        return b" 200 " in await reader.readline()
    except ConnectionError:
        return False
    finally:
        writer.close()


def _reachable(address: socket.socket) -> tuple[str, int]:
    """Host and port for somebody on this machine; a server on every address is found on its own."""
    host, port = address.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104


def _or_taken(port: int, call: Callable[[], object]) -> None:
    try:
        call()
    except OSError as failure:
        if failure.errno == errno.EADDRINUSE:
            raise PortTaken(port) from failure
        raise
