"""Takes a code of an authenticator: at this moment of the real clock, and once (design §8).

The law: the step is kept in the caller's transaction, and a step that is not later than the last
one used is refused, so that a code read over a shoulder is worthless. The row that carries the
second factor is locked by the caller: of two that bring one code at once, one is served.

Delegates and agents walk this one road.
"""

from __future__ import annotations

from sqlalchemy import Connection

from cardservice.db.queries.clock import wall_seconds
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.domain.totp import STEP_SECONDS, step_of, totp_secret


def step_taken(
    connection: Connection, keys: Keys, *, nonce: bytes, code: str, last_step: int
) -> int | Refused:
    """The step that the caller now writes down. Refused: totp_wrong, totp_used."""
    present_step = wall_seconds(connection) // STEP_SECONDS
    step = step_of(totp_secret(keys, nonce), code, present_step)
    if step is None:
        return Refused("totp_wrong")
    return Refused("totp_used") if step <= last_step else step
