"""Hires the agents of a demonstration: one of every role, two who approve (four eyes).

The law: passwords and second factors are real and drawn anew for each demonstration.
"""

from __future__ import annotations

import secrets
from typing import Final

from cardservice.demo.cast import ACTOR, succeed
from cardservice.demo.kept import KeptUser
from cardservice.services.add_agent import add_agent
from cardservice.wiring import Office

_AGENTS: Final = (
    ("finance_preparer", "claire.preparation"),
    ("finance_approver", "hakim.validation"),
    ("finance_approver", "odile.validation"),
    ("hotline", "samir.assistance"),
    ("moderator", "lucie.moderation"),
    ("administrator", "paul.administration"),
)
_MAIL_DOMAIN: Final = "cd13.example"
# Without the letters and digits that people take for one another.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def hire_agents(office: Office) -> list[KeptUser]:
    """The agents, in the order in which they are shown."""
    return [_hire(office, role, f"{name}@{_MAIL_DOMAIN}") for role, name in _AGENTS]


def _hire(office: Office, role: str, email: str) -> KeptUser:
    chosen = password()
    added = succeed(
        add_agent(office.engine, office.keys, email=email, role=role, password=chosen, actor=ACTOR)
    )
    return KeptUser(role, email, chosen, added.totp_secret)


def password() -> str:
    """Four groups that can be read aloud: `kd4w-p7ms-xh2e-9bta`."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)
