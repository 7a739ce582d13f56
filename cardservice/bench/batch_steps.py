"""The steps of a fortnight's clearing, each timed in a process of its own.

The law: a process measures one step and ends, so that its peak of memory is that step's and no
other's; what it tells is seconds on the wall and megabytes of resident memory, its own and the
largest of its children.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import pyotp

from cardservice.bench.fortnight_instance import Fortnight
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import ledger_instant
from cardservice.domain.calendar import paris_day
from cardservice.domain.refusal import Refused
from cardservice.settings import read_settings
from cardservice.wiring import Office, opened_office
from clearing.banking_days import next_target_day
from clearing.day_close import close_days
from clearing.pain001 import Debtor, PaymentFile
from clearing.payer import debtor_of
from clearing.run.approve import approve_run
from clearing.run.draft import draft_run
from clearing.run.export import checked_bytes, export_run
from clearing.run.papers import complete_papers
from clearing.run.record import Run, run_again
from clearing.run.run_csv import write_run_csv
from clearing.run.submit import submit_run
from clearing.run.transfers import transfers_of


@dataclass(frozen=True)
class Taken:
    """What one step took."""

    seconds: float
    peak_mb: float


def measured(
    step: Callable[[Office, Fortnight], object], data_dir: Path, fortnight: Fortnight
) -> Taken:
    """Does a step in a fresh process, on an instance whose server runs."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as alone:
        return alone.submit(_timed, step, data_dir, fortnight).result()


def close(office: Office, fortnight: Fortnight) -> object:
    """Every day of the fortnight, with its seals."""
    return _done(close_days(office.engine, fortnight.last_day))


def draft(office: Office, fortnight: Fortnight) -> object:
    """The draft, made again when it is there."""
    return _done(draft_run(office.engine, fortnight.period_key, by=fortnight.preparer))


def submit(office: Office, fortnight: Fortnight) -> object:
    """Controls, content hash, accounts."""
    return _done(submit_run(office.engine, fortnight.period_key, by=fortnight.preparer))


def approve(office: Office, fortnight: Fortnight) -> object:
    """The second person, and the numbers."""
    approved = approve_run(
        office.engine,
        office.keys,
        fortnight.period_key,
        by=fortnight.approver,
        total_cents=_run(office, fortnight).transfers_cents,
        totp=pyotp.TOTP(fortnight.totp_secret).now(),
    )
    return _done(approved)


def papers(office: Office, fortnight: Fortnight) -> object:
    """Every bordereau as PDF, CSV and page."""
    made = complete_papers(
        office.engine,
        _run(office, fortnight).run_id,
        keys=office.keys,
        scheme_name=office.settings.scheme_name,
    )
    assert not made.failed, made.failed
    return made


def pain001(office: Office, fortnight: Fortnight) -> object:
    """The bank file alone: written from the frozen transfers, checked against its schema."""
    debtor = debtor_of(office.engine, office.settings)
    assert isinstance(debtor, Debtor), debtor
    with unit_of_work(office.engine) as connection:
        at = ledger_instant(connection).replace(microsecond=0)
        transfers = transfers_of(connection, _run(office, fortnight).run_id)
    return checked_bytes(
        PaymentFile("BENCH", at, next_target_day(paris_day(at)), debtor, transfers)
    )


def export(office: Office, fortnight: Fortnight) -> object:
    """The bank file, checked against its schema, and the money in transit."""
    debtor = debtor_of(office.engine, office.settings)
    assert not isinstance(debtor, Refused), debtor
    return _done(
        export_run(office.engine, fortnight.period_key, by=fortnight.approver, debtor=debtor)
    )


def run_csv(office: Office, fortnight: Fortnight) -> object:
    """Every line of the run as one CSV."""
    sink = (office.settings.data_dir / "run.csv").open("wb")
    with sink, unit_of_work(office.engine) as connection:
        write_run_csv(connection, _run(office, fortnight).run_id, sink.write)
    return None


def _timed(
    step: Callable[[Office, Fortnight], object], data_dir: Path, fortnight: Fortnight
) -> Taken:
    with opened_office(read_settings(data_dir, environment={})) as office:
        # From here on: what a process inherits from the one that made it counts as its own peak.
        Path("/proc/self/clear_refs").write_text("5")
        started = monotonic()
        step(office, fortnight)
        return Taken(monotonic() - started, _peak_mb())


def _peak_mb() -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None, "Linux tells a process's peak of memory"
    return int(found[1]) / 1024


def _run(office: Office, fortnight: Fortnight) -> Run:
    with unit_of_work(office.engine) as connection:
        return run_again(connection, fortnight.period_key)


def _done(answer: Any) -> object:
    assert not isinstance(answer, Refused), answer
    return answer
