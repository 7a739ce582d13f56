"""Draft a run: every debit of closed days that no live run holds yet, one remittance per partner.

The law: the unique key of the lines, not this program, keeps a debit out of a second run; a draft
can be made again as long as nobody submitted it.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from clearing.run.draft_content import empty, fill
from clearing.run.people import PREPARER, agent_in_role
from clearing.run.record import Run, move, run_again, run_of, take_turn

_REDRAFTABLE = ("draft", "rejected")

# Who drafts when nobody asked: in the run's history, where agents stand by their address.
SCHEDULE = "schedule"


def draft_run(engine: Engine, period_key: str, *, by: str) -> Run | Refused:
    """Makes the draft of an ended fortnight, or makes it again; a submitted run is left alone."""
    with unit_of_work(engine) as connection:
        take_turn(connection)
        agent = agent_in_role(connection, by, PREPARER)
        if isinstance(agent, Refused):
            return agent
        return _draft(connection, period_key, by=agent.email)


def draft_first_run(engine: Engine, period_key: str) -> Run | Refused | None:
    """The draft that the schedule makes of an ended fortnight; None when somebody was quicker, or
    has cancelled the run that was there: that is a person's decision."""
    with unit_of_work(engine) as connection:
        take_turn(connection)
        if run_of(connection, period_key) is not None:
            return None
        return _draft(connection, period_key, by=SCHEDULE)


def undrafted_periods(connection: Connection, today: date) -> list[str]:
    """Ended fortnights that never had a run and in whose days something is owed, oldest first; also
    when nothing was sold, but money that came back before their end may be presented again."""
    found = connection.execute(
        text(
            "SELECT f.period_key FROM fortnight f"
            " WHERE f.ends_before <= :today"
            " AND NOT EXISTS (SELECT FROM reimbursement_run r WHERE r.period_key = f.period_key)"
            " AND (EXISTS (SELECT FROM owed_operation o"
            "  WHERE o.business_day >= f.starts_on AND o.business_day < f.ends_before)"
            " OR EXISTS (SELECT FROM failed_transfer t"
            "  WHERE t.let_go_by IS NOT NULL AND t.into_remittance_id IS NULL"
            "  AND (t.answered_at AT TIME ZONE 'Europe/Paris')::date < f.ends_before"
            "  AND NOT EXISTS (SELECT FROM partner_hold h"
            "   WHERE h.partner_id = t.partner_id AND h.released_at IS NULL)))"
            " ORDER BY f.ends_before LIMIT 100"
        ),
        {"today": today},
    )
    return list(found.scalars())


def _draft(connection: Connection, period_key: str, *, by: str) -> Run | Refused:
    ends_before = _end_of(connection, period_key)
    if ends_before is None:
        return Refused("period_unknown", {"period": period_key})
    open_day = _first_unsealed_day(connection, ends_before)
    if open_day is not None:
        return Refused("days_not_closed", {"day": open_day.isoformat()})
    run = run_of(connection, period_key)
    if run is not None and run.state not in (*_REDRAFTABLE, "cancelled", "bank_rejected"):
        return run
    run_id = _empty_draft(connection, period_key, run)
    fill(connection, run_id, ends_before)
    move(connection, run_id, "draft", by=by)
    return run_again(connection, period_key)


def _end_of(connection: Connection, period_key: str) -> date | None:
    found: date | None = connection.execute(
        text("SELECT ends_before FROM fortnight WHERE period_key = :period_key"),
        {"period_key": period_key},
    ).scalar_one_or_none()
    return found


def _first_unsealed_day(connection: Connection, ends_before: date) -> date | None:
    """The first day of the period's past that is not closed and sealed yet, or None."""
    last_sealed: date | None = connection.execute(
        text("SELECT max(business_day) FROM day_block WHERE seal IS NOT NULL")
    ).scalar_one()
    last_needed = ends_before - timedelta(days=1)
    if last_sealed is not None and last_sealed >= last_needed:
        return None
    return last_needed if last_sealed is None else last_sealed + timedelta(days=1)


def _empty_draft(connection: Connection, period_key: str, run: Run | None) -> int:
    """A run without lines to fill: the same one emptied, or a new attempt."""
    if run is not None and run.state in _REDRAFTABLE:
        # Back to draft first: what belongs to a draft may be removed, nothing else may.
        connection.execute(
            text(
                "UPDATE reimbursement_run SET state = 'draft', submitted_by = NULL,"
                " content_hash = NULL WHERE run_id = :run_id"
            ),
            {"run_id": run.run_id},
        )
        empty(connection, run.run_id)
        return run.run_id
    run_id: int = connection.execute(
        text(
            "INSERT INTO reimbursement_run (period_key, attempt, state, debits, partners,"
            " gross_cents, corrections_cents, carried_in_cents, carried_out_cents,"
            " re_presented_cents, transfers_cents)"
            " VALUES (:period_key, :attempt, 'draft', 0, 0, 0, 0, 0, 0, 0, 0) RETURNING run_id"
        ),
        {"period_key": period_key, "attempt": 1 if run is None else run.attempt + 1},
    ).scalar_one()
    return run_id
