"""Signs an agent of the Département in: the password, then the code (design §8).

The law: both, always; a session opens nothing before its code has come. The code is the one that
commands take too (check_agent.py): it serves once, wherever it was used first. An unknown address
and a wrong password get one answer for the same work, and a try is counted before it is judged.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.check_agent import agent_with_totp
from cardservice.services.guess_guard import (
    agent_person_guarded,
    count_try,
    network_guarded,
    settle_try,
)
from cardservice.services.known_browser import is_known
from cardservice.services.password_hash import hash_password, is_outdated, password_holds
from cardservice.services.sign_in import SignedIn
from cardservice.services.web_sessions import Session, move_session, start_session

AGENTS: Final = "agent"


def sign_in_agent(
    engine: Engine,
    keys: Keys,
    *,
    email: str,
    password: str,
    network: str,
    browser: str,
    token: str | None = None,
) -> SignedIn | Refused:
    """A session that waits for its code. `token` as in sign_in.py.

    Refused: sign_in_delayed, sign_in_failed.
    """
    address = email.strip().lower()
    known = is_known(keys, AGENTS, address, token)
    guards = (network_guarded(keys, network), agent_person_guarded(keys, address, known=known))
    with unit_of_work(engine) as connection:
        for guarded in guards:
            delayed = count_try(connection, guarded)
            if delayed is not None:
                return delayed
        row = connection.execute(
            text(
                "SELECT agent_id, password_hash FROM agent"
                " WHERE email = :email AND ended_at IS NULL"
            ),
            {"email": address},
        ).one_or_none()
    # Outside any transaction: the work takes a tenth of a second and 64 MiB.
    if not password_holds(None if row is None else row.password_hash, password):
        return Refused("sign_in_failed")
    assert row is not None, "nobody has no password that holds"
    fresh = hash_password(password) if is_outdated(row.password_hash) else row.password_hash
    with unit_of_work(engine) as connection:
        kept = connection.execute(
            text(
                "UPDATE agent SET password_hash = :fresh WHERE agent_id = :agent_id"
                " AND password_hash = :judged AND ended_at IS NULL"
            ),
            {"agent_id": row.agent_id, "judged": row.password_hash, "fresh": fresh},
        )
        if kept.rowcount == 0:
            # Another password was set, or access ended, while this one was judged.
            return Refused("sign_in_failed")
        for guarded in guards:
            settle_try(connection, guarded, None)
        secret = start_session(
            connection,
            realm=AGENTS,
            stage="second_factor",
            browser=browser,
            agent_id=row.agent_id,
        )
    return SignedIn("second_factor", secret)


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
