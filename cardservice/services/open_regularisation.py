"""Opens a regularisation file: a debit of a past day was wrong, and the hotline decides (C62).

The law: one file per debit, so that asking twice finds the one that is there. Nothing moves here:
the money is given back by the hotline's own act. The explanation stands apart from the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.journal import note
from cardservice.db.queries.transactions import Scope, Transaction, one
from cardservice.db.tables.delegates import REGULARISATION_REASONS
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import ActingDelegate

MOST_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class RegularisationAsked:
    """What the delegate says. `right_amount_cents` is what the debit should have been, 0 when it
    should not have been at all; `reason` one of REGULARISATION_REASONS."""

    operation_id: UUID
    reason: str
    right_amount_cents: int
    explanation: str


@dataclass(frozen=True, slots=True)
class RegularisationFile:
    """A file as its partner may see it; `is_new` when this call has opened it."""

    file_id: int
    operation_id: UUID
    reason: str
    right_amount_cents: int
    explanation: str | None
    state: str
    opened_at: datetime
    refusal_reason: str | None = None
    is_new: bool = False


def open_regularisation(
    engine: Engine, delegate: ActingDelegate, scope: Scope, *, asked: RegularisationAsked
) -> RegularisationFile | Refused | None:
    """The file of a debit in the delegate's scope; None when there is no such debit.

    Refused: debit_still_cancellable, debit_not_correctable, right_amount_not_lower,
    explanation_too_long.
    """
    assert asked.reason in REGULARISATION_REASONS, "the counter offers the known reasons alone"
    with unit_of_work(engine) as connection:
        debit = one(connection, scope, asked.operation_id)
        if debit is None:
            return None
        known = file_of(connection, partner_id=scope.partner_id, operation_id=debit.operation_id)
        if known is not None:
            return known
        refused = _why_not(connection, debit, asked)
        if refused is not None:
            return refused
        is_new = _open(connection, delegate, asked)
        if is_new:
            note(
                connection,
                actor=delegate.actor,
                action="regularisation.open",
                subject=f"operation:{debit.operation_id}",
                detail=asked.reason,
                partner_id=delegate.partner_id,
                outlet_id=debit.outlet_id,
            )
    # Read anew in a transaction of its own: a twin that was first is visible only now.
    with unit_of_work(engine) as connection:
        file = file_of(connection, partner_id=scope.partner_id, operation_id=asked.operation_id)
    assert file is not None, "the file was opened by us or by a twin"
    return RegularisationFile(
        file.file_id,
        file.operation_id,
        file.reason,
        file.right_amount_cents,
        file.explanation,
        file.state,
        file.opened_at,
        file.refusal_reason,
        is_new,
    )


def file_of(
    connection: Connection, *, partner_id: int, operation_id: UUID
) -> RegularisationFile | None:
    """The file of a partner's debit, if one was opened."""
    row = connection.execute(
        text(
            "SELECT file_id, operation_id, reason, right_amount_cents, explanation, state,"
            " opened_at, refusal_reason FROM regularisation_file"
            " WHERE operation_id = :operation_id AND partner_id = :partner_id"
            # What the youth says of the same debit is not the partner's to read.
            " AND opened_by IS NOT NULL"
        ),
        {"operation_id": operation_id, "partner_id": partner_id},
    ).one_or_none()
    return None if row is None else RegularisationFile(*row)


def _why_not(
    connection: Connection, debit: Transaction, asked: RegularisationAsked
) -> Refused | None:
    if debit.state in ("declined", "cancelled"):
        return Refused("debit_not_correctable")
    if debit.business_day >= day_now(connection):
        return Refused("debit_still_cancellable")
    if not 0 <= asked.right_amount_cents < debit.amount_cents:
        return Refused("right_amount_not_lower", {"amount_cents": debit.amount_cents})
    if len(asked.explanation) > MOST_CHARACTERS:
        return Refused("explanation_too_long")
    return None


def _open(connection: Connection, delegate: ActingDelegate, asked: RegularisationAsked) -> bool:
    opened = connection.execute(
        text(
            "INSERT INTO regularisation_file (operation_id, partner_id, opened_by, opened_at,"
            " reason, right_amount_cents, explanation)"
            " VALUES (:operation_id, :partner_id, :opened_by, ledger_now(), :reason,"
            " :right_amount_cents, :explanation) ON CONFLICT (operation_id)"
            " WHERE opened_by IS NOT NULL DO NOTHING"
        ),
        {
            "operation_id": asked.operation_id,
            "partner_id": delegate.partner_id,
            "opened_by": delegate.delegate_id,
            "reason": asked.reason,
            "right_amount_cents": asked.right_amount_cents,
            "explanation": asked.explanation or None,
        },
    )
    return opened.rowcount == 1
