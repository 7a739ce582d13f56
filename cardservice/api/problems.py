"""Errors of the counter as RFC 9457 problems: one table from code to HTTP status.

The law: a problem says what is wrong by code and in French, never with the caller's values, a
stack or a name of ours. An outcome that is not known is 503 `unavailable` with the operation's id,
so that the terminal asks again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Coroutine
from types import MappingProxyType
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route

from cardservice.api.sentences import problem_texts
from cardservice.api.wire import PROBLEM_JSON, Answer, Malformed, uuid_in
from cardservice.ledger.group_commit import Unavailable

STATUS_OF = MappingProxyType(
    {
        "malformed_request": 422,
        "terminal_unknown": 401,
        "terminal_revoked": 401,
        "partner_suspended": 403,
        "activation_unknown": 404,
        "operation_unknown": 404,
        "day_not_closed": 404,
        "not_found": 404,
        "method_not_allowed": 405,
        "operation_id_reused": 409,
        "request_too_large": 413,
        "too_many_lookups": 429,
        "too_many_tickets": 429,
        "internal_error": 500,
        "unavailable": 503,
    }
)

# A database that restarts is back in seconds; a till that asks at once would only queue.
_UNAVAILABLE_FOR_SECONDS = 2

log = logging.getLogger("cjeune.problems")


class RequestTooLarge(HTTPException):
    """More bytes than the address takes (see limits.py). A portal answers it with a page."""

    def __init__(self) -> None:
        super().__init__(413)


def problem(code: str, *, retry_after: int | None = None, **members: Any) -> Answer:
    """The answer for a code of the table; `members` are added to the problem."""
    status = STATUS_OF[code]
    headers: list[tuple[bytes, bytes]] = []
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if retry_after is not None:
        headers.append((b"retry-after", b"%d" % retry_after))
    return Answer(
        to_json(problem_body(code, **members)),
        status=status,
        code=code,
        media_type=PROBLEM_JSON,
        headers=tuple(headers),
    )


def problem_body(code: str, **members: Any) -> dict[str, Any]:
    """The members of a problem, as RFC 9457 names them, and its code."""
    texts = problem_texts(code)
    return {
        "type": f"/api/reference#{code}",
        "title": texts.title,
        "status": STATUS_OF[code],
        "detail": texts.detail,
        "code": code,
        **members,
    }


def malformed_problem(found: Malformed) -> Answer:
    """422, naming the fields."""
    return problem("malformed_request", errors=found.errors)


def log_defect(failure: BaseException) -> None:
    """Where it broke and on what kind of exception: messages may hold personal data."""
    frames = traceback.extract_tb(failure.__traceback__)[-6:]
    where = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    log.error("defect=%s at=%s", type(failure).__name__, where)


async def _no_such_page(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    if failure.status_code == 405:
        answer = problem("method_not_allowed")
        allowed = ", ".join(sorted(_methods_here(request)))
        answer.raw_headers.append((b"allow", allowed.encode()))
        return answer
    # Nobody of ours raises another one; whatever does must not speak another format.
    return problem("not_found" if failure.status_code == 404 else "internal_error")


def _methods_here(request: Request) -> set[str]:
    return {
        method
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE
        for method in route.methods or ()
    }


async def _malformed(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, RequestValidationError)
    return malformed_problem(
        Malformed(
            tuple(
                {"field": ".".join(map(str, error["loc"]))[:64], "reason": error["type"]}
                for error in failure.errors()
            )
        )
    )


async def _too_large(request: Request, failure: Exception) -> Response:
    return problem("request_too_large")


async def _nobody_listens(request: Request, failure: Exception) -> Response:
    return problem("malformed_request", errors=())


async def _not_known(request: Request, failure: Exception) -> Response:
    # A lane's own account is in its log already; a database error of a thread is not.
    if not isinstance(failure, Unavailable | TimeoutError):
        log_defect(failure)
    operation_id = uuid_in(str(request.path_params.get("operation_id", "")))
    members = {} if operation_id is None else {"operation_id": str(operation_id)}
    return problem("unavailable", retry_after=_UNAVAILABLE_FOR_SECONDS, **members)


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    HTTPException: _no_such_page,
    RequestValidationError: _malformed,
    RequestTooLarge: _too_large,
    ClientDisconnect: _nobody_listens,
    Unavailable: _not_known,
    TimeoutError: _not_known,
    OSError: _not_known,
    SQLAlchemyError: _not_known,
}
