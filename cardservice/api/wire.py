"""Requests and answers as bytes: a body read strictly, an answer rendered once.

The law: a body is a JSON object in UTF-8 in which every member is known, named once, and of the
very type the contract says; nothing is converted kindly, and no value is ever echoed.
It refuses to know what a member means.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CODE_KEY = "cjeune.code"
JSON = b"application/json"
PROBLEM_JSON = b"application/problem+json"

# 8-4-4-4-12, any case, any version; no braces, no urn:, no bare 32 digits.
_UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Form(BaseModel):
    """A request's body. Its members are present or left out, never null."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


F = TypeVar("F", bound=Form)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Which fields are wrong, by name, and why, by a code; never their values."""

    errors: tuple[dict[str, str], ...]


def malformed(field: str, reason: str) -> Malformed:
    """One field that is wrong."""
    return Malformed(({"field": field[:64], "reason": reason},))


class Answer(Response):
    """A rendered answer. `code` (why it is not a yes) is left in the scope for the counters."""

    def __init__(
        self,
        body: bytes,
        *,
        status: int = 200,
        code: str = "",
        media_type: bytes = JSON,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.status_code = status
        self.body = body
        self.code = code
        self.background = None
        self.raw_headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", media_type),
            *headers,
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CODE_KEY] = self.code
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await send({"type": "http.response.body", "body": self.body})


def said(body: dict[str, Any], *, status: int = 200) -> Answer:
    """An answer of the contract; a declined one carries its code to the counters."""
    return Answer(to_json(body), status=status, code=body.get("code", ""))


def header(request: Request, name: bytes) -> bytes | None:
    """The first header of a lower-case name, as it came."""
    for found, value in request.scope["headers"]:
        if found == name:
            return bytes(value)
    return None


def uuid_in(text: str) -> UUID | None:
    """The operation id in a path, or None."""
    return UUID(text) if _UUID.fullmatch(text) else None


async def read_form(
    request: Request, form: type[F], *, may_be_empty: bool = False
) -> F | Malformed:
    """The body as a form. `may_be_empty`: no body at all means an object without members."""
    body = await request.body()
    if not body and may_be_empty:
        return form()
    media_type = header(request, b"content-type")
    if media_type is not None and media_type.split(b";", 1)[0].strip().lower() != JSON:
        return malformed("", "not_json_media_type")
    return _parsed(body, form)


def _parsed(body: bytes, form: type[F]) -> F | Malformed:
    try:
        members = json.loads(
            body.decode(), object_pairs_hook=_named_once, parse_constant=_no_such_number
        )
    except (ValueError, RecursionError):
        # Not UTF-8, not JSON, NaN, a name twice, a number of thousands of digits, or too deep.
        return malformed("", "not_json")
    if not isinstance(members, dict):
        return malformed("", "not_an_object")
    for name, value in members.items():
        if value is None:
            return malformed(name, "null")
    try:
        return form.model_validate(members)
    except ValidationError as refused:
        return Malformed(
            tuple(
                {"field": ".".join(map(str, error["loc"]))[:64], "reason": error["type"]}
                for error in refused.errors(
                    include_url=False, include_context=False, include_input=False
                )[:20]
            )
        )


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # Two readers could understand two amounts.
        raise ValueError("a member stands twice")
    return members


def _no_such_number(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")
