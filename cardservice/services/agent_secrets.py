"""What an agent signs in with, made anew: the password's hash, the nonce of the second factor.

The law: the password is stored as Argon2id, the TOTP secret not at all (domain/totp.py); both
are told to the person and to nobody else.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cardservice.db.tables.people import AGENT_ROLES
from cardservice.domain.keys import Keys
from cardservice.domain.password import SHORTEST
from cardservice.domain.refusal import Refused
from cardservice.domain.totp import NONCE_BYTES, totp_secret
from cardservice.services.password_hash import hash_password


@dataclass(frozen=True, slots=True)
class AgentWithSecrets:
    """An agent and the secret that the authenticator is enrolled with, told once."""

    agent_id: int
    email: str
    role: str
    totp_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentSecrets:
    """What is stored of them."""

    password_hash: str = field(repr=False)
    nonce: bytes = field(repr=False)

    def told(self, keys: Keys, *, agent_id: int, email: str, role: str) -> AgentWithSecrets:
        """The agent who was given them."""
        return AgentWithSecrets(agent_id, email, role, totp_secret(keys, self.nonce))


def make_secrets(*, role: str | None, password: str) -> AgentSecrets | Refused:
    """Refused: agent_role_unknown, password_too_short. `role` None keeps the agent's own."""
    if role is not None and role not in AGENT_ROLES:
        return Refused("agent_role_unknown")
    if len(password) < SHORTEST:
        return Refused("password_too_short", {"least": SHORTEST})
    return AgentSecrets(hash_password(password), secrets.token_bytes(NONCE_BYTES))
