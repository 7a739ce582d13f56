"""Takes a picture that shows who or where a member is, or the portrait of a linked one (C8, C26).

The law: limits are asked before anything is decoded, and what is kept is drawn anew, without
metadata (portrait.py). One of each kind waits at a time: a newer one takes its place. Nothing is
decided here, and nobody but an agent sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.consents import consent_state
from cardservice.db.queries.journal import note
from cardservice.db.queries.proofs import asked_kinds
from cardservice.domain.refusal import Refused
from cardservice.services.portrait import portrait_of, proof_picture_of

MOST_A_DAY: Final = 12


@dataclass(frozen=True, slots=True)
class ProofWaiting:
    """A picture that an agent will look at."""

    kind: str


def send_proof(
    engine: Engine, *, member_id: int, kind: str, image: bytes
) -> ProofWaiting | Refused:
    """`image` is a JPEG, PNG or WebP file; `kind` one of `asked_kinds`.

    Refused: photo_too_heavy, photo_too_wide, photo_unreadable, proof_missing_file,
    proof_kind_unknown (not asked of this member), consent_missing, proofs_too_many.
    """
    if not image:
        return Refused("proof_missing_file")
    with unit_of_work(engine) as connection:
        refused = _refusal(connection, member_id, kind)
        if refused is not None:
            return refused
        # Counted before it is drawn: what cannot be read costs as much as what can.
        actor = f"member:{member_id}"
        note(connection, actor=actor, action="proof.upload", subject=actor, detail=kind)
    # Outside any transaction: drawing takes its time, and holds nobody's row meanwhile.
    picture = portrait_of(image) if kind == "portrait" else proof_picture_of(image)
    if isinstance(picture, Refused):
        return picture
    with unit_of_work(engine) as connection:
        refused = _kind_refusal(connection, member_id, kind)
        if refused is not None:
            return refused
        _keep(connection, member_id, kind, picture)
        return ProofWaiting(kind)


def _kind_refusal(connection: Connection, member_id: int, kind: str) -> Refused | None:
    """Locks the member: nothing about them changes before the picture is kept."""
    connection.execute(
        text("SELECT FROM member WHERE member_id = :member_id FOR NO KEY UPDATE"),
        {"member_id": member_id},
    )
    if kind not in asked_kinds(connection, member_id):
        return Refused("proof_kind_unknown")
    if consent_state(connection, member_id) not in ("not_needed", "given"):
        return Refused("consent_missing")
    return None


def _refusal(connection: Connection, member_id: int, kind: str) -> Refused | None:
    refused = _kind_refusal(connection, member_id, kind)
    if refused is not None:
        return refused
    sent = connection.execute(
        text(
            "SELECT count(*) FROM journal WHERE subject = :subject AND action = 'proof.upload'"
            " AND at > ledger_now() - interval '1 day'"
        ),
        {"subject": f"member:{member_id}"},
    ).scalar_one()
    return Refused("proofs_too_many") if sent >= MOST_A_DAY else None


def _keep(connection: Connection, member_id: int, kind: str, picture: bytes) -> None:
    # A new row, not a new picture in the old one: who has the old one open decides on nothing else.
    connection.execute(
        text(
            "DELETE FROM proof_file WHERE member_id = :member_id AND kind = :kind"
            " AND state IN ('waiting', 'refused')"
        ),
        {"member_id": member_id, "kind": kind},
    )
    connection.execute(
        text(
            "INSERT INTO proof_file (member_id, kind, image, uploaded_at)"
            " VALUES (:member_id, :kind, :image, ledger_now())"
        ),
        {"member_id": member_id, "kind": kind, "image": picture},
    )
