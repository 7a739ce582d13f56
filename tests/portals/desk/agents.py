"""The agents of a test: one of every role, two who approve, with the sessions of their browsers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import pyotp
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from cardservice.domain.totp import STEP_SECONDS
from cardservice.services.add_agent import add_agent
from cardservice.services.agent_secrets import AgentWithSecrets
from cardservice.services.web_sessions import start_session
from cardservice.wiring import Office

PASSWORD: Final = "quatre chevaux sans rapport 1789"
PREFIX: Final = "/departement"
COOKIE: Final = "cjeune-agent"
ROLES: Final = (
    "finance_preparer",
    "finance_approver",
    "hotline",
    "moderator",
    "administrator",
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Officer:
    """An agent with everything they sign in with."""

    office: Office
    agent_id: int
    email: str
    role: str
    totp_secret: str

    def code(self) -> str:
        """A code that serves now and for a while: the earliest that is left from this step on."""
        with unit_of_work(self.office.engine) as connection:
            step = wall_seconds(connection) // STEP_SECONDS
            used = connection.execute(
                text("SELECT totp_last_step FROM agent WHERE agent_id = :agent_id"),
                {"agent_id": self.agent_id},
            ).scalar_one()
        return pyotp.TOTP(self.totp_secret).generate_otp(max(step, used + 1))

    def fresh_codes(self) -> None:
        """As if half a minute had passed since the last code was given."""
        with unit_of_work(self.office.engine) as connection:
            connection.execute(
                text("UPDATE agent SET totp_last_step = 0 WHERE agent_id = :agent_id"),
                {"agent_id": self.agent_id},
            )


@dataclass(frozen=True)
class Bureau:
    """Everybody at the desk, by role; `second` approves too."""

    people: dict[str, Officer]
    second: Officer

    def __getitem__(self, role: str) -> Officer:
        return self.people[role]


def hire(office: Office, role: str) -> Officer:
    """A new agent with the password of all tests."""
    added = add_agent(
        office.engine,
        office.keys,
        email=f"{role.replace('_', '.')}{next(_numbers)}@departement.example",
        role=role,
        password=PASSWORD,
        actor="test",
    )
    assert isinstance(added, AgentWithSecrets), added
    return Officer(office, added.agent_id, added.email, role, added.totp_secret)


def make_bureau(office: Office) -> Bureau:
    """One agent of every role, and a second approver."""
    return Bureau({role: hire(office, role) for role in ROLES}, hire(office, "finance_approver"))


def open_desk_session(office: Office, officer: Officer) -> str:
    """The secret of a session that has passed both stages."""
    with unit_of_work(office.engine) as connection:
        return start_session(
            connection,
            realm="agent",
            stage="open",
            browser="Firefox sur Linux",
            agent_id=officer.agent_id,
        )
