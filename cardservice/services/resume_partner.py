"""Ends the suspension of a partner: its terminals debit again (C4).

The law: only a suspended partner; keys, agreements and what is owed are as they were.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.db.queries.partners import Partner, locked_partner_named
from cardservice.domain.refusal import Refused


def resume_partner(engine: Engine, *, partner_name: str, actor: str) -> Partner | Refused:
    """`partner_name` is a SIRET, a partner number or an exact name.

    Refused: partner_unknown, partner_ambiguous, partner_not_suspended.
    """
    with unit_of_work(engine) as connection:
        partner = locked_partner_named(connection, partner_name)
        if isinstance(partner, Refused):
            return partner
        if partner.state != "suspended":
            return Refused("partner_not_suspended")
        connection.execute(
            text("UPDATE partner SET state = 'active' WHERE partner_id = :partner_id"),
            {"partner_id": partner.partner_id},
        )
        note(
            connection,
            actor=actor,
            action="partner.resume",
            subject=partner.subject,
            partner_id=partner.partner_id,
        )
        return Partner(partner.partner_id, partner.siret, partner.trade_name, "active")
