"""The Département invites the lead delegate of a partner, for the first time or again (C30, C32).

The law: only a lead who has not come yet; each invitation is a transaction of its own, so that an
interrupted round is simply run again and mails nobody twice.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.db.queries.partners import Partner, locked_partner_named
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.send_link import send_link

_MOST_LEADS: Final = 100_000
_WAITING: Final = "d.role = 'lead' AND d.state = 'invited'"
_INVITED: Final = (
    "EXISTS (SELECT FROM journal j WHERE j.partner_id = d.partner_id"
    " AND j.action IN ('delegate.invite', 'delegate.invite_again')"
    " AND j.subject = 'delegate:' || d.delegate_id)"
)


def invite_lead(
    engine: Engine, keys: Keys, *, partner_name: str, actor: str, only_first: bool = False
) -> Partner | Refused:
    """`partner_name` is a SIRET, a partner number or an exact name; with `only_first` somebody
    who was invited before is left alone.

    Refused: partner_unknown, partner_ambiguous, delegate_not_invited.
    """
    with unit_of_work(engine) as connection:
        partner = locked_partner_named(connection, partner_name)
        if isinstance(partner, Refused):
            return partner
        lead = _waiting_lead(connection, partner.partner_id)
        if lead is None or (only_first and lead.was_invited):
            return Refused("delegate_not_invited")
        note(
            connection,
            actor=actor,
            action="delegate.invite_again" if lead.was_invited else "delegate.invite",
            subject=f"delegate:{lead.delegate_id}",
            partner_id=partner.partner_id,
        )
        send_link(
            connection,
            keys,
            credential_id=lead.credential_id,
            purpose="invitation",
            partner_name=partner.trade_name,
        )
        return partner


def partners_to_invite(engine: Engine) -> list[int]:
    """The numbers of the partners whose lead was never invited, oldest first."""
    with unit_of_work(engine) as connection:
        found = connection.execute(
            text(
                f"SELECT d.partner_id FROM delegate d WHERE {_WAITING} AND NOT {_INVITED}"  # noqa: S608
                " ORDER BY d.partner_id LIMIT :most"
            ),
            {"most": _MOST_LEADS},
        )
        return [partner_id for (partner_id,) in found]


def _waiting_lead(connection: Connection, partner_id: int) -> Any:
    return connection.execute(
        text(
            f"SELECT d.delegate_id, d.credential_id, {_INVITED} AS was_invited"  # noqa: S608
            f" FROM delegate d WHERE d.partner_id = :partner_id AND {_WAITING}"
            " FOR NO KEY UPDATE OF d"
        ),
        {"partner_id": partner_id},
    ).one_or_none()
