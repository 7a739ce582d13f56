"""Verifies the bank account that waits: a second agent has compared it with the partner (C68, C70).

The law: nobody verifies an IBAN they changed, and a changed one not before its hold is over. How
the holder's name compares with the partner's is kept with the verification, and at the desk another
name takes evidence. The account in use until now is kept as `replaced`; from the commit on money
goes to the new one, and the partner's delegates and its contact address are told so.
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
from cardservice.domain.holder_match import DIFFERENT, compare_names
from cardservice.domain.iban import masked_iban
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.check_agent import agent_with_totp
from cardservice.services.write_mail import write_mail
from cardservice.services.written_reason import reason_refusal

VERIFIERS: Final = ("finance_preparer", "finance_approver", "administrator")


@dataclass(frozen=True, slots=True)
class IbanVerified:
    """The account that reimbursements go to from now on; `holder_match` as in HOLDER_MATCHES."""

    partner_id: int
    masked_iban: str
    holder_name: str
    holder_match: str


@dataclass(frozen=True, slots=True)
class TypedCode:
    """The code of this moment, of whoever verifies at the desk."""

    keys: Keys
    totp: str


def verify_iban(
    engine: Engine,
    *,
    partner_name: str,
    email: str,
    evidence: str = "",
    looked_at: int | None = None,
    code: TypedCode | None = None,
) -> IbanVerified | Refused:
    """The agent of `email` verifies the waiting account of a partner.

    `looked_at` is the account that the agent has compared: one declared meanwhile is not verified
    in its place. `evidence` says how an account of another name was found to be the partner's.
    Refused: agent_unknown, agent_may_not, partner_unknown, partner_ambiguous, iban_not_waiting,
    iban_needs_second_agent, iban_on_hold, iban_name_differs, reason_malformed; with a code also
    totp_wrong, totp_used, sign_in_delayed.
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
        waiting = waiting_account(connection, partner.partner_id, looked_at)
        if waiting is None:
            return Refused("iban_not_waiting")
        match = compare_names(waiting.holder_name, [waiting.legal_name, waiting.trade_name])
        refused = _refusal(waiting, agent, ledger_instant(connection))
        if refused is None:
            refused = _unproven(match, evidence, at_desk=code is not None)
        if refused is not None:
            return refused
        if code is not None:
            # Last, so that a code is used up by what it was typed for.
            proven = agent_with_totp(connection, code.keys, email, code.totp)
            if isinstance(proven, Refused):
                return proven
        _put_in_use(connection, waiting, agent, match=match, evidence=evidence)
        _tell(connection, waiting, agent, match=match)
        return IbanVerified(
            partner.partner_id, masked_iban(waiting.iban), waiting.holder_name, match
        )


def waiting_account(connection: Connection, partner_id: int, looked_at: int | None) -> Any:
    """The account of a locked partner that waits, if it is the one that was looked at."""
    return connection.execute(
        text(
            "SELECT b.bank_account_id, b.partner_id, b.iban, b.holder_name, b.changed_by,"
            " b.usable_from, p.legal_name, p.trade_name"
            " FROM bank_account b JOIN partner p USING (partner_id)"
            " WHERE b.partner_id = :partner_id AND b.state = 'unverified'"
            " AND (CAST(:looked_at AS bigint) IS NULL OR b.bank_account_id = :looked_at)"
            " FOR NO KEY UPDATE OF b"
        ),
        {"partner_id": partner_id, "looked_at": looked_at},
    ).one_or_none()


def _refusal(waiting: Any, agent: Agent, at: datetime) -> Refused | None:
    if waiting.changed_by == agent.actor:
        return Refused("iban_needs_second_agent")
    if at < waiting.usable_from:
        return Refused("iban_on_hold", {"usable_from": format_minute(waiting.usable_from)})
    return None


def _unproven(match: str, evidence: str, *, at_desk: bool) -> Refused | None:
    # Who types commands on the server is told how the names compare, and was never asked for more.
    if at_desk and match == DIFFERENT and not evidence.strip():
        return Refused("iban_name_differs")
    return reason_refusal(evidence) if evidence.strip() else None


def _tell(connection: Connection, waiting: Any, agent: Agent, *, match: str) -> None:
    note(
        connection,
        actor=agent.actor,
        action="iban.verify",
        subject=f"bank_account:{waiting.bank_account_id}",
        detail=f"holder_match={match}",
        partner_id=waiting.partner_id,
    )
    for address in addresses_of_active(connection, waiting.partner_id, with_contact=True):
        write_mail(
            connection,
            recipient=address,
            kind="iban_verified",
            facts={
                "partner_name": waiting.trade_name,
                "masked_iban": masked_iban(waiting.iban),
            },
        )


def _put_in_use(
    connection: Connection, waiting: Any, agent: Agent, *, match: str, evidence: str
) -> None:
    connection.execute(
        text(
            "UPDATE bank_account SET state = 'replaced'"
            " WHERE partner_id = :partner_id AND state = 'verified'"
        ),
        {"partner_id": waiting.partner_id},
    )
    connection.execute(
        text(
            "UPDATE bank_account SET state = 'verified', verified_by = :agent_id,"
            " verified_at = ledger_now(), holder_match = :match, match_evidence = :evidence"
            " WHERE bank_account_id = :account_id"
        ),
        {
            "agent_id": agent.agent_id,
            "account_id": waiting.bank_account_id,
            "match": match,
            "evidence": evidence.strip() or None,
        },
    )
