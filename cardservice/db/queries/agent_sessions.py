"""Who is at the Département's desk now: open sessions of every agent, and who has been there when.

The law: a session is told by its browser and its handle, never by its secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class AgentSession:
    """An open session of an agent."""

    handle: str
    agent_id: int
    email: str
    role: str
    browser: str
    started_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class AgentSeen:
    """An agent, the last time they signed in (None: never), and when their access ended."""

    agent_id: int
    email: str
    role: str
    last_sign_in_at: datetime | None
    ended_at: datetime | None


def open_agent_sessions(
    connection: Connection, *, idle: timedelta, oldest: timedelta
) -> list[AgentSession]:
    """Those that are neither idle nor old by now; the one used last first."""
    rows = connection.execute(
        text(
            "SELECT encode(substring(s.session_hash FOR 8), 'hex'), a.agent_id, a.email, a.role,"
            " s.browser, s.started_at, s.last_seen_at"
            " FROM web_session s JOIN agent a USING (agent_id) WHERE s.stage = 'open'"
            " AND s.last_seen_at > ledger_now() - :idle AND s.started_at > ledger_now() - :oldest"
            " ORDER BY s.last_seen_at DESC, s.session_hash LIMIT 500"
        ),
        {"idle": idle, "oldest": oldest},
    )
    return [AgentSession(*row) for row in rows]


def agents_seen(connection: Connection) -> list[AgentSeen]:
    """Every agent by role and address, those who have left last."""
    rows = connection.execute(
        text(
            "SELECT a.agent_id, a.email, a.role, (SELECT max(j.at) FROM journal j"
            "  WHERE j.subject = 'agent:' || a.agent_id AND j.action = 'agent.sign_in'), a.ended_at"
            " FROM agent a ORDER BY a.ended_at IS NOT NULL, a.role, a.email LIMIT 1000"
        )
    )
    return [AgentSeen(*row) for row in rows]
