"""Checks the second factor of an agent who acts now: approves a run, for instance (design §8).

The law: a code serves once (one_time_code.py), and guessing is slowed down (guess_guard.py). The
caller commits a refusal too: a try that is rolled back would be a free one.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.db.queries.agents import Agent
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import agent_guarded, count_try, settle_try
from cardservice.services.one_time_code import step_taken


def agent_with_totp(connection: Connection, keys: Keys, email: str, code: str) -> Agent | Refused:
    """The agent of `email` if `code` is theirs at this moment of the real clock.

    Refused: agent_unknown, sign_in_delayed, totp_wrong, totp_used. The agent's row stays locked
    until the caller's transaction ends.
    """
    row = connection.execute(
        text(
            "SELECT agent_id, email, role, totp_sealed, totp_last_step FROM agent"
            " WHERE email = :email AND ended_at IS NULL FOR NO KEY UPDATE"
        ),
        {"email": email.strip().lower()},
    ).one_or_none()
    if row is None:
        return Refused("agent_unknown")
    guarded = agent_guarded(keys, row.agent_id)
    delayed = count_try(connection, guarded)
    if delayed is not None:
        return delayed
    step = step_taken(
        connection,
        keys,
        nonce=bytes(row.totp_sealed),
        code=code,
        last_step=row.totp_last_step,
    )
    settle_try(connection, guarded, step if isinstance(step, Refused) else None)
    if isinstance(step, Refused):
        return step
    connection.execute(
        text("UPDATE agent SET totp_last_step = :step WHERE agent_id = :agent_id"),
        {"step": step, "agent_id": row.agent_id},
    )
    return Agent(row.agent_id, row.email, row.role)
