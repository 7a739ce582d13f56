"""Signs a delegate in: the password, then whatever else must come before a page opens (C31, C32).

The law: an unknown address, an address without a password, a wrong password and a delegation that
no longer holds get one answer for the same work (password_door.py). Every stage has a secret of its
own (web_sessions.py), and this file alone says which stage comes next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.enter_space import enter_space
from cardservice.services.guess_guard import person_guarded
from cardservice.services.password_door import Door, Knock, pass_door
from cardservice.services.spaces import Space, spaces_of
from cardservice.services.web_sessions import (
    Session,
    end_session,
    move_session,
    session_of,
    start_session,
)

REALM = "partner"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session at a stage (`second_factor`, `enrolment`, `choice`, `open`) and its secret."""

    stage: str
    secret: str = field(repr=False)


_DOOR: Final = Door(
    REALM,
    person_guarded,
    find=text("SELECT credential_id AS id, password_hash FROM credential WHERE email = :email"),
    keep=text(
        "UPDATE credential SET password_hash = :fresh"
        " WHERE credential_id = :id AND password_hash = :judged"
    ),
)


def sign_in(engine: Engine, keys: Keys, knock: Knock, *, browser: str) -> SignedIn | Refused:
    """Refused: sign_in_delayed, sign_in_failed."""

    def enter(connection: Connection, credential_id: int) -> SignedIn | Refused:
        return start_signed_in(connection, credential_id=credential_id, browser=browser)

    return pass_door(engine, keys, _DOOR, knock, enter)


def start_signed_in(
    connection: Connection, *, credential_id: int, browser: str
) -> SignedIn | Refused:
    """A session for somebody who has just proved who they are, at the stage still missing.

    Refused: sign_in_failed, when no delegation of theirs holds.
    """
    has_second_factor = _has_second_factor(connection, credential_id)
    spaces = spaces_of(connection, credential_id)
    if not spaces:
        return Refused("sign_in_failed")
    stage = "choice"
    if has_second_factor:
        stage = "second_factor"
    elif any(space.role == "lead" for space in spaces):
        stage = "enrolment"
    secret = start_session(
        connection, realm=REALM, stage=stage, browser=browser, credential_id=credential_id
    )
    if stage != "choice":
        return SignedIn(stage, secret)
    session = session_of(connection, secret, realm=REALM)
    assert session is not None, "it was just started"
    return arrive(connection, session)


def arrive(connection: Connection, session: Session) -> SignedIn | Refused:
    """Nothing is missing any more: opens a person's only space, or lets them choose one.

    Refused: sign_in_failed, when no delegation of theirs holds any more or the session is over.
    """
    spaces = _spaces(connection, session)
    if not spaces:
        end_session(connection, session)
        return Refused("sign_in_failed")
    if len(spaces) == 1:
        return _moved("open", enter_space(connection, session, spaces[0]))
    return _moved("choice", move_session(connection, session, stage="choice"))


def choose_space(
    connection: Connection, session: Session, delegate_id: int
) -> SignedIn | Refused | None:
    """Enters one of a person's spaces, from the choice or from another space.

    None for a space that is not theirs. Nobody comes to lead without a second factor this way
    either. Refused: sign_in_failed, when the session is over: another click has moved it.
    """
    assert session.stage in ("choice", "open"), "the other stages come first"
    chosen = [one for one in _spaces(connection, session) if one.delegate_id == delegate_id]
    if not chosen:
        return None
    if chosen[0].role == "lead" and not _has_second_factor(connection, session.credential_id):
        return _moved("enrolment", move_session(connection, session, stage="enrolment"))
    return _moved("open", enter_space(connection, session, chosen[0]))


def _moved(stage: str, secret: str | None) -> SignedIn | Refused:
    return Refused("sign_in_failed") if secret is None else SignedIn(stage, secret)


def _has_second_factor(connection: Connection, credential_id: int | None) -> bool:
    """Locks the credential, so that no session slips past a change of its second factor."""
    found = connection.execute(
        text(
            "SELECT totp_enrolled_at IS NOT NULL FROM credential"
            " WHERE credential_id = :credential_id FOR NO KEY UPDATE"
        ),
        {"credential_id": credential_id},
    )
    return bool(found.scalar_one())


def _spaces(connection: Connection, session: Session) -> list[Space]:
    assert session.credential_id is not None, "whoever signs in has a credential"
    return spaces_of(connection, session.credential_id)
