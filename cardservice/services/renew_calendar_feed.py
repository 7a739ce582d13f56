"""Gives a partner's calendar a new address: whoever has the old one sees nothing any more.

The law: the old address ends in the transaction that makes the new one.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.calendar_feed import add_feed


def renew_calendar_feed(engine: Engine, keys: Keys, *, delegate: ActingDelegate) -> None:
    """Ends the address that is there and makes another."""
    with unit_of_work(engine) as connection:
        connection.execute(
            text("DELETE FROM calendar_feed WHERE partner_id = :partner_id"),
            {"partner_id": delegate.partner_id},
        )
        add_feed(connection, keys, delegate.partner_id)
        note(
            connection,
            actor=delegate.actor,
            action="calendar_feed.renew",
            subject=f"partner:{delegate.partner_id}",
            partner_id=delegate.partner_id,
        )
