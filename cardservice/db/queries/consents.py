"""Questions about a parent's consent: is one needed, and what did the parent answer?

The law: under the age of the rule `consent_age`, on the ledger's Paris day, nothing opens without
one consent that stands. From that birthday on nothing more is needed, whatever was answered before.
The birth date of the roster counts once it is known who the member is, until then their own word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, text

from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.scheme import rule_number
from cardservice.domain.calendar import age_on

ConsentState = Literal["not_needed", "missing", "asked", "given", "refused"]
# As long as the link to the parent serves (member_links.py); an older question is asked again.
ANSWERED_WITHIN: Final = timedelta(days=14)

_LAST: Final = (
    "SELECT consent_id, member_id, parent_email, state, asked_at, decided_at, withdrawn_at,"
    " parent_name, words_version,"
    " state = 'asked' AND asked_at <= ledger_now() - CAST(:within AS interval) AS unanswered"
    " FROM parent_consent WHERE member_id = :member_id AND state <> 'replaced'"
    " ORDER BY state IN ('asked', 'given') DESC, consent_id DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Consent:
    """What one parent was asked, and answered. `unanswered`: asked too long ago to be answered."""

    consent_id: int
    member_id: int
    parent_email: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    withdrawn_at: datetime | None
    parent_name: str | None
    words_version: str | None
    unanswered: bool


def consent_state(connection: Connection, member_id: int) -> ConsentState:
    """Where a member stands. `missing` too before they have said when they were born; `refused`
    also covers a consent that was withdrawn."""
    born = birth_date_of(connection, member_id)
    if born is not None and not needs_consent(connection, born):
        return "not_needed"
    return consent_answer(connection, member_id)


def consent_answer(connection: Connection, member_id: int) -> ConsentState:
    """The same for who knows already that a consent is needed."""
    last = last_consent(connection, member_id)
    if last is None or last.unanswered:
        return "missing"
    if last.state == "given":
        return "given"
    return "asked" if last.state == "asked" else "refused"


def last_consent(connection: Connection, member_id: int) -> Consent | None:
    """The one that stands or is asked for; without one, the last that was refused or withdrawn."""
    found = connection.execute(
        text(_LAST), {"member_id": member_id, "within": ANSWERED_WITHIN}
    ).one_or_none()
    return None if found is None else Consent(*found)


def needs_consent(connection: Connection, birth_date: date) -> bool:
    """Whether somebody born on this day needs a parent today."""
    today = paris_today(connection)
    return age_on(birth_date, today) < rule_number(connection, "consent_age", today)


def birth_date_of(connection: Connection, member_id: int) -> date | None:
    """The roster's once linked, what the member said until then; None when nothing is told yet."""
    born: date | None = connection.execute(
        text(
            "SELECT coalesce(b.birth_date, m.birth_date) FROM member m"
            " LEFT JOIN beneficiary b USING (beneficiary_id) WHERE m.member_id = :member_id"
        ),
        {"member_id": member_id},
    ).scalar_one_or_none()
    return born
