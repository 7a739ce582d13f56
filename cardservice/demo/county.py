"""Invents the young people of a county and writes them as the roster that a school office sends.

The law: the same seed gives the same people, and every line passes the import's own rules (C8, C9,
C14): real communes weighted by their population, ages of the school year, every kind of schooling.

It refuses to know the database: people arrive there through `import_roster` alone.
"""

from __future__ import annotations

import csv
import io
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from itertools import islice
from random import Random
from typing import Any

from cardservice.domain.calendar import age_on
from cardservice.domain.eligibility import COLLEGE, NO_SCHOOLING
from cardservice.services.roster_file import COLUMNS

# In a thousand; what is left goes to a collège. The other schools have their share in people.toml.
_YOUTHS = 120
_YOUTH_AGES = (16, 25)
# A first year of collège at eleven, a fourth at fourteen, and those who are early or repeat.
_COLLEGE_AGES = (10, 11, 12, 13, 14, 15, 16)
_COLLEGE_WEIGHTS = (2, 23, 25, 25, 21, 3, 1)
_OTHER_AGES = (11, 12, 13, 14, 15)
_INHABITANTS_PER_COLLEGE = 14_000


@dataclass(frozen=True, slots=True)
class Commune:
    """A real commune of the scheme."""

    name: str
    postal_codes: tuple[str, ...]
    population: int

    @property
    def town(self) -> str:
        """As people write it: Marseille's arrondissements are told by their postal codes."""
        return "Marseille" if self.name.startswith("Marseille ") else self.name


@dataclass(frozen=True, slots=True)
class Person:
    """A line of the roster; `school_kind` is empty for a youth who gets no money."""

    ine: str
    last_name: str
    first_name: str
    birth_date: date
    postal_code: str
    commune: str
    school: str
    school_kind: str
    email: str


def read_communes() -> list[Commune]:
    """The communes that the scheme lists, in its order."""
    lines = _package_text("cardservice.scheme", "communes.csv").splitlines()
    return [
        Commune(line["name"], tuple(line["postal_codes"].split()), int(line["population"]))
        for line in csv.DictReader(lines, delimiter=";")
    ]


def invent_people(random: Random, *, count: int, first_school_day: date) -> list[Person]:
    """`count` people eligible for the school year; the kinds of schooling each appear at once."""
    data = tomllib.loads(_package_text("cardservice.demo", "people.toml"))
    communes = read_communes()
    homes = random.choices(communes, [place.population for place in communes], k=count)
    kinds = _school_kinds(random, data["other_schools"], count)
    ines = _distinct_ines(random, count)
    schools = _Schools(communes, data)
    return [
        _person(random, ine, home, kind, schools=schools, day=first_school_day)
        for ine, home, kind in zip(ines, homes, kinds, strict=True)
    ]


def as_roster(people: Iterable[Person]) -> bytes:
    """The roster file of some people (design §5)."""
    rows = (
        {column: str(getattr(person, column)) for column in COLUMNS}  # dates as 2014-03-21
        for person in people
    )
    return csv_bytes(COLUMNS, rows)


def pupils_of_last_year(people: Iterable[Person], *, first_day: date, count: int) -> list[Person]:
    """The first people who went to a collège in the year before, which began on `first_day`."""
    old_enough = (
        person
        for person in people
        if person.school_kind == COLLEGE and 10 <= age_on(person.birth_date, first_day) <= 14
    )
    return list(islice(old_enough, count))


def csv_bytes(columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> bytes:
    """A `;` file in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def mail_name(text: str) -> str:
    """A name as it stands in a mail address: `jean-baptiste`, `da-silva`."""
    plain = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in bare)
    return "-".join(words.split())


class _Schools:
    """Where a child of a commune goes to school."""

    def __init__(self, communes: list[Commune], data: dict[str, Any]) -> None:
        self._data = data
        self._others = {school["school_kind"]: school["names"] for school in data["other_schools"]}
        self._colleges: dict[str, list[str]] = {}
        for place, commune in enumerate(communes):
            names = data["colleges"]
            # A village sends its children to the next town: one name is then enough.
            how_many = max(1, commune.population // _INHABITANTS_PER_COLLEGE)
            self._colleges[commune.name] = [
                f"Collège {names[(place * 5 + n) % len(names)]}, {commune.town}"
                for n in range(min(how_many, len(names)))
            ]

    def first_name(self, random: Random) -> str:
        return str(random.choice(self._data["first_names"]))

    def last_name(self, random: Random) -> str:
        return str(random.choice(self._data["last_names"]))

    def school(self, random: Random, kind: str, commune: str) -> str:
        if kind == NO_SCHOOLING:
            return ""
        names = self._colleges[commune] if kind == COLLEGE else self._others[kind]
        return str(random.choice(names))


def _person(
    random: Random, ine: str, home: Commune, kind: str, *, schools: _Schools, day: date
) -> Person:
    first_name, last_name = schools.first_name(random), schools.last_name(random)
    mail = f"{mail_name(first_name)}.{mail_name(last_name)}.{ine[5:9]}@jeunes13.example"
    return Person(
        ine,
        last_name,
        first_name,
        _birth_date(random, _age(random, kind), day),
        random.choice(home.postal_codes),
        home.town,
        schools.school(random, kind, home.name),
        kind,
        mail,
    )


def _school_kinds(random: Random, others: list[dict[str, Any]], count: int) -> list[str]:
    """The schooling of each, shuffled; every kind at least once where there is room for it."""
    kinds = [NO_SCHOOLING] * max(1, count * _YOUTHS // 1000)
    for school in others:
        kinds += [school["school_kind"]] * max(1, count * school["share"] // 1000)
    kinds = [*kinds[:count], *[COLLEGE] * (count - len(kinds))]
    random.shuffle(kinds)
    return kinds


def _age(random: Random, kind: str) -> int:
    if kind == COLLEGE:
        return random.choices(_COLLEGE_AGES, _COLLEGE_WEIGHTS)[0]
    if kind == NO_SCHOOLING:
        return random.randint(*_YOUTH_AGES)
    return random.choice(_OTHER_AGES)


def _birth_date(random: Random, age: int, day: date) -> date:
    """A birth date of somebody who is `age` on `day`."""
    # Born on a leap day or not, 365 days back from the day after the last birthday stay inside.
    youngest = date(day.year - age, day.month, day.day)
    return youngest - timedelta(days=random.randrange(365))


def _distinct_ines(random: Random, count: int) -> list[str]:
    """National numbers of eleven characters: nine digits and two letters."""
    letters = "ABCDEFGHJK"
    found: dict[str, None] = {}
    while len(found) < count:
        digits = f"{random.randrange(10**9):09d}"
        found[digits + random.choice(letters) + random.choice(letters)] = None
    return list(found)


def _package_text(package: str, name: str) -> str:
    return (resources.files(package) / name).read_text(encoding="utf-8")
