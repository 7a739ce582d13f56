"""Adds an agent of the Département: role, password, second factor (design §8).

The law: one row per person, for good; a lost phone or another role is `renew_agent`.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.agent_secrets import AgentWithSecrets, make_secrets
from cardservice.services.csv_lines import email_is_plausible


def add_agent(
    engine: Engine, keys: Keys, *, email: str, role: str, password: str, actor: str
) -> AgentWithSecrets | Refused:
    """Refused: email_malformed, agent_role_unknown, password_too_short, agent_exists."""
    address = email.strip().lower()
    if not email_is_plausible(address):
        return Refused("email_malformed")
    made = make_secrets(role=role, password=password)
    if isinstance(made, Refused):
        return made
    with unit_of_work(engine) as connection:
        agent_id = connection.execute(
            text(
                "INSERT INTO agent (email, role, password_hash, totp_sealed, created_at)"
                " VALUES (:email, :role, :password_hash, :nonce, ledger_now())"
                " ON CONFLICT (email) DO NOTHING RETURNING agent_id"
            ),
            {
                "email": address,
                "role": role,
                "password_hash": made.password_hash,
                "nonce": made.nonce,
            },
        ).scalar_one_or_none()
        if agent_id is None:
            return Refused("agent_exists")
        note(connection, actor=actor, action="agent.add", subject=f"agent:{agent_id}", detail=role)
        return made.told(keys, agent_id=agent_id, email=address, role=role)
