"""Takes what a member says of themselves, and says whether the scheme is for them (C8, C9, C14).

The law: ages and places are dated rules of the scheme; each refusal says why. Nothing of the roster
is asked here: neither a match nor its absence can be read off the answer. Who is not eligible
leaves nothing behind; who is linked says no more, because the roster knows. Whoever says something
else sends their proofs anew, and under another name or birth date a parent is asked anew: what was
shown, and agreed to, was about who they said they were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from sqlalchemy import Connection, text

from cardservice.db.queries.admission import category_said
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.db.queries.proofs import PROOFS_FORGOTTEN
from cardservice.domain.eligibility import SCHOOL_KINDS, NotEligible
from cardservice.domain.person_name import name_written
from cardservice.domain.place_name import fold_place_name
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import day_written
from cardservice.services.member_links import end_member_links

_T = TypeVar("_T")
_POSTAL_CODE: Final = re.compile(r"[0-9]{5}")
# Told to a parent, and to nobody else.
_AGREED_TO: Final = ("first_name", "last_name", "birth_date")
_EIGHT_DIGITS: Final = re.compile(r"([0-9]{2})[ ./-]?([0-9]{2})[ ./-]?([0-9]{4})")


@dataclass(frozen=True, slots=True)
class WhoSaid:
    """As typed. `commune` may be empty where the postal code has only one."""

    first_name: str
    last_name: str
    birth_date: str
    postal_code: str
    commune: str
    school_kind: str


@dataclass(frozen=True, slots=True)
class Said:
    """`category` is what the scheme gives somebody of whom all this is true."""

    category: str


@dataclass(frozen=True, slots=True)
class WhoRefused:
    """What is wrong, field by field of `WhoSaid`; "" for what concerns the person as a whole.

    Refused: name_malformed, date_malformed, postal_code_malformed, lives_elsewhere,
    commune_unclear, commune_unknown, school_kind_unknown, too_young, too_old, not_schooled_here,
    already_linked.
    """

    fields: dict[str, Refused]


def say_who(connection: Connection, *, member_id: int, said: WhoSaid) -> Said | WhoRefused:
    """Keeps who a member says they are."""
    linked = connection.execute(
        text(
            "SELECT beneficiary_id IS NOT NULL FROM member WHERE member_id = :member_id"
            " FOR NO KEY UPDATE"
        ),
        {"member_id": member_id},
    ).scalar_one()
    if linked:
        return WhoRefused({"": Refused("already_linked")})
    wrong: dict[str, Refused] = {}
    first_name = _kept(wrong, "first_name", name_written(said.first_name), "name_malformed")
    last_name = _kept(wrong, "last_name", name_written(said.last_name), "name_malformed")
    born = _kept(wrong, "birth_date", _birth_date(connection, said.birth_date), "date_malformed")
    kind = said.school_kind if said.school_kind in SCHOOL_KINDS else None
    _kept(wrong, "school_kind", kind, "school_kind_unknown")
    place = _commune(connection, said.postal_code.replace(" ", ""), said.commune)
    if isinstance(place, Refused):
        of_commune = place.code in ("commune_unclear", "commune_unknown")
        wrong["commune" if of_commune else "postal_code"] = place
    if wrong or isinstance(place, Refused) or born is None or kind is None:
        return WhoRefused(wrong)
    category = category_said(connection, born, kind)
    if isinstance(category, NotEligible):
        return WhoRefused({"": Refused(category.code)})
    _keep(
        connection,
        member_id,
        {
            "first_name": first_name,
            "last_name": last_name,
            "birth_date": born,
            "postal_code": said.postal_code.replace(" ", ""),
            "commune": place,
            "school_kind": kind,
        },
    )
    return Said(category)


def communes_of(connection: Connection, postal_code: str) -> list[str]:
    """The names of the department's communes behind a postal code."""
    found = connection.execute(
        text("SELECT name FROM commune WHERE :postal_code = ANY(postal_codes) ORDER BY name"),
        {"postal_code": postal_code.replace(" ", "")},
    )
    return list(found.scalars())


def _kept(wrong: dict[str, Refused], name: str, value: _T | None, code: str) -> _T | None:
    if value is None:
        wrong[name] = Refused(code)
    return value


def _birth_date(connection: Connection, typed: str) -> date | None:
    """`14/05/2011`, `14052011` or `2011-05-14`; None for no day, or one to come."""
    digits = _EIGHT_DIGITS.fullmatch(typed.strip())
    written = "/".join(digits.groups()) if digits else typed.strip()
    born = day_written(written)
    return born if born is not None and born <= paris_today(connection) else None


def _commune(connection: Connection, postal_code: str, typed: str) -> str | Refused:
    if _POSTAL_CODE.fullmatch(postal_code) is None:
        return Refused("postal_code_malformed")
    names = communes_of(connection, postal_code)
    if not names:
        return Refused("lives_elsewhere")
    if not typed.strip():
        return names[0] if len(names) == 1 else Refused("commune_unclear")
    folded = fold_place_name(typed)
    found = [name for name in names if fold_place_name(name) == folded]
    return found[0] if found else Refused("commune_unknown")


def _keep(connection: Connection, member_id: int, facts: dict[str, object]) -> None:
    before = connection.execute(
        text(
            "SELECT first_name, last_name, birth_date, postal_code, commune, school_kind"
            " FROM member WHERE member_id = :member_id"
        ),
        {"member_id": member_id},
    ).one()
    changed = {name for name, value in facts.items() if getattr(before, name) != value}
    connection.execute(
        text(
            "UPDATE member SET first_name = :first_name, last_name = :last_name,"
            " birth_date = :birth_date, postal_code = :postal_code, commune = :commune,"
            " school_kind = :school_kind WHERE member_id = :member_id"
        ),
        {**facts, "member_id": member_id},
    )
    actor = f"member:{member_id}"
    note(connection, actor=actor, action="member.who", subject=actor)
    if changed:
        _forget_proofs(connection, member_id)
    if changed & set(_AGREED_TO):
        _forget_consent(connection, member_id)


def _forget_proofs(connection: Connection, member_id: int) -> None:
    gone = connection.execute(
        text("DELETE FROM proof_file WHERE member_id = :member_id AND state = 'waiting'"),
        {"member_id": member_id},
    )
    if gone.rowcount:
        actor = f"member:{member_id}"
        note(connection, actor=actor, action=PROOFS_FORGOTTEN, subject=actor)


def _forget_consent(connection: Connection, member_id: int) -> None:
    replaced = connection.execute(
        text(
            "UPDATE parent_consent SET state = 'replaced',"
            " decided_at = coalesce(decided_at, ledger_now())"
            " WHERE member_id = :member_id AND state IN ('asked', 'given')"
        ),
        {"member_id": member_id},
    )
    if replaced.rowcount:
        for purpose in ("consent", "parent"):
            end_member_links(connection, purpose=purpose, member_id=member_id)
        actor = f"member:{member_id}"
        note(connection, actor=actor, action="consent.replace", subject=actor)
