"""Ends an agent's access: nobody signs in or acts under this address any more (design §8).

The law: effective at the commit, sessions included; the row stays, because acts of years ago still
name their agent. A change of hands is `renew_agent`.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent, agent_of_email
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.web_sessions import end_sessions


def end_agent(engine: Engine, *, email: str, actor: str) -> Agent | Refused:
    """The agent whose access has ended. Refused: agent_unknown (also when it had ended before)."""
    with unit_of_work(engine) as connection:
        agent = agent_of_email(connection, email)
        if agent is None:
            return Refused("agent_unknown")
        # The row's lock: an act that holds it finishes first (check_agent.py), later ones find an
        # agent who has left.
        connection.execute(
            text(
                "UPDATE agent SET ended_at = ledger_now()"
                " WHERE agent_id = :agent_id AND ended_at IS NULL"
            ),
            {"agent_id": agent.agent_id},
        )
        end_sessions(connection, agent_id=agent.agent_id)
        note(connection, actor=actor, action="agent.end", subject=agent.actor)
        return agent
