"""Gives an agent a new password and a new authenticator: lost phone, return, another role.

The law: whatever was open or known under the old secrets ends with them. What this person had
submitted or approved stays theirs: the row is the same.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.agent_secrets import AgentWithSecrets, make_secrets
from cardservice.services.guess_guard import agent_guarded, agent_person_guarded, forget_tries
from cardservice.services.web_sessions import end_sessions


def renew_agent(
    engine: Engine,
    keys: Keys,
    *,
    email: str,
    password: str,
    actor: str,
    role: str | None = None,
) -> AgentWithSecrets | Refused:
    """Refused: password_too_short, agent_role_unknown, agent_unknown. `role` None keeps theirs.

    An agent whose access had ended has it again.
    """
    address = email.strip().lower()
    made = make_secrets(role=role, password=password)
    if isinstance(made, Refused):
        return made
    with unit_of_work(engine) as connection:
        row = connection.execute(
            text(
                "UPDATE agent SET password_hash = :password_hash, totp_sealed = :nonce,"
                " totp_last_step = 0, role = coalesce(:role, role), ended_at = NULL"
                " WHERE email = :email RETURNING agent_id, role"
            ),
            {
                "email": address,
                "role": role,
                "password_hash": made.password_hash,
                "nonce": made.nonce,
            },
        ).one_or_none()
        if row is None:
            return Refused("agent_unknown")
        end_sessions(connection, agent_id=row.agent_id)
        # Whoever guessed at the old secrets must not keep the owner of the new ones out.
        forget_tries(connection, agent_person_guarded(keys, address))
        forget_tries(connection, agent_guarded(keys, row.agent_id))
        note(
            connection,
            actor=actor,
            action="agent.renew",
            subject=f"agent:{row.agent_id}",
            detail=row.role,
        )
        return made.told(keys, agent_id=row.agent_id, email=address, role=row.role)
