"""Turns down the bank account that waits: it is not the partner's, or nobody can tell (C68, C70).

The law: money goes on going where it went; nothing is overwritten: the account is kept as
`replaced`, with who refused it and why. The partner is told the reason, in the agent's words.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import agent_of_email
from cardservice.db.queries.delegates import addresses_of_active
from cardservice.db.queries.journal import note
from cardservice.db.queries.partners import locked_partner_named
from cardservice.domain.iban import masked_iban
from cardservice.domain.refusal import Refused
from cardservice.services.verify_iban import VERIFIERS, waiting_account
from cardservice.services.write_mail import write_mail
from cardservice.services.written_reason import reason_refusal


def refuse_iban(
    engine: Engine, *, partner_name: str, email: str, reason: str, looked_at: int | None = None
) -> str | Refused:
    """The masked number of the account that does not wait any more.

    Refused: reason_malformed, agent_unknown, agent_may_not, partner_unknown, partner_ambiguous,
    iban_not_waiting.
    """
    malformed = reason_refusal(reason)
    if malformed is not None:
        return malformed
    with unit_of_work(engine) as connection:
        agent = agent_of_email(connection, email)
        if agent is None:
            return Refused("agent_unknown")
        if agent.role not in VERIFIERS:
            return Refused("agent_may_not")
        partner = locked_partner_named(connection, partner_name)
        if isinstance(partner, Refused):
            return partner
        waiting = waiting_account(connection, partner.partner_id, looked_at)
        if waiting is None:
            return Refused("iban_not_waiting")
        connection.execute(
            text(
                "UPDATE bank_account SET state = 'replaced', refused_by = :agent_id,"
                " refused_at = ledger_now(), refusal_reason = :reason"
                " WHERE bank_account_id = :account_id"
            ),
            {
                "agent_id": agent.agent_id,
                "account_id": waiting.bank_account_id,
                "reason": reason.strip(),
            },
        )
        note(
            connection,
            actor=agent.actor,
            action="iban.refuse",
            subject=f"bank_account:{waiting.bank_account_id}",
            partner_id=partner.partner_id,
        )
        masked = masked_iban(waiting.iban)
        for address in addresses_of_active(connection, partner.partner_id, with_contact=True):
            write_mail(
                connection,
                recipient=address,
                kind="iban_refused",
                facts={
                    "partner_name": partner.trade_name,
                    "masked_iban": masked,
                    "reason": reason.strip(),
                },
            )
        return masked
