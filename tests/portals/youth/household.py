"""Everybody and everything that the matrix of the youths' portal asks for, ours and foreign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.derived_secret import derived_secret
from cardservice.domain.keys import secret_hash
from cardservice.services.ask_parent import Asked, ask_parent
from cardservice.services.member_links import MEMBER_LINK, make_member_link
from cardservice.wiring import Office
from tests.portals.youth.people import Youth, make_member, open_member_session


@dataclass(frozen=True)
class Household:
    """`known` stands before the step of the card, `young` waits for a parent, `linked` has an
    active card, `other` is somebody else with the same; secrets are those of open links."""

    office: Office
    known: Youth
    young: Youth
    linked: Youth
    other: Youth
    sign_up_secret: str
    consent_secret: str
    other_session: str

    def youth(self, role: str | None) -> Youth | None:
        """Who a role is."""
        return {None: None, "known": self.known, "linked": self.linked}[role]


def make_household(office: Office) -> Household:
    """Through the services, but for the members themselves."""
    known = make_member(office, linked=False)
    young = make_member(office, linked=False, birth_date=date(2013, 5, 14))
    linked, other = make_member(office), make_member(office)
    asked = ask_parent(
        office.engine,
        office.keys,
        member_id=young.member_id,
        parent_email="parent@mail.example",
        network="10.3.3.3",
    )
    assert isinstance(asked, Asked), asked
    with unit_of_work(office.engine) as connection:
        nonce = make_member_link(
            connection, office.keys, purpose="sign_up", email="neuf@mail.example"
        )
        consent = connection.execute(
            text(
                "SELECT nonce FROM member_link WHERE member_id = :member_id AND purpose = 'consent'"
            ),
            {"member_id": young.member_id},
        ).scalar_one()
    return Household(
        office,
        known,
        young,
        linked,
        other,
        derived_secret(office.keys, MEMBER_LINK, nonce),
        derived_secret(office.keys, MEMBER_LINK, bytes(consent)),
        secret_hash(open_member_session(office, other))[:8].hex(),
    )
