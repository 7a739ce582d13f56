"""Questions about the department's agents."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent; `actor` is how the journal and four-eyes checks name the person."""

    agent_id: int
    email: str
    role: str

    @property
    def actor(self) -> str:
        return f"agent:{self.agent_id}"


def agent_of_email(connection: Connection, email: str) -> Agent | None:
    """The agent who signs in with this mail address, case ignored; None for one who has left."""
    found = connection.execute(
        text("SELECT agent_id, email, role FROM agent WHERE email = :email AND ended_at IS NULL"),
        {"email": email.strip().lower()},
    ).one_or_none()
    return None if found is None else Agent(*found)


def agent_of_id(connection: Connection, agent_id: int) -> Agent | None:
    """The agent of a surrogate id, as they are now; None for one who has left."""
    found = connection.execute(
        text(
            "SELECT agent_id, email, role FROM agent"
            " WHERE agent_id = :agent_id AND ended_at IS NULL"
        ),
        {"agent_id": agent_id},
    ).one_or_none()
    return None if found is None else Agent(*found)
