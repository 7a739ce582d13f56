"""Ends the suspension of a delegate: role, outlets and end are as they were (C33).

The law: only a suspended one; somebody who was removed is invited anew.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import DelegateRow, locked_delegate, locked_partner_of


def resume_delegate(
    engine: Engine, *, lead: ActingDelegate, delegate_id: int
) -> DelegateRow | Refused | None:
    """The delegate as they were before; None for nobody of this partner.

    Refused: role_may_not, delegate_not_suspended.
    """
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        delegate = locked_delegate(connection, lead.partner_id, delegate_id)
        if delegate is None:
            return None
        if delegate.state != "suspended":
            return Refused("delegate_not_suspended")
        connection.execute(
            text("UPDATE delegate SET state = 'active' WHERE delegate_id = :delegate_id"),
            {"delegate_id": delegate_id},
        )
        note(
            connection,
            actor=lead.actor,
            action="delegate.resume",
            subject=delegate.subject,
            partner_id=lead.partner_id,
        )
        return delegate
