"""Members for tests: who has only an address, who is linked to a card, and their browsers.

The law: what is left behind here is what the services leave behind (test_sign_up.py walks the whole
way itself). A linked member holds a card whose code and PIN the test knows.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.services.web_sessions import start_session
from cardservice.wiring import Office
from tests import makers
from tests.portals.people import HASHER, PASSWORD
from tests.portals.site import Site
from tests.portals.visitor import Visitor

PREFIX: Final = "/jeune"
COOKIE: Final = "cjeune-youth"
ROLES: Final = ("known", "linked")
_HASH: Final = HASHER.hash(PASSWORD)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Youth:
    """A member. `card` is None until linked."""

    member_id: int
    email: str
    card: makers.HeldCard | None

    @property
    def held(self) -> makers.HeldCard:
        """The card of a linked member."""
        assert self.card is not None, "this member is not linked"
        return self.card

    @property
    def role(self) -> str:
        return "known" if self.card is None else "linked"


def make_member(
    office: Office,
    *,
    linked: bool = True,
    card: makers.HeldCard | None = None,
    email: str | None = None,
    birth_date: date | None = None,
    told: bool = True,
    easy_reading: bool = False,
) -> Youth:
    """A member of fifteen with an active card of two wallets, or whoever the arguments say.

    `linked=False` has no card yet; `told=False` has not even said who they are. Under fifteen the
    consent is the caller's business.
    """
    born = birth_date or (card.holder.birth_date if card else date(2011, 5, 14))
    if linked and card is None:
        holder = makers.make_beneficiary(office, birth_date=born.isoformat())
        card = makers.make_card(office, holder)
    beneficiary_id = card.holder.beneficiary_id if linked and card else None
    address = email or f"jeune{next(_numbers)}@mail.example"
    with unit_of_work(office.engine) as connection:
        member_id = connection.execute(
            text(
                "INSERT INTO member (email, password_hash, password_chosen_at, first_name,"
                " last_name, birth_date, postal_code, commune, school_kind, beneficiary_id,"
                " linked_at, easy_reading, created_at)"
                " SELECT :email, :password_hash, at, :first_name, :last_name, :birth_date,"
                " :postal_code, :commune, :school_kind, CAST(:beneficiary_id AS bigint),"
                " CASE WHEN CAST(:beneficiary_id AS bigint) IS NOT NULL THEN at END,"
                " :easy_reading, at FROM ledger_now() AS at RETURNING member_id"
            ),
            {
                "email": address,
                "password_hash": _HASH,
                "first_name": "Léa" if told else None,
                "last_name": "Martin" if told else None,
                "birth_date": born if told else None,
                "postal_code": "13080" if told else None,
                "commune": "Aix-en-Provence" if told else None,
                "school_kind": "college" if told else None,
                "beneficiary_id": beneficiary_id,
                "easy_reading": easy_reading,
            },
        ).scalar_one()
    return Youth(member_id, address, card if linked else None)


def open_member_session(office: Office, youth: Youth) -> str:
    """The secret of a session that has just been proved."""
    with unit_of_work(office.engine) as connection:
        return start_session(
            connection,
            realm="youth",
            stage="open",
            browser="Firefox sur Android",
            member_id=youth.member_id,
        )


def browser_of(site: Site, youth: Youth | None) -> Visitor:
    """A browser without a screen, of a member or of a visitor; the caller closes it."""
    secret = None if youth is None else open_member_session(site.office, youth)
    return Visitor(site, secret=secret, prefix=PREFIX, cookie=COOKIE)
