"""Suspends a partner: from the commit on its terminals debit nothing (C4).

The law: it may still ask about, list and cancel what was debited before (design §4); nothing that
is owed to it is touched.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.db.queries.partners import Partner, locked_partner_named
from cardservice.domain.refusal import Refused


def suspend_partner(engine: Engine, *, partner_name: str, actor: str) -> Partner | Refused:
    """`partner_name` is a SIRET, a partner number or an exact name.

    Refused: partner_unknown, partner_ambiguous, partner_suspended.
    """
    with unit_of_work(engine) as connection:
        partner = locked_partner_named(connection, partner_name)
        if isinstance(partner, Refused):
            return partner
        if partner.state != "active":
            return Refused("partner_suspended")
        connection.execute(
            text("UPDATE partner SET state = 'suspended' WHERE partner_id = :partner_id"),
            {"partner_id": partner.partner_id},
        )
        note(
            connection,
            actor=actor,
            action="partner.suspend",
            subject=partner.subject,
            partner_id=partner.partner_id,
        )
        return Partner(partner.partner_id, partner.siret, partner.trade_name, "suspended")
