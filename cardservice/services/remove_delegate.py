"""Removes a delegate for good: sessions end, and the role is theirs no more (C33, C36).

The law: the row stays, because acts of years ago still name it; the lead is handed over first.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import DelegateRow, locked_delegate, locked_partner_of
from cardservice.services.web_sessions import end_sessions


def remove_delegate(
    engine: Engine, *, lead: ActingDelegate, delegate_id: int
) -> DelegateRow | Refused | None:
    """The delegate as they were before; None for nobody of this partner. Again: nothing happens.

    Refused: role_may_not, delegate_is_lead.
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
        if delegate.state == "removed":
            return delegate
        connection.execute(
            text(
                "UPDATE delegate SET state = 'removed', removed_at = ledger_now()"
                " WHERE delegate_id = :delegate_id"
            ),
            {"delegate_id": delegate_id},
        )
        end_sessions(connection, delegate_id=delegate_id)
        note(
            connection,
            actor=lead.actor,
            action="delegate.remove",
            subject=delegate.subject,
            partner_id=lead.partner_id,
        )
        return delegate
