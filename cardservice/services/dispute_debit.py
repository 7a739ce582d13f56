"""« Ce n'était pas moi »: the card is paused and the hotline gets a file, in one transaction.

The law: nothing moves here: the hotline decides, as for a partner's question (C62). Saying it twice
finds the file that is there. A card that cannot be paused (blocked, replaced, paused before by its
holder) keeps the file from nobody. Same day or later: a debit of today can still be cancelled by
its partner, and the hotline sees that.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.db.queries.member_home import Movement, movement_of
from cardservice.domain.refusal import Refused
from cardservice.services.pause_card import pause_within


@dataclass(frozen=True, slots=True)
class Disputed:
    """`is_paused` when the card is paused, by this or before; `is_new` when this opened a file."""

    is_paused: bool
    is_new: bool


def dispute_debit(
    engine: Engine, *, beneficiary_id: int, operation_id: UUID, actor: str
) -> Disputed | Refused | None:
    """None for a debit that is not this person's. Refused: debit_not_correctable."""
    with unit_of_work(engine) as connection:
        debit = _debit(connection, beneficiary_id, operation_id)
        if debit is None:
            return None
        if not debit.is_disputed and debit.state in ("cancelled", "given_back"):
            return Refused("debit_not_correctable")
        is_new = _open(connection, beneficiary_id, operation_id)
        if not is_new:
            # Said again, from an old page perhaps: a card that was resumed since stays so.
            return Disputed(is_paused=False, is_new=False)
        paused = pause_within(
            connection, beneficiary_id=beneficiary_id, actor=actor, paused_by="holder"
        )
        if is_new:
            note(
                connection,
                actor=actor,
                action="regularisation.dispute",
                subject=f"operation:{operation_id}",
                detail="not_me",
            )
    was_paused = isinstance(paused, Refused) and paused.code == "card_paused"
    return Disputed(was_paused or not isinstance(paused, Refused), is_new)


def _debit(connection: Connection, beneficiary_id: int, operation_id: UUID) -> Movement | None:
    number = connection.execute(
        text("SELECT operation_no FROM operation WHERE operation_id = :operation_id"),
        {"operation_id": operation_id},
    ).scalar_one_or_none()
    if number is None:
        return None
    found = movement_of(connection, beneficiary_id, number)
    return found if found is not None and found.kind == "debit" else None


def _open(connection: Connection, beneficiary_id: int, operation_id: UUID) -> bool:
    opened = connection.execute(
        text(
            "INSERT INTO regularisation_file (operation_id, partner_id, opened_by_holder,"
            " opened_at, reason, right_amount_cents)"
            " SELECT o.operation_id, o.partner_id, :beneficiary_id, ledger_now(), 'not_me', 0"
            " FROM operation o WHERE o.operation_id = :operation_id"
            " ON CONFLICT (operation_id) WHERE opened_by_holder IS NOT NULL DO NOTHING"
        ),
        {"operation_id": operation_id, "beneficiary_id": beneficiary_id},
    )
    return opened.rowcount == 1
