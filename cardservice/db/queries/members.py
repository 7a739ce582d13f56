"""Questions about members: who is signed in to the youths' portal, and how far they have come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import Connection, text

from cardservice.db.queries.consents import consent_state


@dataclass(frozen=True, slots=True)
class Member:
    """A youth who is signed in. `beneficiary_id` is None until a proof has linked them."""

    member_id: int
    email: str
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    postal_code: str | None
    commune: str | None
    school_kind: str | None
    beneficiary_id: int | None
    easy_reading: bool
    notices_in_page: bool
    notices_by_push: bool
    notices_by_mail: bool
    quiet_from: time | None
    quiet_until: time | None
    # Whether a parent's word still lacks: under fifteen without a consent in force.
    needs_consent: bool

    @property
    def role(self) -> str:
        """What decides which pages are open: `linked` once it is known who this is, and nobody has
        to agree first."""
        return "known" if self.beneficiary_id is None or self.needs_consent else "linked"

    @property
    def actor(self) -> str:
        """How the journal names the person."""
        return f"member:{self.member_id}"


def member_of_id(connection: Connection, member_id: int) -> Member | None:
    """The member of a surrogate id, as they are now; None when closed."""
    found = connection.execute(
        text(
            "SELECT member_id, email, first_name, last_name, birth_date, postal_code, commune,"
            " school_kind, beneficiary_id, easy_reading, notices_in_page, notices_by_push,"
            " notices_by_mail, quiet_from, quiet_until"
            " FROM member WHERE member_id = :member_id AND closed_at IS NULL"
        ),
        {"member_id": member_id},
    ).one_or_none()
    if found is None:
        return None
    may_open = consent_state(connection, member_id) in ("not_needed", "given")
    return Member(*(*found, not may_open))
