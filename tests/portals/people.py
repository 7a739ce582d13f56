"""The people of a partner, made for tests, and the browser session each of them carries.

The law: what the makers leave behind is what the services leave behind. Two partners stand side by
side: `ours` and a foreign one with the same kind of everything, so that a page which forgets to ask
whose a thing is shows it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta

from argon2 import PasswordHasher
from sqlalchemy import Connection, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.domain.refusal import Refused
from cardservice.services.import_partners import import_partners
from cardservice.services.lead_delegate import credential_of
from cardservice.services.web_sessions import session_of, stand_at_till, start_session
from cardservice.wiring import Office
from tests import makers

PASSWORD = "quatre chevaux sans rapport 1789"
# Cheap on purpose: conftest.py has the office use the same.
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_HASH = HASHER.hash(PASSWORD)
TOTP_NONCE = bytes(16)

ROLES = ("lead", "cashier", "accountant", "editor", "day_cashier")
NAMES = {
    "lead": ("Camille", "Roux"),
    "cashier": ("Sofia", "Blanc"),
    "accountant": ("Marc", "Giraud"),
    "editor": ("Inès", "Fabre"),
    "day_cashier": ("Jules", "Renfort"),
    "suspended": ("Paul", "Absent"),
    "invited": ("Nadia", "Attendue"),
}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """A delegate. `email` is None for the bearer of a day's pass."""

    delegate_id: int
    role: str
    email: str | None
    credential_id: int | None


@dataclass
class Team:
    """A partner with two outlets and delegates of every role, by the names of NAMES."""

    partner: makers.Shop
    annex_id: int
    people: dict[str, Person] = field(default_factory=dict)


def make_team(office: Office, **fields: str) -> Team:
    """A partner as it stands after some weeks: everybody has signed in before."""
    return staff(office, *make_partner_of_two_outlets(office, **fields))


def staff(office: Office, partner: makers.Shop, annex_id: int) -> Team:
    """Gives a partner its people, who hold from today on."""
    team = Team(partner, annex_id)
    with unit_of_work(office.engine) as connection:
        team.people["lead"] = _activate_lead(connection, partner.partner_id)
        for name in NAMES:
            if name != "lead":
                team.people[name] = _add(connection, team, name)
    return team


def make_partner_of_two_outlets(office: Office, **fields: str) -> tuple[makers.Shop, int]:
    """The partner with its first outlet, and the second outlet."""
    first = makers.partner_line(**fields)
    second = first | {"outlet": "Annexe", "outlet_address": "1 place du Marché, 13200 Arles"}
    done = import_partners(office.engine, makers.register([first, second]), actor="test")
    assert not isinstance(done, Refused) and done.taken, done
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text(
                "SELECT partner_id, outlet_id, agreement_id, siret, trade_name FROM partner"
                " JOIN outlet USING (partner_id) JOIN agreement USING (partner_id)"
                " WHERE siret = :siret ORDER BY name DESC"
            ),
            {"siret": first["siret"]},
        ).all()
    return makers.Shop(*rows[0]), rows[1].outlet_id


def open_session(office: Office, person: Person, *, at: int | None = None) -> str:
    """The secret of a session that has passed every stage; `at` is the outlet of its till."""
    with unit_of_work(office.engine) as connection:
        secret = start_session(
            connection,
            realm="partner",
            stage="open",
            browser="Firefox sur Linux",
            credential_id=person.credential_id,
            delegate_id=person.delegate_id,
        )
        session = session_of(connection, secret, realm="partner")
        if session is not None and at is not None:
            stand_at_till(connection, session, at)
        return secret


def _activate_lead(connection: Connection, partner_id: int) -> Person:
    row = connection.execute(
        text(
            "SELECT delegate_id, credential_id, email FROM delegate JOIN credential"
            " USING (credential_id) WHERE partner_id = :partner_id AND role = 'lead'"
        ),
        {"partner_id": partner_id},
    ).one()
    _come(connection, "lead", row.delegate_id)
    _choose_password(connection, row.credential_id)
    return Person(row.delegate_id, "lead", row.email, row.credential_id)


def _add(connection: Connection, team: Team, name: str) -> Person:
    role = name if name in ROLES else "cashier"
    email, credential_id = None, None
    if role != "day_cashier":
        email = f"{name}{next(_numbers)}@librairie.example"
        credential_id = credential_of(connection, email)
    today = paris_today(connection)
    delegate_id = connection.execute(
        text(
            "INSERT INTO delegate (partner_id, credential_id, role, first_name, last_name,"
            " every_outlet, ends_before, invited_by, created_at) VALUES (:partner_id,"
            " :credential_id, :role, :first_name, :last_name, :every_outlet, :ends_before, :lead,"
            " ledger_now()) RETURNING delegate_id"
        ),
        {
            "partner_id": team.partner.partner_id,
            "credential_id": credential_id,
            "role": role,
            "first_name": NAMES[name][0],
            "last_name": NAMES[name][1],
            "every_outlet": role in ("accountant", "editor"),
            "ends_before": _tomorrow(today) if role == "day_cashier" else None,
            "lead": team.people["lead"].delegate_id,
        },
    ).scalar_one()
    if role in ("cashier", "day_cashier"):
        connection.execute(
            text("INSERT INTO delegate_outlet VALUES (:delegate_id, :outlet_id)"),
            {"delegate_id": delegate_id, "outlet_id": team.partner.outlet_id},
        )
    if name != "invited":
        _come(connection, name, delegate_id)
        if credential_id is not None:
            _choose_password(connection, credential_id)
    return Person(delegate_id, role, email, credential_id)


def _tomorrow(today: date) -> date:
    return today + timedelta(days=1)


def _come(connection: Connection, name: str, delegate_id: int) -> None:
    connection.execute(
        text(
            "UPDATE delegate SET state = :state, first_name = :first_name, last_name = :last_name,"
            " activated_at = ledger_now() WHERE delegate_id = :delegate_id"
        ),
        {
            "state": "suspended" if name == "suspended" else "active",
            "first_name": NAMES[name][0],
            "last_name": NAMES[name][1],
            "delegate_id": delegate_id,
        },
    )


def _choose_password(connection: Connection, credential_id: int) -> None:
    connection.execute(
        text(
            "UPDATE credential SET password_hash = :password_hash,"
            " password_chosen_at = ledger_now(), totp_nonce = :nonce,"
            " totp_enrolled_at = ledger_now() WHERE credential_id = :credential_id"
        ),
        {"password_hash": _HASH, "nonce": TOTP_NONCE, "credential_id": credential_id},
    )
