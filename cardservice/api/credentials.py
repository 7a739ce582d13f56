"""Who is calling? The terminal's key, presented as a bearer token, looked up by its digest.

The law: only the digest of a key is compared or kept. 401 comes before anything else is said about
a request, and it is said of the register as it is now, never of a copy.
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from cardservice.api.desk import Desk
from cardservice.api.problems import malformed_problem, problem
from cardservice.api.wire import Malformed, header
from cardservice.services.register import TerminalFacts

TERMINAL_KEY = "cjeune.terminal"
_NO_KEY = b""


def key_hash_of(request: Request) -> bytes:
    """SHA-256 of the presented key; empty when none is presented."""
    scheme, _, key = (header(request, b"authorization") or b"").partition(b" ")
    key = key.strip()
    if scheme.lower() != b"bearer" or not key:
        return _NO_KEY
    return hashlib.sha256(key).digest()


async def terminal_at_the_till(
    request: Request, desk: Desk, key_hash: bytes
) -> TerminalFacts | Response:
    """The terminal from the till's copy, for calls that the money function checks once more."""
    if key_hash == _NO_KEY:
        return problem("terminal_unknown")
    terminal = await desk.till.register.terminal(key_hash)
    if terminal is None or terminal.state != "active":
        return await refused_key(desk, key_hash)
    request.scope[TERMINAL_KEY] = terminal.public_id
    desk.sightings.note(request, terminal.terminal_id)
    return terminal


async def terminal_now(request: Request, desk: Desk) -> TerminalFacts | Response:
    """The terminal as the register knows it at this instant: one question to the database."""
    key_hash = key_hash_of(request)
    if key_hash == _NO_KEY:
        return problem("terminal_unknown")
    terminal = await desk.till.register.current_terminal(key_hash)
    if terminal is None or terminal.state != "active":
        return _refused(terminal)
    request.scope[TERMINAL_KEY] = terminal.public_id
    desk.sightings.note(request, terminal.terminal_id)
    return terminal


async def refused_key(desk: Desk, key_hash: bytes) -> Response:
    """401 for a key that the office did not accept, with the reason as of now."""
    terminal = await desk.till.register.current_terminal(key_hash)
    if terminal is not None and terminal.state == "active":
        # Accepted between the refusal and this question: not decided, so ask again.
        return problem("unavailable", retry_after=1)
    return _refused(terminal)


async def refused_form(desk: Desk, key_hash: bytes, found: Malformed) -> Response:
    """422, unless the key was revoked since the till's copy was made: 401 comes first."""
    terminal = await desk.till.register.current_terminal(key_hash)
    if terminal is None or terminal.state != "active":
        return _refused(terminal)
    return malformed_problem(found)


def _refused(terminal: TerminalFacts | None) -> Response:
    return problem("terminal_unknown" if terminal is None else "terminal_revoked")
