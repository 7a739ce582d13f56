"""What goes wrong on purpose, so that a terminal maker sees it before a cashier does.

The law: a fault touches what is told and when, never what is booked twice: a sale is taken at most
once per operation id, as in the service. Which card provokes which fault is the school's file.

Kinds: `hold` (answered late), `cut_before` (lost before anything is decided), `cut_after` (decided,
no byte comes back), `cut_middle` (half an answer), `problem_before` and `problem_after` (a problem
before or after the decision), `twice` (the request arrives twice), `page` (somebody else's page),
`more_members` (members that the terminal does not know).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from tpe_client.training.books import Books
from tpe_client.training.problems import problem
from tpe_client.training.school import Card, Fault

HANG_UP: Final = "training.hang_up"
Act = Callable[[], Response]
Pause = Callable[[float], Awaitable[None]]

_SOMEBODY_ELSES_PAGE: Final = "<!doctype html><title>Wi-Fi</title><h1>Wi-Fi</h1>"


class Cut(Response):
    """An answer whose line is cut: before its first byte, or in its middle."""

    def __init__(self, whole: Response, *, in_the_middle: bool) -> None:
        super().__init__(whole.body, whole.status_code, media_type=whole.media_type)
        self._in_the_middle = in_the_middle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._in_the_middle:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            half = bytes(self.body)[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        await scope[HANG_UP](flush=self._in_the_middle)


def fault_of(
    books: Books, card: Card | None, *, call: str, operation_id: UUID | None
) -> Fault | None:
    """The fault that this very call gets, counted; None when it goes well."""
    fault = None if card is None else card.fault
    if card is None or fault is None:
        return None
    # `operation`: the debit, every question about it and its cancellation.
    if fault.call != call and (fault.call != "operation" or operation_id is None):
        return None
    key = (f"{card.name} {call}", operation_id or card.name)
    done = books.faults_done.get(key, 0)
    if fault.times and done >= fault.times:
        return None
    books.faults_done[key] = done + 1
    return fault


async def answered(
    act: Act,
    fault: Fault | None,
    *,
    operation_id: UUID | None = None,
    pause: Pause = asyncio.sleep,
) -> Response:
    """What `act` answers, or what is left of it."""
    if fault is None:
        return act()
    match fault.kind:
        case "hold":
            answer = act()
            await pause(fault.seconds)
            return answer
        case "cut_before":
            return Cut(Response(), in_the_middle=False)
        case "cut_after":
            return Cut(act(), in_the_middle=False)
        case "cut_middle":
            return Cut(act(), in_the_middle=True)
        case "problem_before":
            return _problem(fault, operation_id)
        case "problem_after":
            act()
            return _problem(fault, operation_id)
        case "twice":
            act()
            return act()
        case "page":
            return HTMLResponse(_SOMEBODY_ELSES_PAGE)
    assert fault.kind == "more_members", f"nobody knows the fault {fault.kind}"
    return _with_more_members(act())


def _problem(fault: Fault, operation_id: UUID | None) -> Response:
    waits = fault.code in ("unavailable", "too_many_lookups")
    named = fault.code == "unavailable" and operation_id is not None
    return problem(
        fault.code,
        retry_after=fault.retry_after if waits else None,
        **({"operation_id": str(operation_id)} if named else {}),
    )


def _with_more_members(whole: Response) -> Response:
    body = json.loads(bytes(whole.body))
    body |= {"carbon_grams": 12, "news": {"title": "…", "lines": []}}
    return Response(
        json.dumps(body, ensure_ascii=False).encode(),
        whole.status_code,
        media_type="application/json",
    )
