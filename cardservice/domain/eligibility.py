"""Who gets a card, and of which kind (C3, C8, C9, C14; requirements §2).

A collégien lives in the department and either goes to a college there, or is of college
age and schooled otherwise; a youth lives in the department, is 16 to 25 and no collégien.

Law: age counts on the first school day and is fixed for the year; ages are dated rows of
the database, handed in as `EligibilityRules`, never constants here.
It refuses to know what a category is worth (grants) and asks nobody's income (C15).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from cardservice.domain.calendar import age_on

COLLEGE: Final = "college"
OTHER_SCHOOLING: Final = ("mfr", "ime", "lycee_pro", "cned", "idf")
NO_SCHOOLING: Final = ""
SCHOOL_KINDS: Final = ("college", "mfr", "ime", "lycee_pro", "cned", "idf", "")


@dataclass(frozen=True, slots=True)
class Person:
    """What eligibility asks of a person; ValueError unless the kind is in `SCHOOL_KINDS`.

    "college" means a college in the department; "" means no school that counts.
    """

    birth_date: date
    lives_in_department: bool
    school_kind: str

    def __post_init__(self) -> None:
        if self.school_kind not in SCHOOL_KINDS:
            raise ValueError(f"not a school kind: {self.school_kind!r}")


@dataclass(frozen=True, slots=True)
class EligibilityRules:
    """The ages in force, each (youngest, oldest) in whole years, both included.

    In 2026: college_ages (10, 17), other_schooling_ages (11, 15), youth_ages (16, 25).
    "Up to 25" lasts until the day before the 26th birthday.
    """

    college_ages: tuple[int, int]
    other_schooling_ages: tuple[int, int]
    youth_ages: tuple[int, int]

    def __post_init__(self) -> None:
        for youngest, oldest in (self.college_ages, self.other_schooling_ages, self.youth_ages):
            if not 0 <= youngest <= oldest:
                raise ValueError(f"not a span of ages: {youngest} to {oldest}")


@dataclass(frozen=True, slots=True)
class Eligible:
    """`category` is "collegien" (two wallets) or "youth" (no money)."""

    category: str


@dataclass(frozen=True, slots=True)
class NotEligible:
    """`code` is lives_elsewhere, too_young, too_old or not_schooled_here."""

    code: str


def category_of(
    person: Person, first_school_day: date, rules: EligibilityRules
) -> Eligible | NotEligible:
    """The category of a person for the school year that starts on `first_school_day`.

    Living elsewhere comes first: whoever moves here may ask again, whatever the age.
    """
    if not person.lives_in_department:
        return NotEligible("lives_elsewhere")

    age = age_on(person.birth_date, first_school_day)
    if _is_collegien(age, person.school_kind, rules):
        return Eligible("collegien")
    if _within(age, rules.youth_ages):
        return Eligible("youth")
    return NotEligible(_reason(age, person.school_kind, rules))


def _is_collegien(age: int, school_kind: str, rules: EligibilityRules) -> bool:
    if school_kind == COLLEGE:
        return _within(age, rules.college_ages)
    if school_kind in OTHER_SCHOOLING:
        return _within(age, rules.other_schooling_ages)
    return False


def _reason(age: int, school_kind: str, rules: EligibilityRules) -> str:
    if age > rules.youth_ages[1]:
        return "too_old"
    # Of an age at which a college would have opened the door: the school is what lacks.
    if school_kind == NO_SCHOOLING and age >= rules.college_ages[0]:
        return "not_schooled_here"
    return "too_young"


def _within(age: int, ages: tuple[int, int]) -> bool:
    youngest, oldest = ages
    return youngest <= age <= oldest
