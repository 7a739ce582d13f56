"""Who takes a step of a run: an agent of the department, in a role that may."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from cardservice.domain.refusal import Refused

PREPARER = "finance_preparer"
APPROVER = "finance_approver"


@dataclass(frozen=True)
class Agent:
    """An agent, named by his mail address in histories."""

    agent_id: int
    email: str
    role: str


def agent_in_role(connection: Connection, email: str, *roles: str) -> Agent | Refused:
    """The agent of an address, refused when unknown or when his role may not do this."""
    row = connection.execute(
        text("SELECT agent_id, email, role FROM agent WHERE email = lower(:email)"),
        {"email": email},
    ).one_or_none()
    if row is None:
        return Refused("agent_unknown")
    if row.role not in roles:
        return Refused("agent_may_not")
    return Agent(row.agent_id, row.email, row.role)
