"""Takes a delegate's code: the authenticator's of this moment, once (C31, C32)."""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.one_time_code import step_taken


def use_code(
    connection: Connection, keys: Keys, *, credential_id: int, code: str
) -> Refused | None:
    """Uses a code up; whoever calls it guards it against guessing (guess_guard.py).

    Refused: proof_needed for somebody without an authenticator, totp_wrong, totp_used. The row of
    the credential stays locked until the caller's transaction ends.
    """
    row = connection.execute(
        text(
            "SELECT totp_nonce, totp_enrolled_at, totp_last_step FROM credential"
            " WHERE credential_id = :credential_id FOR NO KEY UPDATE"
        ),
        {"credential_id": credential_id},
    ).one()
    if row.totp_enrolled_at is None:
        return Refused("proof_needed")
    step = step_taken(
        connection,
        keys,
        nonce=bytes(row.totp_nonce),
        code=code,
        last_step=row.totp_last_step,
    )
    if isinstance(step, Refused):
        return step
    connection.execute(
        text("UPDATE credential SET totp_last_step = :step WHERE credential_id = :credential_id"),
        {"step": step, "credential_id": credential_id},
    )
    return None
