"""Signs an agent of the Département in: the password, then the code (design §8).

The law: both, always; a session opens nothing before its code has come. The code is the one that
commands take too (check_agent.py): it serves once, wherever it was used first.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.check_agent import agent_with_totp
from cardservice.services.guess_guard import agent_person_guarded
from cardservice.services.password_door import Door, Knock, pass_door
from cardservice.services.sign_in import SignedIn
from cardservice.services.web_sessions import Session, move_session, start_session

AGENTS: Final = "agent"


_DOOR: Final = Door(
    AGENTS,
    agent_person_guarded,
    find=text(
        "SELECT agent_id AS id, password_hash FROM agent WHERE email = :email AND ended_at IS NULL"
    ),
    keep=text(
        "UPDATE agent SET password_hash = :fresh"
        " WHERE agent_id = :id AND password_hash = :judged AND ended_at IS NULL"
    ),
)


def sign_in_agent(engine: Engine, keys: Keys, knock: Knock, *, browser: str) -> SignedIn | Refused:
    """A session that waits for its code. Refused: sign_in_delayed, sign_in_failed."""

    def enter(connection: Connection, agent_id: int) -> SignedIn:
        secret = start_session(
            connection, realm=AGENTS, stage="second_factor", browser=browser, agent_id=agent_id
        )
        return SignedIn("second_factor", secret)

    return pass_door(engine, keys, _DOOR, knock, enter)


def pass_agents_code(
    connection: Connection, keys: Keys, session: Session, *, code: str
) -> SignedIn | Refused:
    """The open session. The caller commits a refusal too: a try rolled back would be a free one.

    Refused: sign_in_delayed, totp_wrong, totp_used; sign_in_failed, when the session is over.
    """
    assert session.stage == "second_factor" and session.agent_id is not None
    email = connection.execute(
        text("SELECT email FROM agent WHERE agent_id = :agent_id"), {"agent_id": session.agent_id}
    ).scalar_one()
    agent = agent_with_totp(connection, keys, email, code)
    if isinstance(agent, Refused):
        # Access that ended between the password and the code.
        return Refused("sign_in_failed") if agent.code == "agent_unknown" else agent
    secret = move_session(connection, session, stage="open")
    if secret is None:
        return Refused("sign_in_failed")
    note(
        connection,
        actor=agent.actor,
        action="agent.sign_in",
        subject=agent.actor,
        detail=session.browser,
    )
    return SignedIn("open", secret)
