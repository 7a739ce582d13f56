"""Adds an agent of the Département: role, password, second factor (design §8).

The law: the password is stored as Argon2id, the TOTP secret not at all (domain/totp.py); both
are told to the person and to nobody else.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.db.tables.people import AGENT_ROLES
from cardservice.domain.keys import Keys
from cardservice.domain.password import SHORTEST
from cardservice.domain.refusal import Refused
from cardservice.domain.totp import NONCE_BYTES, totp_secret
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.password_hash import hash_password


@dataclass(frozen=True, slots=True)
class AgentAdded:
    """The new agent and the secret that the authenticator is enrolled with, told once."""

    agent_id: int
    email: str
    role: str
    totp_secret: str = field(repr=False)


def add_agent(
    engine: Engine, keys: Keys, *, email: str, role: str, password: str, actor: str
) -> AgentAdded | Refused:
    """Refused: email_malformed, agent_role_unknown, password_too_short, agent_exists."""
    address = email.strip().lower()
    if not email_is_plausible(address):
        return Refused("email_malformed")
    if role not in AGENT_ROLES:
        return Refused("agent_role_unknown")
    if len(password) < SHORTEST:
        return Refused("password_too_short", {"least": SHORTEST})
    password_hash = hash_password(password)
    nonce = secrets.token_bytes(NONCE_BYTES)
    with unit_of_work(engine) as connection:
        agent_id = connection.execute(
            text(
                "INSERT INTO agent (email, role, password_hash, totp_sealed, created_at)"
                " VALUES (:email, :role, :password_hash, :nonce, ledger_now())"
                " ON CONFLICT (email) DO NOTHING RETURNING agent_id"
            ),
            {"email": address, "role": role, "password_hash": password_hash, "nonce": nonce},
        ).scalar_one_or_none()
        if agent_id is None:
            return Refused("agent_exists")
        note(connection, actor=actor, action="agent.add", subject=f"agent:{agent_id}", detail=role)
        return AgentAdded(agent_id, address, role, totp_secret(keys, nonce))
