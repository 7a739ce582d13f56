"""People who come to the door of the portal, made through the services: invited, with a password,
with an authenticator. What they type is theirs; nothing is inserted behind the services' backs.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta

import pyotp
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from cardservice.domain.derived_secret import derived_secret
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import acting_delegate
from cardservice.services.choose_password import choose_password
from cardservice.services.enrol_authenticator import enrol_authenticator, offered_authenticator
from cardservice.services.entrusted import Entrusted
from cardservice.services.invite_delegate import invite_delegate
from cardservice.services.password_door import Knock
from cardservice.services.sign_in import REALM, sign_in
from cardservice.services.sign_in_links import SECRET_PURPOSE, make_link
from cardservice.services.web_sessions import session_of
from cardservice.wiring import Office
from tests.conftest import A_MORNING
from tests.makers import Shop, make_partner

PASSWORD = "corail vitrail bivouac safran"
OTHER_PASSWORD = "girofle tambour mistral 47"
BROWSER = "Firefox sur Windows"
_numbers = itertools.count(1)


@dataclass
class Comer:
    """Somebody with a mail address. `totp` is their authenticator, `recovery_codes` their paper."""

    office: Office
    partner: Shop
    email: str
    credential_id: int
    delegate_id: int
    totp: pyotp.TOTP | None = None
    recovery_codes: tuple[str, ...] = ()

    def link(self, purpose: str = "invitation") -> str:
        """The secret of a fresh link."""
        with unit_of_work(self.office.engine) as connection:
            nonce = make_link(
                connection, self.office.keys, credential_id=self.credential_id, purpose=purpose
            )
        return derived_secret(self.office.keys, SECRET_PURPOSE, nonce)

    def choose(self, secret: str, password: str = PASSWORD, *, first_name="Zoé", last_name="Roux"):
        with unit_of_work(self.office.engine) as connection:
            return choose_password(
                connection,
                self.office.keys,
                secret=secret,
                password=password,
                first_name=first_name,
                last_name=last_name,
            )

    def enrol(self, asked_by: bytes = b"a session", *, steps_off: int = -1):
        """Enrols an authenticator with the code of the step before, so that the next are free."""
        with unit_of_work(self.office.engine) as connection:
            offer = offered_authenticator(
                connection,
                self.office.keys,
                credential_id=self.credential_id,
                asked_by=asked_by,
                issuer="CJeune",
            )
            codes = enrol_authenticator(
                connection,
                self.office.keys,
                credential_id=self.credential_id,
                asked_by=asked_by,
                code=code_of(self.office, pyotp.TOTP(offer.secret), steps_off=steps_off),
            )
        assert not isinstance(codes, Refused), codes
        self.totp, self.recovery_codes = pyotp.TOTP(offer.secret), tuple(codes)

    def code(self, *, steps_off: int = 0) -> str:
        """What the authenticator shows."""
        assert self.totp is not None
        return code_of(self.office, self.totp, steps_off=steps_off)

    def come(self, password: str = PASSWORD, *, network="192.0.2.1", browser=BROWSER):
        return sign_in(
            self.office.engine,
            self.office.keys,
            Knock(self.email, password, network, None),
            browser=browser,
        )


def code_of(office: Office, totp: pyotp.TOTP, *, steps_off: int = 0) -> str:
    """The code of this moment of the real clock, or of a step near it."""
    with unit_of_work(office.engine) as connection:
        return totp.generate_otp(wall_seconds(connection) // 30 + steps_off)


def invited_lead(office: Office, partner: Shop | None = None, **fields: str) -> Comer:
    """The legal representative of a new partner, who has had nothing but a mail."""
    partner = partner or make_partner(office, **fields)
    with unit_of_work(office.engine) as connection:
        row = connection.execute(
            text(
                "SELECT email, credential_id, delegate_id FROM delegate JOIN credential"
                " USING (credential_id) WHERE partner_id = :partner_id AND role = 'lead'"
            ),
            {"partner_id": partner.partner_id},
        ).one()
    return Comer(office, partner, *row)


def lead_with_password(office: Office, **fields: str) -> Comer:
    """A lead who has chosen a password and has no authenticator yet."""
    lead = invited_lead(office, **fields)
    chosen = lead.choose(lead.link())
    assert not isinstance(chosen, Refused), chosen
    return lead


def lead_with_totp(office: Office, **fields: str) -> Comer:
    """A lead who lacks nothing."""
    lead = lead_with_password(office, **fields)
    lead.enrol()
    return lead


def cashier(office: Office, lead: Comer | None = None, email: str | None = None) -> Comer:
    """A cashier who has chosen a password."""
    lead = lead or lead_with_password(office)
    email = email or f"caisse{next(_numbers)}@librairie.example"
    with unit_of_work(office.engine) as connection:
        acting = acting_delegate(connection, lead.delegate_id)
    assert acting is not None
    delegate_id = invite_delegate(
        office.engine,
        office.keys,
        lead=acting,
        email=email,
        asked=Entrusted("cashier", frozenset((lead.partner.outlet_id,)), None, None),
    )
    assert not isinstance(delegate_id, Refused), delegate_id
    with unit_of_work(office.engine) as connection:
        credential_id = connection.execute(
            text("SELECT credential_id FROM delegate WHERE delegate_id = :delegate_id"),
            {"delegate_id": delegate_id},
        ).scalar_one()
    comer = Comer(office, lead.partner, email, credential_id, delegate_id)
    chosen = comer.choose(comer.link())
    assert not isinstance(chosen, Refused), chosen
    return comer


def session_at(office: Office, secret: str):
    """The live session of a secret."""
    with unit_of_work(office.engine) as connection:
        return session_of(connection, secret, realm=REALM)


def rows(office: Office, statement: str, **values: object):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement), values).all()


def wear_out(clock, attempt) -> None:
    """Seven wrong tries, a minute between them: the next must wait for sixteen seconds."""
    for minute in range(7):
        clock.set(A_MORNING + timedelta(minutes=minute))
        attempt()
