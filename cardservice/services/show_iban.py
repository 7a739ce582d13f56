"""Shows an agent the whole number of an account that waits, to be held against the RIB (C68).

The law: every look is in the journal, with the account and nobody's name; who may not verify does
not look. A page that is loaded again within ten minutes is the same look.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import agent_of_email
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.verify_iban import VERIFIERS


def show_iban(engine: Engine, bank_account_id: int, *, email: str) -> str | Refused:
    """The IBAN without spaces. Refused: agent_unknown, agent_may_not, iban_not_waiting."""
    with unit_of_work(engine) as connection:
        agent = agent_of_email(connection, email)
        if agent is None:
            return Refused("agent_unknown")
        if agent.role not in VERIFIERS:
            return Refused("agent_may_not")
        iban: str | None = connection.execute(
            text(
                "SELECT iban FROM bank_account"
                " WHERE bank_account_id = :account_id AND state = 'unverified'"
            ),
            {"account_id": bank_account_id},
        ).scalar_one_or_none()
        if iban is None:
            return Refused("iban_not_waiting")
        subject = f"bank_account:{bank_account_id}"
        if not _just_looked(connection, agent.actor, subject):
            note(connection, actor=agent.actor, action="iban.show", subject=subject)
        return iban


def _just_looked(connection: Connection, actor: str, subject: str) -> bool:
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM journal WHERE subject = :subject AND action = 'iban.show'"
            " AND actor = :actor AND at > ledger_now() - interval '10 minutes')"
        ),
        {"subject": subject, "actor": actor},
    )
    return bool(found.scalar_one())
