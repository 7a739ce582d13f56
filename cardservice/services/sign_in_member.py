"""Signs a youth in: the address and the password, nothing else (C16).

The law: an unknown address, a closed member and a wrong password get one answer for the same work
(password_door.py).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import member_person_guarded
from cardservice.services.password_door import Door, Knock, pass_door
from cardservice.services.web_sessions import YOUTHS, start_session

_DOOR: Final = Door(
    YOUTHS,
    member_person_guarded,
    find=text(
        "SELECT member_id AS id, password_hash FROM member"
        " WHERE email = :email AND closed_at IS NULL"
    ),
    # A parent may say no while a password is judged.
    keep=text(
        "UPDATE member SET password_hash = :fresh"
        " WHERE member_id = :id AND password_hash = :judged AND closed_at IS NULL"
    ),
)


def sign_in_member(engine: Engine, keys: Keys, knock: Knock, *, browser: str) -> str | Refused:
    """The secret of an open session. Refused: sign_in_delayed, sign_in_failed."""

    def enter(connection: Connection, member_id: int) -> str:
        return open_member_session(connection, member_id=member_id, browser=browser)

    return pass_door(engine, keys, _DOOR, knock, enter)


def open_member_session(connection: Connection, *, member_id: int, browser: str) -> str:
    """The secret of a session for somebody who has just proved who they are."""
    return start_session(
        connection, realm=YOUTHS, stage="open", browser=browser, member_id=member_id
    )
