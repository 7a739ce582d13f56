"""Pays the fortnights of a demonstration: draft to bank file, each step by the agent who may.

The law: four eyes here too; who submits does not approve, the second factor is a real code. The
files of each fortnight lie in `exports/<period>/` under the data directory.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import count

import pyotp
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import wall_seconds
from cardservice.demo.cast import succeed
from cardservice.demo.clock import move_clock_on
from cardservice.demo.kept import KeptUser
from cardservice.domain.calendar import Fortnight, fortnight_containing
from cardservice.domain.refusal import Refused
from cardservice.domain.totp import STEP_SECONDS
from cardservice.wiring import Office
from clearing.day_close import close_days
from clearing.payer import debtor_of
from clearing.run.approve import approve_run
from clearing.run.draft import draft_run
from clearing.run.export import export_run, write_files
from clearing.run.papers import complete_papers
from clearing.run.record import Run
from clearing.run.submit import submit_run

EXPORTS = "exports"


@dataclass(frozen=True)
class Finance:
    """Who prepares the runs, and who approves them in turn. A fortnight that ends on `left_from` or
    later is only submitted: somebody is to find it on the desk."""

    preparer: KeptUser
    approvers: Sequence[KeptUser]
    left_from: date | None = None


def end_day(office: Office, finance: Finance, day: date) -> None:
    """Midnight passes: the day is closed, and a fortnight that ends with it is paid."""
    next_day = day + timedelta(days=1)
    move_clock_on(office.engine, next_day, time(0, 5))
    succeed(close_days(office.engine, day))
    period = fortnight_containing(day)
    if period.ends_before == next_day and _is_owed(office, period):
        move_clock_on(office.engine, next_day, time(8, 0))
        _pay(office, finance, period)


def _is_owed(office: Office, period: Fortnight) -> bool:
    """Whether anybody sold anything: an empty fortnight needs no run."""
    with unit_of_work(office.engine) as connection:
        found = connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM operation WHERE kind = 'debit'"
                " AND outcome = 'approved' AND business_day >= :starts_on"
                " AND business_day < :ends_before)"
            ),
            {"starts_on": period.starts_on, "ends_before": period.ends_before},
        )
        return bool(found.scalar_one())


def _pay(office: Office, finance: Finance, period: Fortnight) -> None:
    engine, settings = office.engine, office.settings
    succeed(draft_run(engine, period.period_key, by=finance.preparer.email))
    submitted = succeed(submit_run(engine, period.period_key, by=finance.preparer.email))
    if finance.left_from is not None and period.ends_before >= finance.left_from:
        return
    approved = _approve(office, finance, submitted)
    complete_papers(engine, approved.run_id, keys=office.keys, scheme_name=settings.scheme_name)
    debtor = succeed(debtor_of(engine, settings))
    exported = succeed(
        export_run(engine, period.period_key, by=finance.preparer.email, debtor=debtor)
    )
    write_files(engine, exported, settings.data_dir / EXPORTS / period.period_key)


def _approve(office: Office, finance: Finance, run: Run) -> Run:
    """Approved by the first approver whose last step is over.

    A code serves once and authenticators run on the real clock: the codes of the step just over
    are used here, so that the present one is left to whoever works with the demonstration.
    """
    for turn in count(run.run_id):
        approver = finance.approvers[turn % len(finance.approvers)]
        with unit_of_work(office.engine) as connection:
            seconds = wall_seconds(connection)
        assert approver.totp_secret is not None, "every agent has one"
        code = pyotp.TOTP(approver.totp_secret).generate_otp(seconds // STEP_SECONDS - 1)
        answer = approve_run(
            office.engine,
            office.keys,
            run.period_key,
            by=approver.email,
            total_cents=run.transfers_cents,
            totp=code,
        )
        if not isinstance(answer, Refused):
            return answer
        assert answer.code in ("totp_used", "totp_wrong"), f"refused in a demonstration: {answer}"
        # Only a long history comes here: both approvers have approved within this half minute.
        if turn % len(finance.approvers):
            threading.Event().wait(STEP_SECONDS - seconds % STEP_SECONDS)
    raise AssertionError("a step always ends")
