"""A run as the database holds it, and the lock under which its steps follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

# One step at a time over all runs: they share the debits that are still to be paid.
# A page's statements end after seconds; a step over a million debits may take longer. Waiting for
# one's turn does not: lock_timeout stays as it is.
_TAKE_TURNS = text(
    "SELECT set_config('statement_timeout', '0', true), pg_advisory_xact_lock(13, 2)"
)


@dataclass(frozen=True)
class Run:
    """A reimbursement run; amounts in cents. The live one of its period, or the last."""

    run_id: int
    period_key: str
    attempt: int
    state: str
    debits: int
    partners: int
    gross_cents: int
    corrections_cents: int
    carried_in_cents: int
    carried_out_cents: int
    re_presented_cents: int
    transfers_cents: int
    content_hash: bytes | None
    submitted_by: int | None
    approved_by: int | None
    msg_id: str | None
    exported_at: datetime | None
    execution_on: date | None


def take_turn(connection: Connection) -> None:
    """Waits for any other step of any run to end; held until this transaction does."""
    connection.execute(_TAKE_TURNS)


def run_of(connection: Connection, period_key: str) -> Run | None:
    """The live run of a period, else its last ended attempt, else None."""
    row = connection.execute(
        text(
            "SELECT * FROM reimbursement_run WHERE period_key = :period_key"
            " ORDER BY attempt DESC LIMIT 1"
        ),
        {"period_key": period_key},
    ).one_or_none()
    return None if row is None else Run(**row._mapping)


def run_again(connection: Connection, period_key: str) -> Run:
    """The run of a period that has one, as it is after a step."""
    run = run_of(connection, period_key)
    assert run is not None, "a step was taken on a run that is not there"
    return run


def move(
    connection: Connection,
    run_id: int,
    state: str,
    *,
    by: str,
    reason: str | None = None,
    **set: Any,
) -> None:
    """Puts a run into a state, with other columns moving along, and writes its history."""
    columns = "".join(f", {name} = :{name}" for name in set)
    connection.execute(
        text(f"UPDATE reimbursement_run SET state = :state{columns} WHERE run_id = :run_id"),  # noqa: S608
        {"state": state, "run_id": run_id, **set},
    )
    connection.execute(
        text(
            'INSERT INTO run_event (run_id, state, at, "by", reason)'
            " VALUES (:run_id, :state, ledger_now(), :by, :reason)"
        ),
        {"run_id": run_id, "state": state, "by": by, "reason": reason},
    )
