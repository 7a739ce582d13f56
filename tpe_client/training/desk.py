"""What every call of the school begins with: whose terminal is it, and is its body a form?

The law: 401 before 422; a body is never read beyond 64 KiB; a fault of the card in question takes
hold of the answer last, when everything else has been judged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tpe_client.training.books import Books
from tpe_client.training.counter import Told
from tpe_client.training.faults import answered, fault_of
from tpe_client.training.forms import MOST_BODY_BYTES, Members, read_form
from tpe_client.training.problems import Refused, problem, said
from tpe_client.training.school import Card, Terminal

Endpoint = Callable[[Request], Awaitable[Response]]


def books_of(request: Request) -> Books:
    books: Books = request.app.state.books
    return books


def terminal_of(request: Request) -> Terminal:
    """Who is calling; Refused with 401 when it is nobody any more."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    terminal = books_of(request).terminals.get(key.strip())
    if scheme.lower() != "bearer" or terminal is None:
        raise Refused("terminal_unknown")
    if terminal.state == "revoked":
        raise Refused("terminal_revoked")
    return terminal


async def form_of(request: Request, name: str) -> Members:
    """The body as one of the forms; it is never read beyond 64 KiB."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BODY_BYTES:
            raise Refused("request_too_large")
    return read_form(name, body, content_type=request.headers.get("content-type"))


async def with_fault(
    request: Request,
    card: Card | None,
    *,
    call: str,
    operation_id: UUID | None,
    act: Callable[[], Told],
) -> Response:
    """What `act` answers, unless the card provokes a fault at this call."""

    def told() -> Response:
        try:
            body, status = act()
        except Refused as refused:
            return problem(refused.code, retry_after=refused.retry_after, **refused.members)
        return said(body, status=status)

    fault = fault_of(books_of(request), card, call=call, operation_id=operation_id)
    return await answered(told, fault, operation_id=operation_id, pause=request.app.state.pause)


def address_of(request: Request) -> str:
    """The caller's network address."""
    return "" if request.client is None else request.client.host


def route(method: str, path: str, endpoint: Endpoint) -> Route:
    """One method on one path."""
    made = Route(path, endpoint, methods=[method])
    # The service answers no HEAD, so neither does the school.
    made.methods = {method}
    return made
