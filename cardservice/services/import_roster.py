"""Takes a roster: creates and updates people, fixes their category, gives collégiens their money.

The law: a person is known by INE; person fields follow the file, a category never falls from
collégien to youth within a year, a grant is given once, an erased INE is never recreated, and who
was erased without one not before their school year is over (erased_people.py). With a
bad line nothing is taken unless the caller accepts the valid ones. The same file twice changes
nothing.

People are taken in one unit of work, grants follow in small ones (give_grants.py). A cut between
both heals at the next import, which grants whatever is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme, turns
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.domain.calendar import school_year_containing
from cardservice.domain.keys import Keys, ine_mac
from cardservice.domain.person_name import same_first_name, same_last_name
from cardservice.domain.place_name import fold_place_name
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import BadLine
from cardservice.services.erased_people import ines_among
from cardservice.services.give_grants import give_missing_grants
from cardservice.services.roster_file import RosterRow, RosterRules, parse_roster

PEOPLE_AT_ONCE: Final = 5_000

Progress = Callable[[int, int], object]

_PERSON_COLUMNS: Final = (
    "last_name",
    "first_name",
    "birth_date",
    "postal_code",
    "commune",
    "school",
    "school_kind",
    "email",
)
_LINES: Final = (
    "unnest(CAST(:ine AS text[]), CAST(:last_name AS text[]), CAST(:first_name AS text[]),"
    " CAST(:birth_date AS date[]), CAST(:postal_code AS text[]), CAST(:commune AS text[]),"
    " CAST(:school AS text[]), CAST(:school_kind AS text[]), CAST(:email AS text[]),"
    " CAST(:category AS text[])) AS line (ine, " + ", ".join(_PERSON_COLUMNS) + ", category)"
)


@dataclass(frozen=True, slots=True)
class RosterImported:
    """What an import did. `taken` is false when bad lines held everything back.

    `erased` lines are of people who asked to be forgotten: they are passed over. `grants_refused`
    (budget_exceeded) says why nobody was given money; the people were taken all the same.
    """

    taken: bool
    school_year: int
    bad_lines: list[BadLine]
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    erased: int = 0
    granted: int = 0
    grants_refused: Refused | None = None


@dataclass(slots=True)
class _Counts:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    erased: int = 0


def import_roster(
    engine: Engine,
    keys: Keys,
    content: bytes,
    *,
    actor: str,
    school_year: int | None = None,
    accept_valid: bool = False,
    progress: Progress = lambda done, total: None,
) -> RosterImported | Refused:
    """Takes the bytes of a roster file for a school year (the one of today's day by default).

    `progress(done, total)` counts the people, then starts again and counts the grants.
    Refused: school_year_unknown, file_too_large, file_too_long, file_columns_differ. Bad lines are
    a result: the caller shows them.
    """
    with unit_of_work(engine) as connection:
        if school_year is None:
            school_year = school_year_containing(paris_today(connection))
        rules = _rules(connection, school_year)
        if isinstance(rules, Refused):
            return rules
        parsed = parse_roster(content, rules)
        if isinstance(parsed, Refused):
            return parsed
        if parsed.bad_lines and not accept_valid:
            return RosterImported(False, school_year, parsed.bad_lines)

        counts = _take_people(connection, keys, parsed.rows, school_year, progress)
        if counts.created or counts.updated:
            note(
                connection,
                actor=actor,
                action="roster.import",
                subject=f"school_year:{school_year}",
                detail=f"created={counts.created} updated={counts.updated}"
                f" unchanged={counts.unchanged} bad={len(parsed.bad_lines)}",
            )
    granted = give_missing_grants(engine, school_year, progress=progress)
    return RosterImported(
        True,
        school_year,
        parsed.bad_lines,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.erased,
        0 if isinstance(granted, Refused) else granted,
        granted if isinstance(granted, Refused) else None,
    )


def _rules(connection: Connection, school_year: int) -> RosterRules | Refused:
    year = scheme.school_year_numbered(connection, school_year)
    if year is None:
        return Refused("school_year_unknown", {"school_year": school_year})
    return RosterRules(
        year.first_day,
        scheme.eligibility_rules(connection, year.first_day),
        scheme.communes_by_postal_code(connection),
    )


def _take_people(
    connection: Connection,
    keys: Keys,
    rows: Sequence[RosterRow],
    school_year: int,
    progress: Progress,
) -> _Counts:
    # Two imports at once would each see the other's newcomers as unknown.
    turns.wait_for_turn(connection, turns.ROSTER)
    counts = _Counts()
    for start in range(0, len(rows), PEOPLE_AT_ONCE):
        batch = rows[start : start + PEOPLE_AT_ONCE]
        _take_batch(connection, keys, batch, school_year, counts)
        progress(start + len(batch), len(rows))
    return counts


def _take_batch(
    connection: Connection,
    keys: Keys,
    batch: Sequence[RosterRow],
    school_year: int,
    counts: _Counts,
) -> None:
    lines = {
        name: list(values)
        for name, values in zip(RosterRow._fields, zip(*batch, strict=True), strict=True)
    }
    columns = ", ".join(_PERSON_COLUMNS)
    stored = ", ".join(f"b.{column}" for column in _PERSON_COLUMNS)
    given = ", ".join(f"line.{column}" for column in _PERSON_COLUMNS)

    _give_ines(connection, batch)
    # One statement for both: whoever is erased meanwhile is found by their INE or by its digest.
    known = connection.execute(
        text(
            "SELECT b.ine, false AS erased,"  # noqa: S608
            f" ({stored}) IS DISTINCT FROM ({given}) AS differs"
            f" FROM {_LINES} JOIN beneficiary b USING (ine)"
            " UNION ALL SELECT gone.ine, true, false"
            " FROM unnest(CAST(:ine AS text[]), CAST(:mac AS bytea[])) AS gone (ine, mac)"
            " JOIN beneficiary b ON b.erased_ine_mac = gone.mac"
        ),
        lines | {"mac": [ine_mac(keys, row.ine) for row in batch]},
    ).all()
    erased = {person.ine for person in known if person.erased}
    updated = {person.ine for person in known if person.differs} - erased
    created = set(lines["ine"]) - {person.ine for person in known}
    # Admitted with proofs, given money, erased: no INE tells, names and birth date do for a year.
    gone = ines_among(keys, connection, [row for row in batch if row.ine in created])
    erased |= gone
    created -= gone

    if created:
        connection.execute(
            text(
                f"INSERT INTO beneficiary (ine, {columns}, created_at)"  # noqa: S608
                f" SELECT line.ine, {given}, ledger_now() FROM {_LINES}"
                " WHERE line.ine = ANY(:created)"
            ),
            {**lines, "created": list(created)},
        )
    if updated:
        connection.execute(
            text(
                f"UPDATE beneficiary b SET ({columns}) = ROW({given}) FROM {_LINES}"  # noqa: S608
                " WHERE b.ine = line.ine AND b.ine = ANY(:updated)"
            ),
            {**lines, "updated": list(updated)},
        )
    updated |= _fix_categories(connection, lines, school_year) - created

    counts.created += len(created)
    counts.updated += len(updated)
    counts.erased += len(erased)
    counts.unchanged += len(batch) - len(created) - len(updated) - len(erased)


def _give_ines(connection: Connection, batch: Sequence[RosterRow]) -> None:
    """Whoever was admitted with proofs is the person of the roster who has their names and birth
    date: not there twice, not given money twice, also after a move. The commune parts namesakes."""
    without = connection.execute(
        text(
            "SELECT beneficiary_id, first_name, last_name, birth_date, commune FROM beneficiary"
            " WHERE ine IS NULL AND erased_at IS NULL AND birth_date = ANY(:days)"
        ),
        {"days": [row.birth_date for row in batch]},
    ).all()
    for person in without:
        same = [
            row
            for row in batch
            if row.birth_date == person.birth_date
            and same_last_name(row.last_name, person.last_name)
            and same_first_name(row.first_name, person.first_name)
        ]
        if len(same) > 1:
            home = fold_place_name(person.commune or "")
            same = [row for row in same if fold_place_name(row.commune) == home]
        if len(same) == 1:
            connection.execute(
                text(
                    "UPDATE beneficiary SET ine = :ine WHERE beneficiary_id = :beneficiary_id"
                    " AND erased_at IS NULL"
                    " AND NOT EXISTS (SELECT FROM beneficiary b WHERE b.ine = :ine)"
                ),
                {"ine": same[0].ine, "beneficiary_id": person.beneficiary_id},
            )


def _fix_categories(
    connection: Connection, lines: dict[str, list[object]], school_year: int
) -> set[str]:
    """The category of the year; returns the INEs for whom it is new or different."""
    # A collégien stays one until the year ends: what was granted is his (requirements §2).
    moved = connection.execute(
        text(
            "WITH moved AS ("  # noqa: S608
            " INSERT INTO beneficiary_year (beneficiary_id, school_year, category)"
            f" SELECT b.beneficiary_id, :school_year, line.category FROM {_LINES}"
            " JOIN beneficiary b USING (ine) WHERE b.erased_at IS NULL"
            " ON CONFLICT (beneficiary_id, school_year) DO UPDATE SET category = excluded.category"
            " WHERE beneficiary_year.category = 'youth' AND excluded.category = 'collegien'"
            " RETURNING beneficiary_id)"
            " SELECT b.ine FROM moved JOIN beneficiary b USING (beneficiary_id)"
        ),
        {**lines, "school_year": school_year},
    )
    return set(moved.scalars())
