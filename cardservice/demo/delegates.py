"""Brings the people of two partners of a demonstration to the portal, one of every role.

The law: they come in as anybody does, by an invitation, a password of their own and an
authenticator; what they chose is drawn anew for each demonstration and kept by it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyotp
from sqlalchemy import Connection, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from cardservice.demo.agents import password
from cardservice.demo.cast import succeed
from cardservice.demo.county import mail_name
from cardservice.demo.kept import KeptUser
from cardservice.domain.derived_secret import derived_secret
from cardservice.domain.totp import STEP_SECONDS
from cardservice.services.acting_delegate import acting_delegate
from cardservice.services.choose_password import choose_password
from cardservice.services.enrol_authenticator import enrol_authenticator, offered_authenticator
from cardservice.services.entrusted import Entrusted
from cardservice.services.invite_delegate import invite_delegate
from cardservice.services.sign_in_links import SECRET_PURPOSE, make_link
from cardservice.wiring import Office

LEAD: Final = "lead_delegate"
_LEADS: Final = (("Nadia", "Fabre"), ("Marc", "Giraud"))
# Everything between 25 and 50 € a sale is more than this cashier may take alone.
_CEILING_CENTS: Final = 5_000
_TEAM: Final = (
    ("cashier", "Inès", "Coste", _CEILING_CENTS),
    ("accountant", "Hugo", "Blanc", None),
    ("editor", "Rose", "Isnard", None),
)
_ISSUER: Final = "CJeune"


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """Somebody who holds an invitation."""

    role: str
    delegate_id: int
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class LedPartner:
    """A partner and the delegate who leads it."""

    trade_name: str
    lead_id: int


def first_partners(office: Office) -> list[LedPartner]:
    """The partners who came first: the very first covers both wallets and asks no PIN."""
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text(
                "SELECT trade_name, delegate_id FROM partner JOIN delegate USING (partner_id)"
                " WHERE role = 'lead' AND delegate.state <> 'removed'"
                " ORDER BY partner_id LIMIT :most"
            ),
            {"most": len(_LEADS)},
        ).all()
    return [LedPartner(*row) for row in rows]


def welcome_delegates(office: Office, partners: list[LedPartner]) -> list[KeptUser]:
    """The leads of these partners, and a team of every role for the first."""
    users = []
    for place, partner in enumerate(partners):
        newcomer = _Newcomer(LEAD, partner.lead_id, *_LEADS[place])
        users.append(_come_in(office, newcomer, partner.trade_name))
        if place == 0:
            users += _team(office, partner.lead_id, partner.trade_name)
    return users


def _team(office: Office, lead_id: int, partner_name: str) -> list[KeptUser]:
    with unit_of_work(office.engine) as connection:
        lead = acting_delegate(connection, lead_id)
    assert lead is not None and lead.email is not None, "the lead has just come in"
    domain = lead.email.partition("@")[2]
    users = []
    for role, first_name, last_name, ceiling_cents in _TEAM:
        delegate_id = succeed(
            invite_delegate(
                office.engine,
                office.keys,
                lead=lead,
                email=f"{mail_name(first_name)}.{mail_name(last_name)}@{domain}",
                asked=Entrusted(role, None, None, ceiling_cents),
            )
        )
        newcomer = _Newcomer(role, delegate_id, first_name, last_name)
        users.append(_come_in(office, newcomer, partner_name))
    return users


def _come_in(office: Office, newcomer: _Newcomer, partner_name: str) -> KeptUser:
    chosen = password()
    with unit_of_work(office.engine) as connection:
        credential_id, email = connection.execute(
            text(
                "SELECT credential_id, email FROM delegate JOIN credential USING (credential_id)"
                " WHERE delegate_id = :delegate_id"
            ),
            {"delegate_id": newcomer.delegate_id},
        ).one()
        nonce = make_link(
            connection, office.keys, credential_id=credential_id, purpose="invitation"
        )
        succeed(
            choose_password(
                connection,
                office.keys,
                secret=derived_secret(office.keys, SECRET_PURPOSE, nonce),
                password=chosen,
                first_name=newcomer.first_name,
                last_name=newcomer.last_name,
            )
        )
        totp_secret = _enrol(connection, office, credential_id)
    return KeptUser(newcomer.role, email, chosen, totp_secret, partner_name)


def _enrol(connection: Connection, office: Office, credential_id: int) -> str:
    offer = offered_authenticator(
        connection, office.keys, credential_id=credential_id, asked_by=b"demo", issuer=_ISSUER
    )
    # The step before: the present code is left for whoever signs in first.
    seconds = wall_seconds(connection) - STEP_SECONDS
    succeed(
        enrol_authenticator(
            connection,
            office.keys,
            credential_id=credential_id,
            asked_by=b"demo",
            code=pyotp.TOTP(offer.secret).at(seconds),
        )
    )
    return offer.secret
