"""Questions about reimbursement runs as the Département's desk shows them (C66, C71).

The law: figures are those the run holds, never recomputed; a run is named by its fortnight and its
attempt, the last attempt unless another is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

_RUN: Final = """
SELECT r.run_id, r.period_key, r.attempt, r.state, f.starts_on, f.ends_before, r.debits, r.partners,
       r.gross_cents, r.corrections_cents, r.carried_in_cents, r.carried_out_cents,
       r.re_presented_cents, r.transfers_cents, r.submitted_by, s.email AS submitter,
       r.approved_by, a.email AS approver, r.msg_id, r.exported_at, r.execution_on,
       r.content_hash,
       (SELECT count(*) FROM remittance m JOIN transfer_answer t USING (remittance_id)
        WHERE m.run_id = r.run_id AND t.outcome = 'failed') AS failed,
       (SELECT value FROM scheme_rule WHERE name = 'payment_delay_days'
        AND valid_from <= f.ends_before ORDER BY valid_from DESC LIMIT 1) AS delay_days
FROM reimbursement_run r JOIN fortnight f USING (period_key)
LEFT JOIN agent s ON s.agent_id = r.submitted_by
LEFT JOIN agent a ON a.agent_id = r.approved_by
"""


@dataclass(frozen=True, slots=True)
class DeskRun:
    """A run with its fortnight, its people and how many of its transfers failed; cents."""

    run_id: int
    period_key: str
    attempt: int
    state: str
    starts_on: date
    ends_before: date
    debits: int
    partners: int
    gross_cents: int
    corrections_cents: int
    carried_in_cents: int
    carried_out_cents: int
    re_presented_cents: int
    transfers_cents: int
    submitted_by: int | None
    submitter: str | None
    approved_by: int | None
    approver: str | None
    msg_id: str | None
    exported_at: datetime | None
    execution_on: date | None
    content_hash: bytes | None
    failed: int
    delay_days: int

    @property
    def last_day(self) -> date:
        """The last day of its fortnight."""
        return self.ends_before - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RunEvent:
    """A step of a run; `by` is an address, or `schedule`."""

    state: str
    at: datetime
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class RunPaper:
    """A file of the whole run as it is stored."""

    kind: str
    sha256: str
    stored_at: datetime
    size: int


def runs_of_desk(connection: Connection, *, limit: int, offset: int = 0) -> list[DeskRun]:
    """The last attempt of every fortnight that has a run, newest first."""
    rows = connection.execute(
        text(
            f"{_RUN} WHERE NOT EXISTS (SELECT FROM reimbursement_run later"
            " WHERE later.period_key = r.period_key AND later.attempt > r.attempt)"
            " ORDER BY f.starts_on DESC LIMIT :limit OFFSET :offset"
        ),
        {"limit": limit, "offset": offset},
    )
    return [DeskRun(*row) for row in rows]


def count_of_runs(connection: Connection) -> int:
    """How many fortnights have a run."""
    found = connection.execute(text("SELECT count(DISTINCT period_key) FROM reimbursement_run"))
    return int(found.scalar_one())


def attempts_of(connection: Connection, period_key: str) -> list[DeskRun]:
    """Every attempt of a fortnight, the last first; empty without one."""
    rows = connection.execute(
        text(f"{_RUN} WHERE r.period_key = :period_key ORDER BY r.attempt DESC LIMIT 100"),
        {"period_key": period_key},
    )
    return [DeskRun(*row) for row in rows]


def run_before(connection: Connection, run: DeskRun) -> DeskRun | None:
    """The latest run of an earlier fortnight that went to the bank."""
    row = connection.execute(
        text(
            f"{_RUN} WHERE f.starts_on < :starts_on AND r.exported_at IS NOT NULL"
            " ORDER BY f.starts_on DESC, r.attempt DESC LIMIT 1"
        ),
        {"starts_on": run.starts_on},
    ).one_or_none()
    return None if row is None else DeskRun(*row)


def come_and_gone(connection: Connection, run_id: int, before_id: int) -> tuple[int, int]:
    """How many partners stand in a run and not in an earlier one, and the other way round."""
    row = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM remittance m WHERE m.run_id = :run_id AND NOT EXISTS"
            " (SELECT FROM remittance b WHERE b.run_id = :before_id"
            "  AND b.partner_id = m.partner_id)),"
            " (SELECT count(*) FROM remittance b WHERE b.run_id = :before_id AND NOT EXISTS"
            " (SELECT FROM remittance m WHERE m.run_id = :run_id"
            "  AND m.partner_id = b.partner_id))"
        ),
        {"run_id": run_id, "before_id": before_id},
    ).one()
    return int(row[0]), int(row[1])


def events_of_run(connection: Connection, run_id: int) -> list[RunEvent]:
    """What happened to a run, oldest first."""
    rows = connection.execute(
        text(
            'SELECT state, at, "by", reason FROM run_event WHERE run_id = :run_id'
            " ORDER BY event_id LIMIT 500"
        ),
        {"run_id": run_id},
    )
    return [RunEvent(*row) for row in rows]


def last_event_of_run(connection: Connection, run_id: int) -> int:
    """A number that changes with every step of a run; 0 before the first."""
    found = connection.execute(
        text("SELECT coalesce(max(event_id), 0) FROM run_event WHERE run_id = :run_id"),
        {"run_id": run_id},
    )
    return int(found.scalar_one())


def has_changed_an_account(connection: Connection, run_id: int, actor: str) -> bool:
    """Whether somebody has changed an account that a submitted run pays into."""
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM remittance m JOIN bank_account b USING (partner_id)"
            " WHERE m.run_id = :run_id AND b.iban = m.iban AND b.changed_by = :actor)"
        ),
        {"run_id": run_id, "actor": actor},
    )
    return bool(found.scalar_one())


def run_papers(connection: Connection, run_id: int) -> list[RunPaper]:
    """The stored files of a whole run: bank file, payment list."""
    rows = connection.execute(
        text(
            "SELECT kind, sha256, stored_at, length(content) FROM document"
            " WHERE run_id = :run_id AND remittance_id IS NULL ORDER BY kind LIMIT 20"
        ),
        {"run_id": run_id},
    )
    return [RunPaper(*row) for row in rows]


def run_paper_content(connection: Connection, run_id: int, kind: str) -> bytes | None:
    """The stored bytes of one of them."""
    found = connection.execute(
        text(
            "SELECT content FROM document"
            " WHERE run_id = :run_id AND remittance_id IS NULL AND kind = :kind"
        ),
        {"run_id": run_id, "kind": kind},
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


def downloads_of_run(connection: Connection, run_id: int, *, limit: int) -> list[Any]:
    """Who downloaded what of a run (`detail`), the last first: rows of at, email, detail."""
    rows = connection.execute(
        text(
            "SELECT j.at, coalesce(a.email, j.actor) AS email, j.detail FROM journal j"
            " LEFT JOIN agent a ON j.actor = 'agent:' || a.agent_id"
            " WHERE j.subject = :subject AND j.action = 'document.download'"
            " ORDER BY j.journal_id DESC LIMIT :limit"
        ),
        {"subject": f"run:{run_id}", "limit": limit},
    )
    return list(rows)
