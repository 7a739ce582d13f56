"""The golden exchanges: what a terminal sends and what the service says, frozen as files.

They pin the wire: `golden/*.json` is replayed against the terminal's reading of answers, compared
with what the service's own renderers make, and replayed against the stub of the training kit.
One file holds one exchange:

    {
      "name":     "debit-insufficient-balance",         the file's name without .json
      "call":     "take_debit",                          identify, check, take_debit, ask, cancel,
                                                         me, day, compare, mail_ticket, recognise,
                                                         confirm
      "request":  {"method": "PUT",
                   "path":   "/api/v1/debits/0199…",     with its query
                   "body":   {…} or null},               as a terminal sends it
      "response": {"status": 201,
                   "headers": {"content-type": "application/json"},   and retry-after, if any
                   "body":   {…}},
      "means":    "Declined"                             the class of api_client.answers it becomes
    }

The ids, instants, references and sentences are examples: what is pinned are status, members and
their types, and for a refusal its `code` and `final`. `golden_exchanges()` gives them all, sorted
by name; `golden_exchange(name)` one; `with_call(call)` those of one call.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class GoldenExchange:
    """One request and its answer."""

    name: str
    call: str
    method: str
    path: str
    request_body: dict[str, Any] | None
    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    means: str


@cache
def golden_exchanges() -> tuple[GoldenExchange, ...]:
    """All of them, sorted by name."""
    return tuple(_read(file) for file in sorted(FOLDER.glob("*.json")))


def golden_exchange(name: str) -> GoldenExchange:
    """The one of this name."""
    (found,) = [exchange for exchange in golden_exchanges() if exchange.name == name]
    return found


def with_call(call: str) -> list[GoldenExchange]:
    """Those of one call."""
    return [exchange for exchange in golden_exchanges() if exchange.call == call]


def _read(file: Path) -> GoldenExchange:
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["name"] == file.stem, file
    request, response = found["request"], found["response"]
    return GoldenExchange(
        name=found["name"],
        call=found["call"],
        method=request["method"],
        path=request["path"],
        request_body=request["body"],
        status=response["status"],
        headers=response["headers"],
        body=response["body"],
        means=found["means"],
    )
