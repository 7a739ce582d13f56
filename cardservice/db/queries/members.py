"""Questions about members: who is signed in to the youths' portal, and how far they have come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries.consents import consent_answer
from cardservice.domain.calendar import age_on

# Every page of a youth asks this: one question for all that a needed consent depends on. Made once:
# SQLAlchemy reads a text anew each time it is made.
_MEMBER: Final = text(
    "SELECT m.member_id, m.email, m.first_name, m.last_name, m.birth_date, m.postal_code,"
    " m.commune, m.school_kind, m.beneficiary_id, m.easy_reading, m.notices_in_page,"
    " m.notices_by_push, m.notices_by_mail, m.quiet_from, m.quiet_until,"
    " coalesce(b.birth_date, m.birth_date) AS born, d.today,"
    " (SELECT value FROM scheme_rule WHERE name = 'consent_age' AND valid_from <= d.today"
    "  ORDER BY valid_from DESC LIMIT 1) AS consent_age"
    " FROM member m LEFT JOIN beneficiary b USING (beneficiary_id),"
    " (SELECT CAST(ledger_now() AT TIME ZONE 'Europe/Paris' AS date) AS today) AS d"
    " WHERE m.member_id = :member_id AND m.closed_at IS NULL"
)


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
    """The member of a surrogate id, as they are now; None when closed.

    LookupError where no scheme was loaded and somebody's age has to be judged."""
    found = connection.execute(_MEMBER, {"member_id": member_id}).one_or_none()
    if found is None:
        return None
    *columns, born, today, consent_age = found
    needs_consent = _is_too_young(born, today, consent_age)
    if needs_consent:
        needs_consent = consent_answer(connection, member_id) != "given"
    return Member(*(*columns, needs_consent))


def _is_too_young(born: date | None, today: date, consent_age: int | None) -> bool:
    """Who has not said when they were born may be."""
    if born is None:
        return True
    if consent_age is None:
        raise LookupError(f"the scheme has no rule consent_age on {today}")
    assert isinstance(consent_age, int), "rule consent_age is a number"
    return age_on(born, today) < consent_age
