"""The record of what ran by itself: which job, about what, when, with what outcome.

The law: a record is written apart from its job, so that one which was killed stands there without
an end, and one which failed says why, by a code or a class of error alone.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work


def begin_job(engine: Engine, *, job: str, about: str) -> int:
    """Notes that a job of db/tables/schedule.py begins; the number of its record.

    One that failed is begun again in its own record: tries every few minutes tell no more than the
    last one.
    """
    with unit_of_work(engine) as connection:
        again = connection.execute(
            text(
                "UPDATE job_run SET started_at = ledger_now(), ended_at = NULL, outcome = NULL,"
                " failure = NULL WHERE job_run_id = (SELECT job_run_id FROM job_run"
                "  WHERE job = :job AND about = :about AND outcome = 'failed'"
                "  ORDER BY job_run_id DESC LIMIT 1) RETURNING job_run_id"
            ),
            {"job": job, "about": about},
        ).scalar_one_or_none()
        if again is not None:
            return int(again)
        made = connection.execute(
            text(
                "INSERT INTO job_run (job, about, started_at) VALUES (:job, :about, ledger_now())"
                " RETURNING job_run_id"
            ),
            {"job": job, "about": about},
        )
        return int(made.scalar_one())


def end_job(
    engine: Engine, job_run_id: int, *, amount: int | None = None, failure: str | None = None
) -> None:
    """Notes how it ended: with an amount, or with why it failed."""
    assert (amount is None) != (failure is None), "a job is done or has failed"
    with unit_of_work(engine) as connection:
        connection.execute(
            text(
                "UPDATE job_run SET ended_at = ledger_now(), outcome = :outcome, amount = :amount,"
                " failure = :failure WHERE job_run_id = :job_run_id"
            ),
            {
                "job_run_id": job_run_id,
                "outcome": "done" if failure is None else "failed",
                "amount": amount,
                "failure": failure,
            },
        )
