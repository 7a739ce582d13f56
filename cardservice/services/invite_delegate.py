"""Invites a delegate: their own credentials by mail, for a role, outlets and a time (C33, C34).

The law: a person is a delegate of a partner once, invited or active; the same person may serve
several partners with one credential. The invitation and its mail are kept or lost together.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.entrusted import (
    Entrusted,
    entrusted_refusal,
    locked_partner_of,
    set_outlets,
)
from cardservice.services.lead_delegate import credential_of
from cardservice.services.send_link import send_link


def invite_delegate(
    engine: Engine, keys: Keys, *, lead: ActingDelegate, email: str, asked: Entrusted
) -> int | Refused:
    """The id of the new delegate, who is invited by mail.

    Refused: email_malformed, those of entrusted_refusal, delegate_exists, role_may_not.
    """
    if not email_is_plausible(email):
        return Refused("email_malformed")
    asked = asked.as_kept
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead) or entrusted_refusal(
            connection, lead.partner_id, asked
        )
        if refused is not None:
            return refused
        credential_id = credential_of(connection, email)
        if _is_delegate(connection, lead.partner_id, credential_id):
            return Refused("delegate_exists")
        delegate_id = _add(connection, lead, credential_id=credential_id, asked=asked)
        note(
            connection,
            actor=lead.actor,
            action="delegate.invite",
            subject=f"delegate:{delegate_id}",
            partner_id=lead.partner_id,
        )
        send_link(
            connection,
            keys,
            credential_id=credential_id,
            purpose="invitation",
            partner_name=lead.trade_name,
            invited_by=lead.name,
        )
        return delegate_id


def _is_delegate(connection: Connection, partner_id: int, credential_id: int) -> bool:
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM delegate WHERE partner_id = :partner_id"
            " AND credential_id = :credential_id AND state <> 'removed')"
        ),
        {"partner_id": partner_id, "credential_id": credential_id},
    )
    return bool(found.scalar_one())


def _add(
    connection: Connection, lead: ActingDelegate, *, credential_id: int, asked: Entrusted
) -> int:
    made = connection.execute(
        text(
            "INSERT INTO delegate (partner_id, credential_id, role, every_outlet, ends_before,"
            " ceiling_cents, invited_by, created_at) VALUES (:partner_id, :credential_id, :role,"
            " :every_outlet, :ends_before, :ceiling_cents, :invited_by, ledger_now())"
            " RETURNING delegate_id"
        ),
        {
            "partner_id": lead.partner_id,
            "credential_id": credential_id,
            "role": asked.role,
            "every_outlet": asked.outlet_ids is None,
            "ends_before": asked.ends_before,
            "ceiling_cents": asked.ceiling_cents,
            "invited_by": lead.delegate_id,
        },
    )
    delegate_id = int(made.scalar_one())
    set_outlets(connection, delegate_id, asked.outlet_ids)
    return delegate_id
