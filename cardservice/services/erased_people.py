"""Whether somebody was erased in a school year that had given them money: nobody gets it twice.

The law: of a name and a birth date nothing but keyed digests is kept, by erasing alone, for whom a
wallet of a running school year was filled; they go when that year is over. Who was given nothing
leaves nothing, and may come back at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.keys import Keys, person_mac
from cardservice.domain.person_name import name_traces

# A beneficiary `b` whose money of a year that is not over is in the ledger.
GIVEN_THIS_YEAR: Final = (
    "EXISTS (SELECT FROM wallet w JOIN school_year y USING (school_year)"
    " WHERE w.beneficiary_id = b.beneficiary_id AND y.last_day >= business_day(ledger_now()))"
)


def macs_to_keep(keys: Keys, first_name: str, last_name: str, birth_date: date) -> list[bytes]:
    """What erasing keeps of a person."""
    kept, _ = name_traces(first_name, last_name)
    return [person_mac(keys, birth_date, trace) for trace in sorted(kept)]


def macs_kept(connection: Connection, *, without_ine: bool = False) -> set[bytes]:
    """All that is kept; `without_ine` of those alone who had no national number, by which a roster
    knows the others."""
    found = connection.execute(
        text(
            "SELECT unnest(erased_person_macs) FROM beneficiary"
            " WHERE erased_person_macs IS NOT NULL"
            " AND NOT (:without_ine AND erased_ine_mac IS NOT NULL)"
        ),
        {"without_ine": without_ine},
    )
    return {bytes(mac) for mac in found.scalars()}


def is_among(keys: Keys, kept: set[bytes], person: Any) -> bool:
    """Whether `person`, who has names and a birth date, is one of those whom `macs_kept` tells."""
    if not kept:
        return False
    _, asked = name_traces(person.first_name, person.last_name)
    return any(person_mac(keys, person.birth_date, trace) in kept for trace in asked)


def ines_among(keys: Keys, connection: Connection, rows: Sequence[Any]) -> set[str]:
    """The INEs of the lines of a roster that name such a person."""
    kept = macs_kept(connection, without_ine=True)
    return {row.ine for row in rows if is_among(keys, kept, row)}


def forget_erased_people(engine: Engine) -> None:
    """Drops the digests of years that are over."""
    with unit_of_work(engine) as connection:
        connection.execute(
            text(
                "UPDATE beneficiary b SET erased_person_macs = NULL"  # noqa: S608
                f" WHERE b.erased_person_macs IS NOT NULL AND NOT {GIVEN_THIS_YEAR}"
            )
        )
