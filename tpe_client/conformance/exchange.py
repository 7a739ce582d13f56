"""One question to the server and its answer, kept so that a failure can be shown.

The law: what is shown is masked: no key, no PIN, no activation code or token ever reaches a screen,
a file or a log through this suite.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import httpx

MASK: Final = "••••"
_SECRETS: Final = ("pin", "activation_code", "activation_token", "terminal_key", "reading")
_MOST_SHOWN: Final = 700


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `body` is None where it is no JSON object."""

    method: str
    path: str
    sent: object
    with_key: bool
    status: int
    headers: httpx.Headers
    raw: bytes
    body: dict[str, Any] | None

    @property
    def json(self) -> dict[str, Any]:
        """The body of an answer that must have one (a missing member is the server's failure)."""
        return self.body or {}

    @property
    def code(self) -> str | None:
        """Why it is not a yes."""
        return self.json.get("code")

    def shown(self) -> str:
        """Request and answer for a person, secrets masked."""
        key = " (with a terminal key)" if self.with_key else " (without a key)"
        lines = [f"→ {self.method} {self.path}{key}"]
        if self.sent is not None:
            lines.append(f"  {_cut(_masked(self.sent))}")
        kind = self.headers.get("content-type", "no content type")
        lines.append(f"← {self.status} {kind}")
        lines.append(f"  {_cut(_masked(self.body) if self.body is not None else repr(self.raw))}")
        return "\n".join(lines)


def body_of(raw: bytes) -> dict[str, Any] | None:
    """The JSON object of an answer, or None."""
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _masked(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, dict):
        value = {
            name: MASK if name in _SECRETS and isinstance(found, str) else found
            for name, found in value.items()
        }
    return json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
