"""Parses the roster, the yearly list of pupils and youths, into good rows and bad lines.

The law: every field is checked before a row is called good, eligibility included (C8, C9, C14), and
a bad line names its number, its reason and its column, never its content: the content is a child.
Pure: what it must know of the scheme is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from cardservice.domain.eligibility import (
    SCHOOL_KINDS,
    EligibilityRules,
    NotEligible,
    Person,
    category_of,
)
from cardservice.domain.place_name import fold_place_name
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import (
    BadLine,
    Line,
    day_written,
    email_is_plausible,
    lines_of,
)

COLUMNS: Final = (
    "ine",
    "last_name",
    "first_name",
    "birth_date",
    "postal_code",
    "commune",
    "school",
    "school_kind",
    "email",
)
_REQUIRED: Final = ("ine", "last_name", "first_name", "birth_date", "postal_code", "commune")
_LONGEST: Final = {"ine": 20, "postal_code": 10, "school": 200, "school_kind": 20, "email": 254}
_LONGEST_TEXT: Final = 100

# The national number has eleven characters; older ones and schools' own are let through.
_INE: Final = re.compile(r"[0-9A-Z]{4,20}")
_POSTAL_CODE: Final = re.compile(r"[0-9]{5}")


class RosterRow(NamedTuple):
    """A person who is eligible for the school year of the import."""

    ine: str
    last_name: str
    first_name: str
    birth_date: date
    postal_code: str
    commune: str
    school: str
    school_kind: str
    email: str
    category: str


@dataclass(frozen=True, slots=True)
class RosterRules:
    """What the scheme says for one school year."""

    first_school_day: date
    eligibility: EligibilityRules
    communes: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class RosterFile:
    """Every line of a roster, judged; `rows` hold each INE once."""

    rows: list[RosterRow]
    bad_lines: list[BadLine]


def parse_roster(content: bytes, rules: RosterRules) -> RosterFile | Refused:
    """All lines of a roster file. Any bytes give an answer; nothing raises."""
    lines = lines_of(content, COLUMNS)
    if isinstance(lines, Refused):
        return lines
    places = _Places(rules.communes)
    rows: list[RosterRow] = []
    bad_lines: list[BadLine] = []
    seen: set[str] = set()
    for line in lines:
        row = line if isinstance(line, BadLine) else _judge(line, rules, places)
        if isinstance(row, BadLine):
            bad_lines.append(row)
        elif row.ine in seen:
            assert isinstance(line, Line)
            bad_lines.append(BadLine(line.number, "ine_twice", "ine"))
        else:
            seen.add(row.ine)
            rows.append(row)
    return RosterFile(rows, bad_lines)


class _Places:
    """Postal code and commune -> refusal code or None, folding each spelling once."""

    def __init__(self, communes: Mapping[str, frozenset[str]]) -> None:
        self._communes = communes
        self._folded: dict[str, str] = {}

    def refusal(self, postal_code: str, commune: str) -> str | None:
        names = self._communes.get(postal_code)
        if names is None:
            return "lives_elsewhere"
        folded = self._folded.get(commune)
        if folded is None:
            folded = self._folded[commune] = fold_place_name(commune)
        return None if folded in names else "commune_unknown"


def _judge(line: Line, rules: RosterRules, places: _Places) -> RosterRow | BadLine:
    fields = line.fields
    for column in COLUMNS:
        value = fields[column]
        if not value and column in _REQUIRED:
            return BadLine(line.number, "field_missing", column)
        if len(value) > _LONGEST.get(column, _LONGEST_TEXT):
            return BadLine(line.number, "field_too_long", column)

    ine, birth_date = fields["ine"].upper(), day_written(fields["birth_date"])
    school_kind, email = fields["school_kind"].lower(), fields["email"].lower()
    postal_code, commune = fields["postal_code"], fields["commune"]
    if _INE.fullmatch(ine) is None:
        return BadLine(line.number, "ine_malformed", "ine")
    if birth_date is None:
        return BadLine(line.number, "date_malformed", "birth_date")
    if _POSTAL_CODE.fullmatch(postal_code) is None:
        return BadLine(line.number, "postal_code_malformed", "postal_code")
    if school_kind not in SCHOOL_KINDS:
        return BadLine(line.number, "school_kind_unknown", "school_kind")
    if email and not email_is_plausible(email):
        return BadLine(line.number, "email_malformed", "email")
    if refusal := places.refusal(postal_code, commune):
        column = "commune" if refusal == "commune_unknown" else "postal_code"
        return BadLine(line.number, refusal, column)

    person = Person(birth_date, lives_in_department=True, school_kind=school_kind)
    category = category_of(person, rules.first_school_day, rules.eligibility)
    if isinstance(category, NotEligible):
        return BadLine(line.number, category.code, "birth_date")
    return RosterRow(
        ine,
        fields["last_name"],
        fields["first_name"],
        birth_date,
        postal_code,
        commune,
        fields["school"],
        school_kind,
        email,
        category.category,
    )
