"""Asks an open session for the password and the code again, before what costs most (C70).

The law: both, together, guarded against guessing per person. The code is used up only when the
password was right, and the caller commits a refusal too: a try that is rolled back would be a free
one.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import count_try, proof_guarded, settle_try
from cardservice.services.password_hash import password_holds
from cardservice.services.use_code import use_code


def prove_again(
    connection: Connection, keys: Keys, *, credential_id: int, password: str, code: str
) -> Refused | None:
    """None when both are right.

    Refused: proof_needed (one is missing, or nobody has enrolled an authenticator yet),
    sign_in_delayed, password_wrong, totp_wrong, totp_used.
    """
    if not password or not code.strip():
        return Refused("proof_needed")
    guarded = proof_guarded(keys, credential_id)
    delayed = count_try(connection, guarded)
    if delayed is not None:
        return delayed
    refused = _password_refusal(connection, credential_id, password)
    if refused is None:
        refused = use_code(connection, keys, credential_id=credential_id, code=code)
    settle_try(connection, guarded, refused)
    return refused


def prove_password(
    connection: Connection, keys: Keys, *, credential_id: int, password: str
) -> Refused | None:
    """The password alone, for what a person changes in their own access.

    Refused: sign_in_delayed, password_wrong.
    """
    guarded = proof_guarded(keys, credential_id)
    delayed = count_try(connection, guarded)
    if delayed is not None:
        return delayed
    refused = _password_refusal(connection, credential_id, password)
    settle_try(connection, guarded, refused)
    return refused


def _password_refusal(connection: Connection, credential_id: int, password: str) -> Refused | None:
    password_hash = connection.execute(
        text("SELECT password_hash FROM credential WHERE credential_id = :credential_id"),
        {"credential_id": credential_id},
    ).scalar_one()
    return None if password_holds(password_hash, password) else Refused("password_wrong")
