"""The application under a real uvicorn on a free port, and an end to what it still does.

The law: a server outlives its tests, so a test is over when the last answer is written. A browser
that closed, or a till whose line was cut, leaves a request running behind it; whatever that still
writes would be the next test's.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

import httpx
import uvicorn
from fastapi import FastAPI

_RUNNING: Final[list[uvicorn.Server]] = []
_PATIENCE_SECONDS: Final = 10


@contextlib.contextmanager
def running_app(app: FastAPI, listening: socket.socket, **config: Any) -> Iterator[str]:
    """Serves `app` at a bound socket for as long as the block lasts; gives where it answers."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="warning", lifespan="on", timeout_graceful_shutdown=5, **config
        )
    )
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=20), timeout=20) as client:
            assert client.get(f"{base_url}/healthz").status_code == 200
        _RUNNING.append(server)
        yield base_url
    finally:
        if server in _RUNNING:
            _RUNNING.remove(server)
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server does not stop"


def requests_over() -> None:
    """Waits until no server of this process works on a request, or says which one still does."""
    left = []
    for server in _RUNNING:
        loop = server.servers[0].get_loop()
        ended = asyncio.run_coroutine_threadsafe(_ended(server), loop)
        left += ended.result(2 * _PATIENCE_SECONDS)
    assert not left, f"requests that do not end: {left}"


async def _ended(server: uvicorn.Server) -> list[str]:
    ends_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    # An answer that is written may have brought the next question.
    while under_way := set(server.server_state.tasks):
        room = ends_at - asyncio.get_running_loop().time()
        if room <= 0:
            return [str(task.get_coro()) for task in under_way]
        await asyncio.wait(under_way, timeout=room)
    return []
