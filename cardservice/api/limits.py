"""The doorway: how much may come in, and what every answer carries going out.

The law: a body beyond 64 KiB is refused before it is read whole, announced or not, but at the few
addresses that take a file and name its size; every answer forbids scripts, framing, sniffing and
referrers, and what the API says is never stored.
Pure ASGI: Starlette's BaseHTTPMiddleware costs more than the rest of the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cardservice.api.problems import RequestTooLarge, problem

MOST_BODY_BYTES = 64 * 1024
API_PREFIX = "/api/v1"

_STRICT_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none';"
    b" form-action 'none'; frame-ancestors 'none'"
)
_EVERYWHERE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_POLICY = (b"content-security-policy", _STRICT_POLICY)
_NO_STORE = (b"cache-control", b"no-store")


class SecurityHeaders:
    """Adds the headers; a policy that a page sets for itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_api = scope["path"].startswith(API_PREFIX)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in message["headers"]}
                everywhere = [header for header in _EVERYWHERE if header[0] not in names]
                headers = [*message["headers"], *everywhere]
                if _POLICY[0] not in names:
                    headers.append(_POLICY)
                if is_api and _NO_STORE[0] not in names:
                    headers.append(_NO_STORE)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, dressed)


class BodyLimit:
    """Refuses a body of more than 64 KiB: by its announced length, or while it streams in.

    `larger` names the addresses that take more, and how much.
    """

    def __init__(self, app: ASGIApp, larger: Mapping[str, int] = MappingProxyType({})) -> None:
        self._app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._larger.get(scope["path"], MOST_BODY_BYTES)
        arrived = 0
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > most:
                if scope["path"].startswith(API_PREFIX):
                    await problem("request_too_large")(scope, receive, send)
                    return
                # Not a byte of it is read; whoever wants the body hears why it does not come.
                arrived = most + 1

        async def counted() -> Message:
            nonlocal arrived
            if arrived > most:
                raise RequestTooLarge
            message = await receive()
            if message["type"] == "http.request":
                arrived += len(message.get("body", b""))
                if arrived > most:
                    raise RequestTooLarge
            return message

        await self._app(scope, counted, send)
