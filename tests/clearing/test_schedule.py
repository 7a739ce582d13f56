"""What runs by itself: days closed oldest first, partners told once, fortnights drafted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cardservice.cli import cjeune
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.wiring import Office
from clearing import day_mail, schedule
from clearing.schedule import JobDone, tick
from tests.clearing.story import AFTER, PERIOD, Fortnight
from tests.conftest import Clock

THE_23RD = datetime(2026, 11, 23, 9, tzinfo=UTC)
THE_25TH = datetime(2026, 11, 25, 9, tzinfo=UTC)


def mails(office: Office) -> list[tuple[str, dict[str, object]]]:
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text("SELECT recipient, facts FROM waiting_mail WHERE kind = 'day_closed' ORDER BY 1")
        ).all()
    return [(row.recipient, row.facts) for row in rows]


def records(office: Office) -> list[tuple[str, str, str | None, str | None]]:
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text("SELECT job, about, outcome, failure FROM job_run ORDER BY job_run_id")
        ).all()
    return [(row.job, row.about, row.outcome, row.failure) for row in rows]


def test_days_missed_are_closed_oldest_first_and_a_second_tick_finds_nothing(
    fortnight: Fortnight,
) -> None:
    fortnight.sell(1000)
    Clock(fortnight.office).set(THE_25TH)
    done = tick(fortnight.office.engine)
    assert [one.about for one in done if one.job == "day_close"] == [
        "2026-11-22",
        "2026-11-23",
        "2026-11-24",
    ]
    assert tick(fortnight.office.engine) == []
    assert [row[:3] for row in records(fortnight.office)] == [
        ("day_close", "2026-11-22", "done"),
        ("day_close", "2026-11-23", "done"),
        ("day_close", "2026-11-24", "done"),
        ("day_mail", "2026-11-22", "done"),
    ]


def test_before_anybody_has_worked_there_is_no_day_to_close(office: Office) -> None:
    Clock(office).set(THE_25TH)
    assert tick(office.engine) == []


def test_a_partner_is_told_totals_and_where_to_look_and_no_row(fortnight: Fortnight) -> None:
    fortnight.sell(1000)
    fortnight.sell(550, wallet="tutoring")
    fortnight.sell_and_undo(300)
    Clock(fortnight.office).set(THE_23RD)
    tick(fortnight.office.engine)
    [(_, facts)] = mails(fortnight.office)
    assert facts["debits"] == 2
    assert str(facts["amount"]).startswith("15,50")
    assert str(facts["path"]).endswith("/2026-11-22")
    assert [one["wallet"] for one in facts["wallets"]] == [  # type: ignore[attr-defined]
        "sport_culture_leisure",
        "tutoring",
    ]
    assert fortnight.card.code[-4:] not in str(facts)


def test_who_sold_nothing_is_left_in_peace(fortnight: Fortnight) -> None:
    fortnight.add_partner()
    fortnight.sell(1000)
    Clock(fortnight.office).set(THE_23RD)
    tick(fortnight.office.engine)
    assert len(mails(fortnight.office)) == 1


def test_mails_cut_half_way_are_finished_by_the_next_tick_and_none_is_doubled(
    fortnight: Fortnight, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = fortnight.add_partner()
    fortnight.sell(1000)
    fortnight.sell(1000, at=second)
    Clock(fortnight.office).set(THE_23RD)
    write, written = day_mail.write_mail, []

    def cut(*arguments: object, **facts: object) -> None:
        if written:
            raise ConnectionError("the machine stopped here")
        written.append(facts["recipient"])
        write(*arguments, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(day_mail, "_AT_ONCE", 1)
    monkeypatch.setattr(day_mail, "write_mail", cut)
    with pytest.raises(ConnectionError):
        tick(fortnight.office.engine)
    assert len(mails(fortnight.office)) == 1
    assert ("day_mail", "2026-11-22", "failed", "ConnectionError") in records(fortnight.office)
    monkeypatch.setattr(day_mail, "write_mail", write)
    tick(fortnight.office.engine)
    assert len({recipient for recipient, _ in mails(fortnight.office)}) == 2
    assert len(mails(fortnight.office)) == 2


def test_an_ended_fortnight_is_drafted_and_a_person_submits_it(fortnight: Fortnight) -> None:
    fortnight.sell(1000)
    Clock(fortnight.office).set(AFTER)
    done = tick(fortnight.office.engine)
    assert JobDone("draft", PERIOD, 1) in done
    run = fortnight.run()
    assert (run.state, run.gross_cents) == ("draft", 1000)
    assert [row.by for row in fortnight.rows('SELECT "by" FROM run_event')] == ["schedule"]
    assert tick(fortnight.office.engine) == []
    assert fortnight.run_until("exported").state == "exported"
    assert tick(fortnight.office.engine) == []


def test_a_fortnight_without_a_sale_is_not_drafted(fortnight: Fortnight) -> None:
    fortnight.sell(1000)
    Clock(fortnight.office).set(datetime(2026, 12, 16, 9, tzinfo=UTC))
    done = tick(fortnight.office.engine)
    assert [one.about for one in done if one.job == "draft"] == [PERIOD]


def test_a_failed_close_is_recorded_and_keeps_the_draft_waiting(
    fortnight: Fortnight, monkeypatch: pytest.MonkeyPatch
) -> None:
    fortnight.sell(1000)
    Clock(fortnight.office).set(AFTER)

    def full(*_: object) -> object:
        raise OSError("No space left on this disk")

    with monkeypatch.context() as broken:
        broken.setattr(schedule, "close_days", full)
        with pytest.raises(OSError, match="No space"):
            tick(fortnight.office.engine)
    assert records(fortnight.office)[0] == ("day_close", "2026-11-22", "failed", "OSError")
    assert fortnight.rows("SELECT * FROM reimbursement_run") == []
    assert JobDone("draft", PERIOD, 1) in tick(fortnight.office.engine)
    closes = [row for row in records(fortnight.office) if row[1] == "2026-11-22"]
    assert closes[0] == ("day_close", "2026-11-22", "done", None), "tried again in its own record"


@pytest.mark.parametrize("is_locked", [True, False])
def test_four_workers_at_once_do_the_work_once(
    fortnight: Fortnight, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    if not is_locked:
        # The lock only saves work: without it the unique keys decide.
        monkeypatch.setattr(schedule, "_ONE_WORKER", text("SELECT true"))
    fortnight.sell(1000)
    Clock(fortnight.office).set(AFTER)
    together = threading.Barrier(4)

    def work(_: int) -> list[JobDone]:
        together.wait(20)
        return tick(fortnight.office.engine)

    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(work, range(4)))
    done = [one for answer in answers for one in answer]
    assert len(done) == len(set(done)) or not is_locked
    assert JobDone("draft", PERIOD, 1) in done
    assert len(fortnight.rows("SELECT * FROM reimbursement_run")) == 1
    assert len(mails(fortnight.office)) == 1


def test_the_worker_closes_at_its_start_and_ends_when_told(fortnight: Fortnight) -> None:
    office = fortnight.office
    fortnight.sell(1000)
    Clock(office).set(THE_23RD)
    words = (sys.executable, "-m", "cardservice.cli", "worker", "--data-dir")
    with subprocess.Popen(
        [*words, str(office.settings.data_dir)], stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline().strip()
        waited = threading.Event()
        for _ in range(400):
            if any(row[0] == "day_mail" and row[2] for row in records(office)):
                break
            waited.wait(0.05)
        os.kill(worker.pid, signal.SIGTERM)
        assert worker.wait(30) == 0
    assert records(office)[0][:3] == ("day_close", "2026-11-22", "done")


def test_the_worker_can_be_asked_for_one_round(fortnight: Fortnight) -> None:
    office = fortnight.office
    fortnight.sell(1000)
    Clock(office).set(THE_23RD)
    result = CliRunner().invoke(
        cjeune, ["worker", "--once", "--data-dir", str(office.settings.data_dir)]
    )
    assert result.exit_code == 0, result.output
    assert sentence("worker", "day_close", about="22/11/2026", amount=3) in result.output
    # The lead's invitation waited too.
    assert sentence("worker", "posted", mails=2) in result.output
    assert mails(office) == []
