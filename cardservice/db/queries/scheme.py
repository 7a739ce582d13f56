"""Questions to the scheme: its rules, school years, grants and communes on a given day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from cardservice.domain.eligibility import EligibilityRules
from cardservice.domain.place_name import fold_place_name


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """`school_year` 2026 is 2026-2027; both days are included (C20)."""

    school_year: int
    first_day: date
    last_day: date


def rule(connection: Connection, name: str, day: date) -> Any:
    """The value of a rule in force on a Paris day. LookupError when there is none: a scheme
    without it was never loaded."""
    found = connection.execute(
        text(
            "SELECT value FROM scheme_rule WHERE name = :name AND valid_from <= :day"
            " ORDER BY valid_from DESC LIMIT 1"
        ),
        {"name": name, "day": day},
    ).one_or_none()
    if found is None:
        raise LookupError(f"the scheme has no rule {name} on {day}")
    return found.value


def rule_number(connection: Connection, name: str, day: date) -> int:
    """A rule that is a whole number: cents, hours, minutes, tries."""
    value = rule(connection, name, day)
    assert isinstance(value, int) and not isinstance(value, bool), f"rule {name} is a number"
    return value


def eligibility_rules(connection: Connection, day: date) -> EligibilityRules:
    """The ages in force on a day, usually a first school day."""

    def ages(name: str) -> tuple[int, int]:
        youngest, oldest = rule(connection, name, day)
        return youngest, oldest

    return EligibilityRules(ages("college_ages"), ages("other_schooling_ages"), ages("youth_ages"))


def school_year_numbered(connection: Connection, school_year: int) -> SchoolYear | None:
    """The school year that begins in calendar year `school_year`, if the scheme holds it."""
    found = connection.execute(
        text(
            "SELECT school_year, first_day, last_day FROM school_year"
            " WHERE school_year = :school_year"
        ),
        {"school_year": school_year},
    ).one_or_none()
    return None if found is None else SchoolYear(*found)


def school_year_on(connection: Connection, day: date) -> SchoolYear | None:
    """The school year a Paris day belongs to; None between 31 August and the first school day."""
    found = connection.execute(
        text(
            "SELECT school_year, first_day, last_day FROM school_year"
            " WHERE :day BETWEEN first_day AND last_day ORDER BY school_year DESC LIMIT 1"
        ),
        {"day": day},
    ).one_or_none()
    return None if found is None else SchoolYear(*found)


def grants_of(connection: Connection, school_year: int) -> dict[str, int]:
    """Wallet -> cents that a collégien gets in a school year (C10 to C12)."""
    found = connection.execute(
        text(
            "SELECT wallet, amount_cents FROM wallet_grant WHERE school_year = :school_year"
            " ORDER BY wallet"
        ),
        {"school_year": school_year},
    )
    return {wallet: amount_cents for wallet, amount_cents in found}


def communes_by_postal_code(connection: Connection) -> dict[str, frozenset[str]]:
    """Postal code -> folded names of the department's communes behind it."""
    places: dict[str, set[str]] = {}
    for name, postal_codes in connection.execute(
        text("SELECT name, postal_codes FROM commune ORDER BY insee_code")
    ):
        for postal_code in postal_codes:
            places.setdefault(postal_code, set()).add(fold_place_name(name))
    return {postal_code: frozenset(names) for postal_code, names in places.items()}


def known_commune(connection: Connection, postal_code: str, commune: str) -> bool:
    """Whether this is a commune of the department under this postal code (C8)."""
    names = communes_by_postal_code(connection).get(postal_code, frozenset())
    return fold_place_name(commune) in names
