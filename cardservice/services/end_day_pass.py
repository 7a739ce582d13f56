"""Ends a till pass before its day does: the phone is lost, the person has left (C33).

The law: at once, with the session it has opened; done twice, it is done once.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import locked_partner_of
from cardservice.services.web_sessions import end_sessions


def end_day_pass(engine: Engine, *, lead: ActingDelegate, delegate_id: int) -> int | Refused | None:
    """The id of the bearer; None for no pass of this partner. Refused: role_may_not."""
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        state = connection.execute(
            text(
                "SELECT state FROM delegate WHERE delegate_id = :delegate_id"
                " AND partner_id = :partner_id AND role = 'day_cashier' FOR NO KEY UPDATE"
            ),
            {"delegate_id": delegate_id, "partner_id": lead.partner_id},
        ).scalar_one_or_none()
        if state is None:
            return None
        if state == "removed":
            return delegate_id
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
            action="day_pass.end",
            subject=f"delegate:{delegate_id}",
            partner_id=lead.partner_id,
        )
        return delegate_id
