"""The doorway of the training server: how much may come in, what every answer carries, how a line
is cut.

The law: bodies beyond 64 KiB are refused, announced or not; the page may load and ask only its own
origin; nothing of the API is stored by anybody. The outermost layer, because a cut line needs the
server's own connection.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from tpe_client.training.faults import HANG_UP
from tpe_client.training.forms import MOST_BODY_BYTES
from tpe_client.training.problems import problem

API: Final = "/api/v1"
_FRAMED_BY_NOBODY: Final = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_API_POLICY: Final = f"default-src 'none'; {_FRAMED_BY_NOBODY}"
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    + _FRAMED_BY_NOBODY
)
_EVERYWHERE: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Doorway:
    """Around the whole application, outside of Starlette's own layers, which hide the line."""

    def __init__(self, app: Starlette) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        policy = _API_POLICY if scope["path"].startswith(API) else _PAGE_POLICY
        headers = {**_EVERYWHERE, "content-security-policy": policy}
        if b"Mozilla" in dict(scope["headers"]).get(b"user-agent", b""):
            # A browser repeats a request by itself when a line that it uses again is cut: a lost
            # answer would never be seen. On a fresh line it does not.
            headers["connection"] = "close"

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in headers.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        async def hang_up(*, flush: bool) -> None:
            await _cut(send, flush=flush)

        scope[HANG_UP] = hang_up
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > MOST_BODY_BYTES:
            await problem("request_too_large")(scope, receive, dressed)
            return
        await self.app(scope, receive, dressed)


async def _cut(send: Send, *, flush: bool) -> None:
    """Closes the connection itself: uvicorn's `send` belongs to the exchange that holds it."""
    exchange: Any = getattr(send, "__self__", None)
    assert exchange is not None, "a line can be cut under uvicorn alone"
    if flush:
        exchange.transport.close()
    else:
        exchange.transport.abort()
    # The server learns of it in the next turns of its loop; before, it would answer 500.
    while not exchange.disconnected:
        await asyncio.sleep(0)
