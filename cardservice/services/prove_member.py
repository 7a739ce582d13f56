"""Asks a member who is signed in for the password again, before what matters most.

The law: guarded against guessing per member; the caller commits a refusal too, because a try that
is rolled back would be a free one.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import count_try, member_proof_guarded, settle_try
from cardservice.services.password_hash import password_holds


def prove_member(
    connection: Connection, keys: Keys, *, member_id: int, password: str
) -> Refused | None:
    """None when it is the password. Refused: sign_in_delayed, password_wrong."""
    guarded = member_proof_guarded(keys, member_id)
    delayed = count_try(connection, guarded)
    if delayed is not None:
        return delayed
    password_hash = connection.execute(
        text("SELECT password_hash FROM member WHERE member_id = :member_id"),
        {"member_id": member_id},
    ).scalar_one()
    refused = None if password_holds(password_hash, password) else Refused("password_wrong")
    settle_try(connection, guarded, refused)
    return refused
