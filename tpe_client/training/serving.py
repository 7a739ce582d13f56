"""Serves the training application until SIGTERM or Ctrl+C, and tells when it answers.

The law: a taken port is told before anything else; ending is a finished piece of work, not an
error. Lines that are cut on purpose are no news for the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn

_GRACE_SECONDS: Final = 3


@contextlib.contextmanager
def reserved_address(host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound to an address, a free port for 0; OSError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio would leave each answer waiting 40 ms for its second packet.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as address:
        address.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        address.bind((host, port))
        yield address


def origin_of(address: socket.socket) -> str:
    """Where a browser of this machine finds the server."""
    host, port = address.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Any, address: socket.socket, *, on_ready: Callable[[], object]) -> None:
    """Answers until it is told to stop; `on_ready` is called once it does."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_level="critical",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again when it has finished: by then it says nothing new.
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    asyncio.run(_serve(server, address, on_ready))


async def _serve(
    server: uvicorn.Server, address: socket.socket, on_ready: Callable[[], object]
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[address]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        on_ready()
    await serving
