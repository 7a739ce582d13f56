"""Errors as RFC 9457 problems, and answers as bytes.

The law: one table from code to status, the contract's; a problem never repeats the caller's values.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.responses import Response

from tpe_client.training.sentences import problem_texts

STATUS_OF: Final = {
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
UNAVAILABLE_FOR_SECONDS: Final = 2


class Refused(Exception):
    """A problem is the answer. `members` are added to it."""

    def __init__(self, code: str, *, retry_after: int | None = None, **members: Any) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.members = members


def problem(code: str, *, retry_after: int | None = None, **members: Any) -> Response:
    """The answer for a code of the table."""
    headers = {}
    if STATUS_OF[code] == 401:
        headers["www-authenticate"] = "Bearer"
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    body = {
        "type": f"/api/reference#{code}",
        "title": problem_texts(code)["title"],
        "status": STATUS_OF[code],
        "detail": problem_texts(code)["detail"],
        "code": code,
        **members,
    }
    return Response(
        _written(body), STATUS_OF[code], headers=headers, media_type="application/problem+json"
    )


def said(body: dict[str, Any], *, status: int = 200) -> Response:
    """An answer of the contract."""
    return Response(_written(body), status, media_type="application/json")


def _written(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
