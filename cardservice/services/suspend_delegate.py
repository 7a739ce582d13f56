"""Suspends a delegate: their sessions end, and they cannot sign in until they are resumed (C33).

The law: the lead is never suspended, only handed over; what the person did stays theirs.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import DelegateRow, locked_delegate, locked_partner_of
from cardservice.services.web_sessions import end_sessions
from cardservice.services.write_mail import write_mail


def suspend_delegate(
    engine: Engine, *, lead: ActingDelegate, delegate_id: int
) -> DelegateRow | Refused | None:
    """The delegate as they were before; None for nobody of this partner.

    Refused: role_may_not, delegate_is_lead, delegate_not_active.
    """
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        delegate = locked_delegate(connection, lead.partner_id, delegate_id)
        if delegate is None:
            return None
        if delegate.role == "lead":
            return Refused("delegate_is_lead")
        if delegate.state != "active":
            return Refused("delegate_not_active")
        connection.execute(
            text("UPDATE delegate SET state = 'suspended' WHERE delegate_id = :delegate_id"),
            {"delegate_id": delegate_id},
        )
        end_sessions(connection, delegate_id=delegate_id)
        write_mail(
            connection,
            recipient=delegate.email,
            kind="delegate_suspended",
            facts={"partner_name": lead.trade_name},
        )
        note(
            connection,
            actor=lead.actor,
            action="delegate.suspend",
            subject=delegate.subject,
            partner_id=lead.partner_id,
        )
        return delegate
