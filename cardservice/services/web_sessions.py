"""Sessions of the portals: opened, moved up a stage, read, ended (design §8; C31, C36).

The law: only the digest of a session's secret is stored; a session that goes up a stage, or proves
itself again, gets a new secret, so that one planted in a browser never becomes signed in. A session
ends when it is idle, when it is old, when its person's role changes, and when a third one opens.
A youth's own phone stays signed in for months, as people expect of it: what is done there is small,
and what is not asks for the password again (has_just_proved). An ended session is a row that is
gone: nothing is left to be revived.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from cardservice.domain.keys import secret_hash

IDLE: Final = timedelta(minutes=30)
# A till waits for customers: half an hour without one is no reason to type a password again.
IDLE_AT_A_TILL: Final = timedelta(hours=4)
OLDEST: Final = timedelta(hours=10)
# A sign-in that is half done is not left lying about.
HALF_DONE: Final = timedelta(minutes=15)
MOST_AT_ONCE: Final = 2
YOUTHS: Final = "youth"
YOUTH_IDLE: Final = timedelta(days=30)
YOUTH_OLDEST: Final = timedelta(days=180)
YOUTH_MOST_AT_ONCE: Final = 5
# So long after a password was given, it is not asked for again.
PROOF_HOLDS: Final = timedelta(minutes=15)
_SECRET_BYTES: Final = 32
# Seen once a minute is precise enough, and a page then writes nothing.
_SEEN_EVERY: Final = timedelta(minutes=1)

_COLUMNS: Final = (
    "s.session_hash, s.realm, s.stage, s.credential_id, s.delegate_id, s.agent_id,"
    " s.member_id, s.outlet_id,"
    " s.browser, s.started_at, s.last_seen_at, s.proved_at"
)
# Every page asks it.
_LIVE: Final = text(
    f"SELECT {_COLUMNS}, ledger_now() AS at,"  # noqa: S608
    " coalesce(d.role IN ('cashier', 'day_cashier'), false) AS at_a_till"
    " FROM web_session s LEFT JOIN delegate d USING (delegate_id)"
    " WHERE s.session_hash = :session_hash AND s.realm = :realm"
)


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. `stage` is `open` when nothing is missing any more."""

    session_hash: bytes
    realm: str
    stage: str
    credential_id: int | None
    delegate_id: int | None
    agent_id: int | None
    member_id: int | None
    outlet_id: int | None
    browser: str
    started_at: datetime
    last_seen_at: datetime
    proved_at: datetime | None

    @property
    def handle(self) -> str:
        """What a page calls it by: public, and useless as a secret."""
        return self.session_hash[:8].hex()


def start_session(
    connection: Connection,
    *,
    realm: str,
    stage: str,
    browser: str,
    credential_id: int | None = None,
    delegate_id: int | None = None,
    agent_id: int | None = None,
    member_id: int | None = None,
) -> str:
    """Opens a session and gives its secret, told to the browser and to nobody else."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    connection.execute(
        text(
            "INSERT INTO web_session (session_hash, realm, stage, credential_id, delegate_id,"
            " agent_id, member_id, browser, started_at, last_seen_at, proved_at)"
            " SELECT :session_hash, :realm, :stage, :credential_id, :delegate_id, :agent_id,"
            " :member_id, :browser, at, at,"
            " CASE WHEN :stage = 'open' THEN at END FROM ledger_now() AS at"
        ),
        {
            "session_hash": secret_hash(secret),
            "realm": realm,
            "stage": stage,
            "credential_id": credential_id,
            "delegate_id": delegate_id,
            "agent_id": agent_id,
            "member_id": member_id,
            "browser": browser[:60],
        },
    )
    if stage == "open":
        _end_the_oldest(connection, realm, credential_id, agent_id, member_id)
    return secret


def session_of(connection: Connection, secret: str, *, realm: str) -> Session | None:
    """The live session of a secret; None for an unknown, idle or old one."""
    row = connection.execute(
        _LIVE, {"session_hash": secret_hash(secret), "realm": realm}
    ).one_or_none()
    if row is None:
        return None
    session = Session(*row[:-2])
    if _is_over(session, row.at, at_a_till=row.at_a_till):
        end_session(connection, session)
        return None
    if row.at - session.last_seen_at >= _SEEN_EVERY:
        connection.execute(
            text("UPDATE web_session SET last_seen_at = :at WHERE session_hash = :session_hash"),
            {"at": row.at, "session_hash": session.session_hash},
        )
    return session


def move_session(
    connection: Connection, session: Session, *, stage: str, delegate_id: int | None = None
) -> str | None:
    """Moves a session to a stage under a new secret; at `open` it has just been proved.

    None when it is over by now: ended, or moved by another click at the same moment.
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    moved = connection.execute(
        text(
            "UPDATE web_session SET session_hash = :fresh, stage = :stage,"
            " delegate_id = coalesce(:delegate_id, delegate_id),"
            " proved_at = CASE WHEN :stage = 'open' THEN ledger_now() ELSE proved_at END"
            " WHERE session_hash = :session_hash"
        ),
        {
            "fresh": secret_hash(secret),
            "stage": stage,
            "delegate_id": delegate_id,
            "session_hash": session.session_hash,
        },
    )
    if moved.rowcount == 0:
        return None
    if stage == "open":
        _end_the_oldest(
            connection,
            session.realm,
            session.credential_id,
            session.agent_id,
            session.member_id,
        )
    return secret


