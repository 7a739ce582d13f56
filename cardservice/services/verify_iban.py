"""Verifies the bank account that waits: a second agent has compared it with the partner (C68, C70).

The law: nobody verifies an IBAN they changed, and a changed one not before its hold is over. The
account in use until now is kept as `replaced`; from the commit on money goes to the new one, and
the partner's delegates and its contact address are told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent, agent_of_email
from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.delegates import addresses_of_active
from cardservice.db.queries.journal import note
from cardservice.db.queries.partners import locked_partner_named
from cardservice.domain.calendar import format_minute
from cardservice.domain.iban import masked_iban
from cardservice.domain.refusal import Refused
from cardservice.services.write_mail import write_mail

VERIFIERS: Final = ("finance_preparer", "finance_approver", "administrator")


@dataclass(frozen=True, slots=True)
class IbanVerified:
    """The account that reimbursements go to from now on."""

    partner_id: int
    masked_iban: str


def verify_iban(engine: Engine, *, partner_name: str, email: str) -> IbanVerified | Refused:
    """The agent of `email` verifies the waiting account of a partner.

    Refused: agent_unknown, agent_may_not, partner_unknown, partner_ambiguous, iban_not_waiting,
    iban_needs_second_agent, iban_on_hold.
    """
    with unit_of_work(engine) as connection:
        agent = agent_of_email(connection, email)
        if agent is None:
            return Refused("agent_unknown")
        if agent.role not in VERIFIERS:
            return Refused("agent_may_not")
        partner = locked_partner_named(connection, partner_name)
        if isinstance(partner, Refused):
            return partner
        waiting = _waiting_account(connection, partner.partner_id)
        if waiting is None:
            return Refused("iban_not_waiting")
        refused = _refusal(waiting, agent, ledger_instant(connection))
        if refused is not None:
            return refused
        _put_in_use(connection, partner.partner_id, waiting.bank_account_id, agent)
        note(
            connection,
            actor=agent.actor,
            action="iban.verify",
            subject=f"bank_account:{waiting.bank_account_id}",
            partner_id=partner.partner_id,
        )
        for address in addresses_of_active(connection, partner.partner_id, with_contact=True):
            write_mail(
                connection,
                recipient=address,
                kind="iban_verified",
                facts={
                    "partner_name": partner.trade_name,
                    "masked_iban": masked_iban(waiting.iban),
                },
            )
        return IbanVerified(partner.partner_id, masked_iban(waiting.iban))


def _waiting_account(connection: Connection, partner_id: int) -> Any:
    return connection.execute(
        text(
            "SELECT bank_account_id, iban, changed_by, usable_from FROM bank_account"
            " WHERE partner_id = :partner_id AND state = 'unverified' FOR NO KEY UPDATE"
        ),
        {"partner_id": partner_id},
    ).one_or_none()


def _refusal(waiting: Any, agent: Agent, at: datetime) -> Refused | None:
    if waiting.changed_by == agent.actor:
        return Refused("iban_needs_second_agent")
    if at < waiting.usable_from:
        return Refused("iban_on_hold", {"usable_from": format_minute(waiting.usable_from)})
    return None


def _put_in_use(connection: Connection, partner_id: int, account_id: int, agent: Agent) -> None:
    connection.execute(
        text(
            "UPDATE bank_account SET state = 'replaced'"
            " WHERE partner_id = :partner_id AND state = 'verified'"
        ),
        {"partner_id": partner_id},
    )
    connection.execute(
        text(
            "UPDATE bank_account SET state = 'verified', verified_by = :agent_id,"
            " verified_at = ledger_now() WHERE bank_account_id = :account_id"
        ),
        {"agent_id": agent.agent_id, "account_id": account_id},
    )
