"""Checks the second factor of an agent who acts now: approves a run, for instance (design §8).

The law: a code serves once. Its step is kept in the caller's transaction, and a step that is not
later than the last one used is refused, so that a code read over a shoulder is worthless.
"""

from __future__ import annotations

import hmac
from typing import Final

import pyotp
from sqlalchemy import Connection, text

from cardservice.db.queries.agents import Agent
from cardservice.db.queries.clock import wall_seconds
from cardservice.domain.agent_totp import STEP_SECONDS, totp_secret
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused

# A phone's clock may be half a minute off, either way.
_STEPS_OFF: Final = (-1, 0, 1)


def agent_with_totp(connection: Connection, keys: Keys, email: str, code: str) -> Agent | Refused:
    """The agent of `email` if `code` is theirs at this moment of the real clock.

    Refused: agent_unknown, totp_wrong, totp_used. The agent's row stays locked until the caller's
    transaction ends.
    """
    row = connection.execute(
        text(
            "SELECT agent_id, email, role, totp_sealed, totp_last_step FROM agent"
            " WHERE email = :email FOR NO KEY UPDATE"
        ),
        {"email": email.strip().lower()},
    ).one_or_none()
    if row is None:
        return Refused("agent_unknown")
    step = _step_of(
        totp_secret(keys, bytes(row.totp_sealed)), code, wall_seconds(connection) // STEP_SECONDS
    )
    if step is None:
        return Refused("totp_wrong")
    if step <= row.totp_last_step:
        return Refused("totp_used")
    connection.execute(
        text("UPDATE agent SET totp_last_step = :step WHERE agent_id = :agent_id"),
        {"step": step, "agent_id": row.agent_id},
    )
    return Agent(row.agent_id, row.email, row.role)


def _step_of(secret: str, code: str, present_step: int) -> int | None:
    typed = "".join(code.split()).encode()
    totp = pyotp.TOTP(secret)
    for off in _STEPS_OFF:
        if hmac.compare_digest(totp.generate_otp(present_step + off).encode(), typed):
            return present_step + off
    return None