def prove_session(connection: Connection, session: Session) -> str | None:
    """Remembers that the password was just given again, under a new secret; None when over."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    proved = connection.execute(
        text(
            "UPDATE web_session SET session_hash = :fresh, proved_at = ledger_now()"
            " WHERE session_hash = :session_hash"
        ),
        {"fresh": secret_hash(secret), "session_hash": session.session_hash},
    )
    return secret if proved.rowcount == 1 else None


def has_just_proved(connection: Connection, session: Session) -> bool:
    """Whether the password was given so short a time ago that it need not be asked for again."""
    found = connection.execute(
        text("SELECT ledger_now() - CAST(:proved_at AS timestamptz) < :holds"),
        {"proved_at": session.proved_at, "holds": PROOF_HOLDS},
    )
    return bool(found.scalar_one())


def stand_at_till(connection: Connection, session: Session, outlet_id: int | None) -> None:
    """Remembers at which outlet's till this session stands."""
    connection.execute(
        text("UPDATE web_session SET outlet_id = :outlet_id WHERE session_hash = :session_hash"),
        {"outlet_id": outlet_id, "session_hash": session.session_hash},
    )


def end_session(connection: Connection, session: Session) -> None:
    """Signs out."""
    connection.execute(
        text("DELETE FROM web_session WHERE session_hash = :session_hash"),
        {"session_hash": session.session_hash},
    )


def end_sessions(
    connection: Connection,
    *,
    credential_id: int | None = None,
    delegate_id: int | None = None,
    agent_id: int | None = None,
    member_id: int | None = None,
    but: Session | None = None,
) -> int:
    """Ends every session of a person, a delegation, an agent or a member, but one; how many."""
    whose = (credential_id, delegate_id, agent_id, member_id)
    assert sum(one is not None for one in whose) == 1, "of one of the four"
    ended = connection.execute(
        text(
            "DELETE FROM web_session WHERE (credential_id = :credential_id"
            " OR delegate_id = :delegate_id OR agent_id = :agent_id OR member_id = :member_id)"
            " AND session_hash <> :but"
        ),
        {
            "credential_id": credential_id,
            "delegate_id": delegate_id,
            "agent_id": agent_id,
            "member_id": member_id,
            "but": b"" if but is None else but.session_hash,
        },
    )
    return ended.rowcount


def end_session_named(
    connection: Connection,
    *,
    handle: str,
    credential_id: int | None = None,
    agent_id: int | None = None,
    member_id: int | None = None,
) -> bool:
    """Ends one of a person's own sessions by its handle; False when there is none."""
    ended = connection.execute(
        text(
            "DELETE FROM web_session WHERE (credential_id = :credential_id OR agent_id = :agent_id"
            " OR member_id = :member_id)"
            " AND encode(substring(session_hash FOR 8), 'hex') = :handle"
        ),
        {
            "credential_id": credential_id,
            "agent_id": agent_id,
            "member_id": member_id,
            "handle": handle,
        },
    )
    return ended.rowcount == 1


def sessions_of(
    connection: Connection,
    credential_id: int | None = None,
    *,
    agent_id: int | None = None,
    member_id: int | None = None,
) -> list[Session]:
    """A person's open sessions, the one used last first."""
    rows: Sequence[Any] = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM web_session s"  # noqa: S608
            " WHERE (credential_id = :credential_id OR agent_id = :agent_id"
            " OR member_id = :member_id) AND stage = 'open'"
            " AND last_seen_at > ledger_now() - :idle AND started_at > ledger_now() - :oldest"
            " ORDER BY last_seen_at DESC, session_hash LIMIT 20"
        ),
        {
            "credential_id": credential_id,
            "agent_id": agent_id,
            "member_id": member_id,
            "idle": YOUTH_IDLE if member_id else IDLE if agent_id else IDLE_AT_A_TILL,
            "oldest": YOUTH_OLDEST if member_id else OLDEST,
        },
    ).all()
    return [Session(*row) for row in rows]


def _is_over(session: Session, at: datetime, *, at_a_till: bool) -> bool:
    if session.stage != "open":
        return at - session.started_at > HALF_DONE
    if session.realm == YOUTHS:
        return at - session.last_seen_at > YOUTH_IDLE or at - session.started_at > YOUTH_OLDEST
    idle = IDLE_AT_A_TILL if at_a_till else IDLE
    return at - session.last_seen_at > idle or at - session.started_at > OLDEST


def _end_the_oldest(
    connection: Connection,
    realm: str,
    credential_id: int | None,
    agent_id: int | None,
    member_id: int | None,
) -> None:
    """Two browsers at once are a person; a third is a shared login (research, abuse case 7). A
    youth has a phone, a tablet, the family's computer: five.

    Only open sessions count: half a sign-in by somebody else must not end anybody's work.
    """
    if credential_id is None and agent_id is None and member_id is None:
        return
    connection.execute(
        text(
            "DELETE FROM web_session WHERE session_hash IN (SELECT session_hash FROM web_session"
            " WHERE (credential_id = :credential_id OR agent_id = :agent_id"
            " OR member_id = :member_id) AND realm = :realm AND stage = 'open'"
            " ORDER BY proved_at DESC, session_hash OFFSET :most)"
        ),
        {
            "credential_id": credential_id,
            "agent_id": agent_id,
            "member_id": member_id,
            "realm": realm,
            "most": YOUTH_MOST_AT_ONCE if realm == YOUTHS else MOST_AT_ONCE,
        },
    )
