"""Questions about proofs: which are asked of a member, how each stands, which wait at the desk.

The law: pictures are read by one question alone (`picture_waiting`); the desk journals each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries.admission import category_said

OF_WHO: Final = ("identity", "residence", "schooling")
# The journal's word for proofs that went because their sender said to be somebody else.
PROOFS_FORGOTTEN: Final = "proof.forget"


@dataclass(frozen=True, slots=True)
class ProofState:
    """The last picture of a kind: `waiting`, `accepted` or `refused` with its reason."""

    proof_id: int
    kind: str
    state: str
    uploaded_at: datetime
    decided_at: datetime | None
    refusal_reason: str | None


@dataclass(frozen=True, slots=True)
class ProofCase:
    """A member of whom something waits: who they say they are. `kinds` is what waits."""

    member_id: int
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    postal_code: str | None
    commune: str | None
    school_kind: str | None
    beneficiary_id: int | None
    kinds: list[str]
    proof_ids: list[int]
    since: datetime

    @property
    def is_portrait(self) -> bool:
        """A linked member sends nothing but a portrait."""
        return self.kinds == ["portrait"]

    @property
    def said(self) -> str:
        """A digest of who they say they are: whoever decides has read these very facts."""
        facts = (
            self.first_name,
            self.last_name,
            self.birth_date,
            self.postal_code,
            self.commune,
            self.school_kind,
        )
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


_CASES: Final = (
    "SELECT m.member_id, m.first_name, m.last_name, m.birth_date, m.postal_code, m.commune,"
    " m.school_kind, m.beneficiary_id, array_agg(p.kind ORDER BY p.kind),"
    " array_agg(p.proof_id ORDER BY p.kind), min(p.uploaded_at) AS since"
    " FROM proof_file p JOIN member m USING (member_id)"
    " WHERE p.state = 'waiting' AND m.closed_at IS NULL"
)


def asked_kinds(connection: Connection, member_id: int) -> tuple[str, ...]:
    """What this member may send: a portrait once linked; before, who and where they are, and what
    school they go to where that decides. Nothing before they have said who they are."""
    member = connection.execute(
        text(
            "SELECT beneficiary_id, birth_date, school_kind FROM member"
            " WHERE member_id = :member_id AND closed_at IS NULL"
        ),
        {"member_id": member_id},
    ).one_or_none()
    if member is None:
        return ()
    if member.beneficiary_id is not None:
        return ("portrait",)
    if member.birth_date is None:
        return ()
    category = category_said(connection, member.birth_date, member.school_kind or "")
    return OF_WHO if category == "collegien" else OF_WHO[:2]


def proofs_of(connection: Connection, member_id: int) -> dict[str, ProofState]:
    """Kind -> the last picture of it."""
    found = connection.execute(
        text(
            "SELECT DISTINCT ON (kind) proof_id, kind, state, uploaded_at, decided_at,"
            " refusal_reason FROM proof_file WHERE member_id = :member_id"
            " ORDER BY kind, proof_id DESC"
        ),
        {"member_id": member_id},
    )
    return {row.kind: ProofState(*row) for row in found}


def must_send_again(connection: Connection, member_id: int) -> bool:
    """Whether what this member sent has gone because they then said to be somebody else."""
    last: str | None = connection.execute(
        text(
            "SELECT action FROM journal WHERE subject = :subject"
            " AND action IN ('proof.upload', :forgotten) ORDER BY journal_id DESC LIMIT 1"
        ),
        {"subject": f"member:{member_id}", "forgotten": PROOFS_FORGOTTEN},
    ).scalar_one_or_none()
    return last == PROOFS_FORGOTTEN


def cases_waiting(connection: Connection, *, limit: int, offset: int) -> Sequence[ProofCase]:
    """Members of whom something waits, the longest wait first."""
    found = connection.execute(
        text(
            f"{_CASES} GROUP BY m.member_id ORDER BY since, m.member_id LIMIT :limit OFFSET :offset"
        ),
        {"limit": limit, "offset": offset},
    )
    return [ProofCase(*row) for row in found]


def count_of_cases(connection: Connection) -> int:
    """How many members wait."""
    found = connection.execute(
        text(
            "SELECT count(DISTINCT p.member_id) FROM proof_file p JOIN member m USING (member_id)"
            " WHERE p.state = 'waiting' AND m.closed_at IS NULL"
        )
    )
    return int(found.scalar_one())


def case_waiting(connection: Connection, member_id: int) -> ProofCase | None:
    """One of them; None when nothing waits any more."""
    found = connection.execute(
        text(f"{_CASES} AND m.member_id = :member_id GROUP BY m.member_id"),
        {"member_id": member_id},
    ).one_or_none()
    return None if found is None else ProofCase(*found)


def picture_waiting(connection: Connection, member_id: int, kind: str) -> bytes | None:
    """The picture of a proof that waits, a JPEG."""
    found = connection.execute(
        text(
            "SELECT image FROM proof_file WHERE member_id = :member_id AND kind = :kind"
            " AND state = 'waiting'"
        ),
        {"member_id": member_id, "kind": kind},
    ).scalar_one_or_none()
    return None if found is None else bytes(found)
