"""What the scheme would give somebody of whom something is said, in the school year that counts.

The law: that year is the one of today; in the weeks before a first school day, the coming one.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.domain.calendar import school_year_containing
from cardservice.domain.eligibility import NotEligible, Person, category_of


def year_of_admission(connection: Connection) -> scheme.SchoolYear | None:
    """The school year that counts; None while the scheme does not hold it."""
    today = paris_today(connection)
    return scheme.school_year_on(connection, today) or scheme.school_year_numbered(
        connection, school_year_containing(today)
    )


def category_said(connection: Connection, birth_date: date, school_kind: str) -> str | NotEligible:
    """The category of somebody who lives here, if this is true; or why there is none."""
    year = year_of_admission(connection)
    first_day = paris_today(connection) if year is None else year.first_day
    person = Person(birth_date, lives_in_department=True, school_kind=school_kind)
    found = category_of(person, first_day, scheme.eligibility_rules(connection, first_day))
    return found if isinstance(found, NotEligible) else found.category
