"""Who takes a file of a run away: an agent of finance, and the journal says so."""

from __future__ import annotations

from sqlalchemy import Connection

from cardservice.db.queries.agents import Agent
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from clearing.run.people import APPROVER, PREPARER, agent_in_role


def note_taken(connection: Connection, run_id: int, *, by: str, what: str) -> Agent | Refused:
    """Writes down that `by` takes `what` (a word, or a bordereau's number).

    Refused: agent_unknown, agent_may_not.
    """
    agent = agent_in_role(connection, by, PREPARER, APPROVER)
    if isinstance(agent, Refused):
        return agent
    note(connection, actor=agent.actor, action="papers.taken", subject=f"run:{run_id}", detail=what)
    return agent
