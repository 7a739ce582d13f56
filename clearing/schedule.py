"""What runs by itself: days that are over are closed, partners told, ended fortnights drafted.

The law: a tick asks what is lacking and does it oldest first, so that downtime over a cut-off is
caught up by the next tick and nothing depends on an hour. It never submits: that is a person's act.
Two workers at once are harmless, because unique keys and the day's own lock decide; the advisory
lock only saves the second one the work. Every job that did something, or failed, leaves a record.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.domain.refusal import Refused
from cardservice.services.lapse_wallets import lapse_wallets
from clearing.day_close import close_days, days_to_close
from clearing.day_mail import untold_days, write_day_mails
from clearing.job_record import begin_job, end_job
from clearing.run.draft import draft_first_run, undrafted_periods

_ONE_WORKER: Final = text("SELECT pg_try_advisory_xact_lock(13, 3)")
# The lock is held by a transaction that does nothing else: it may stay as long as the work takes.
_NO_HURRY: Final = text("SET LOCAL idle_in_transaction_session_timeout = 0")

_log = logging.getLogger("cjeune.schedule")


@dataclass(frozen=True, slots=True)
class JobDone:
    """A job that did something: which, about which day or fortnight, how much of it."""

    job: str
    about: str
    amount: int


class JobRefused(Exception):
    """A verb said no to the schedule; the message is its code."""


def tick(engine: Engine) -> list[JobDone]:
    """Does what is due now, oldest first; empty when nothing was, or another worker is at it.

    What fails is recorded and raised when the others had their turn: a mail that cannot be written
    must not hold up a draft. A draft without its closed days refuses itself.
    """
    done: list[JobDone] = []
    failures: list[Exception] = []
    with unit_of_work(engine) as connection:
        connection.execute(_NO_HURRY)
        if not connection.execute(_ONE_WORKER).scalar_one():
            return []
        for step in (_close, _lapse, _tell, _draft):
            try:
                done.extend(step(engine))
            except Exception as failure:
                failures.append(failure)
    if failures:
        raise failures[0]
    return done


def _close(engine: Engine) -> list[JobDone]:
    with unit_of_work(engine) as connection:
        days = days_to_close(connection, paris_today(connection) - timedelta(days=1))
    return [
        _recorded(engine, "day_close", day.isoformat(), partial(_closed, engine, day))
        for day in days
    ]


def _closed(engine: Engine, day: date) -> int:
    seals = close_days(engine, day)
    if isinstance(seals, Refused):
        raise JobRefused(seals.code)
    return sum(seal.operations for seal in seals)


def _lapse(engine: Engine) -> list[JobDone]:
    # Every close ends with this; here is what a cut has left of it.
    lapsed = lapse_wallets(engine)
    if not lapsed:
        return []
    with unit_of_work(engine) as connection:
        today = paris_today(connection).isoformat()
    return [_recorded(engine, "lapse", today, lambda: lapsed)]


def _tell(engine: Engine) -> list[JobDone]:
    return _each(
        engine,
        "day_mail",
        [(day.isoformat(), partial(write_day_mails, engine, day)) for day in untold_days(engine)],
    )


def _draft(engine: Engine) -> list[JobDone]:
    with unit_of_work(engine) as connection:
        periods = undrafted_periods(connection, paris_today(connection))
    return _each(
        engine,
        "draft",
        [(period_key, partial(_drafted, engine, period_key)) for period_key in periods],
    )


def _each(
    engine: Engine, job: str, wanted: Sequence[tuple[str, Callable[[], int]]]
) -> list[JobDone]:
    """Each of several that do not need each other; the first failure is raised after the last."""
    done: list[JobDone] = []
    failures: list[Exception] = []
    for about, work in wanted:
        try:
            done.append(_recorded(engine, job, about, work))
        except Exception as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return done


def _drafted(engine: Engine, period_key: str) -> int:
    run = draft_first_run(engine, period_key)
    if isinstance(run, Refused):
        raise JobRefused(run.code)
    return 0 if run is None else run.debits


def _recorded(engine: Engine, job: str, about: str, work: Callable[[], int]) -> JobDone:
    """Does the work between two rows of its record."""
    job_run_id = begin_job(engine, job=job, about=about)
    try:
        amount = work()
    except Exception as failure:
        reason = str(failure) if isinstance(failure, JobRefused) else type(failure).__name__
        _log.warning("job=%s about=%s failed: %s", job, about, reason)
        end_job(engine, job_run_id, failure=reason)
        raise
    end_job(engine, job_run_id, amount=amount)
    _log.info("job=%s about=%s amount=%d", job, about, amount)
    return JobDone(job, about, amount)
