"""Sends an invitation once more: the mail was lost, or its fifteen minutes went by (C34).

The law: only for somebody who has not come yet, and a few times an hour: nobody's letter box is
filled. The new link ends the older ones.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.entrusted import DelegateRow, locked_delegate, locked_partner_of
from cardservice.services.send_link import AN_HOUR, MOST_AN_HOUR, send_link


def invite_again(
    engine: Engine, keys: Keys, *, lead: ActingDelegate, delegate_id: int
) -> DelegateRow | Refused | None:
    """The delegate who is mailed again; None for nobody of this partner.

    Refused: role_may_not, delegate_not_invited, invitations_too_many.
    """
    with unit_of_work(engine) as connection:
        refused = locked_partner_of(connection, lead)
        if refused is not None:
            return refused
        delegate = locked_delegate(connection, lead.partner_id, delegate_id)
        if delegate is None:
            return None
        if delegate.state != "invited":
            return Refused("delegate_not_invited")
        if _sent_enough(connection, delegate, lead.partner_id):
            return Refused("invitations_too_many")
        note(
            connection,
            actor=lead.actor,
            action="delegate.invite_again",
            subject=delegate.subject,
            partner_id=lead.partner_id,
        )
        send_link(
            connection,
            keys,
            credential_id=delegate.credential_id,
            purpose="invitation",
            partner_name=lead.trade_name,
            invited_by=lead.name,
        )
        return delegate


def _sent_enough(connection: Connection, delegate: DelegateRow, partner_id: int) -> bool:
    sent = connection.execute(
        text(
            "SELECT count(*) FROM journal WHERE partner_id = :partner_id AND subject = :subject"
            " AND action = 'delegate.invite_again' AND at > ledger_now() - :an_hour"
        ),
        {"partner_id": partner_id, "subject": delegate.subject, "an_hour": AN_HOUR},
    ).scalar_one()
    return int(sent) >= MOST_AN_HOUR
