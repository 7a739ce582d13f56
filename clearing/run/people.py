"""Who takes a step of a run: an agent of the department, in a role that may."""

from __future__ import annotations

from sqlalchemy import Connection

from cardservice.db.queries.agents import Agent, agent_of_email
from cardservice.domain.refusal import Refused

PREPARER = "finance_preparer"
APPROVER = "finance_approver"


def agent_in_role(connection: Connection, email: str, *roles: str) -> Agent | Refused:
    """The agent of an address, refused when unknown or when his role may not do this."""
    agent = agent_of_email(connection, email)
    if agent is None:
        return Refused("agent_unknown")
    if agent.role not in roles:
        return Refused("agent_may_not")
    return agent
