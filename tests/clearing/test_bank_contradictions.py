"""What a bank's file, or a person, says against the books: nobody is paid a second time for it."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.wiring import Office
from clearing.bank.release import release_transfer
from clearing.bank.typed import answer_transfer, reject_file
from clearing.run.approve import approve_run
from clearing.run.record import Run, run_again
from tests import makers
from tests.clearing.bank_files import camt053, camt054, debit, pain002, returned
from tests.clearing.bank_story import hour, remarks, state, take, transfers
from tests.clearing.story import (
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
    make_fortnight,
)
from tests.conftest import Clock
from tests.told_once import ToldOnce

FILE = f"CJP-{PERIOD}-1"
DAY = date(2026, 12, 2)


def _told_sent(fortnight: Fortnight) -> Fortnight:
    beside = fortnight.add_partner()
    fortnight.sell(1_000)
    fortnight.sell(1_000, at=beside)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(hour(3))
    return fortnight


@pytest.fixture
def sent(office: Office, told_once: ToldOnce) -> Fortnight:
    """Two partners, ten euros each, at the bank; it is two days later."""
    return told_once("bank contradictions: sent", lambda: _told_sent(make_fortnight(office)))


def rejected_by_hand(sent: Fortnight, reason: str = "FF01") -> Run | Refused:
    return reject_file(
        sent.office.engine, PERIOD, reason_code=reason, happened_on=DAY, by=sent.preparer.email
    )


def paid_out(sent: Fortnight) -> int:
    (row,) = sent.rows(
        "SELECT coalesce(sum(m.transfer_cents), 0)::bigint AS cents FROM transfer_answer a"
        " JOIN remittance m USING (remittance_id) WHERE a.outcome = 'paid'"
    )
    return int(row.cents)


# -- a file that was executed is not refused -------------------------------------------------------


def test_a_debit_of_a_file_that_somebody_typed_as_refused_is_for_a_person(sent: Fortnight) -> None:
    rejected_by_hand(sent)
    take(sent, camt053(debit("20.00", FILE)))
    assert (remarks(sent), paid_out(sent)) == (["total_differs"], 0)


def test_a_file_of_which_something_came_back_over_the_account_was_executed(
    sent: Fortnight,
) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, camt054(returned(first.name, "10.00")))
    take(sent, pain002(FILE, group="RJCT", reason="FF01"))
    assert (remarks(sent), state(sent, PERIOD)) == (["contradicts_paid"], "exported")
    assert rejected_by_hand(sent) == Refused("run_paid_in_part", {"period": PERIOD})


def with_reason(report: bytes, code: str, *, after: bytes) -> bytes:
    assert after in report
    added = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>".encode()
    return report.replace(after, after + added, 1)


@pytest.mark.parametrize(
    ("group", "payment", "after"),
    [("NARR", None, b"</StsRsnInf>"), ("MS03", "RJCT", b"<PmtInfSts>RJCT</PmtInfSts>")],
    ids=["second reason", "the payment's own"],
)
def test_sent_before_is_heard_wherever_it_stands(
    sent: Fortnight, group: str, payment: str | None, after: bytes
) -> None:
    report = pain002(FILE, group="RJCT", reason=group, payment=payment)
    take(sent, with_reason(report, "AM05", after=after))
    assert (remarks(sent), state(sent, PERIOD)) == (["duplicate_file"], "exported")


def test_nothing_is_typed_as_failed_because_it_was_sent_before(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    refused = Refused("bank_reason_duplicate", {"reason": "AM05"})
    assert rejected_by_hand(sent, "AM05") == refused
    answered = answer_transfer(
        sent.office.engine,
        first.number,
        outcome="failed",
        reason_code="AM05",
        happened_on=DAY,
        by=sent.preparer.email,
    )
    assert answered == refused


@pytest.mark.parametrize("payment", ["ACSC", "ACCP"])
def test_a_report_that_says_both_is_for_a_person(sent: Fortnight, payment: str) -> None:
    take(sent, pain002(FILE, group="RJCT", payment=payment))
    assert (remarks(sent), state(sent, PERIOD)) == (["status_unknown"], "exported")


def test_a_bare_refusal_after_an_acceptance_is_for_a_person(sent: Fortnight) -> None:
    take(sent, pain002(FILE, group="ACSC", message="S1"))
    take(sent, pain002(FILE, group="RJCT", message="S2"))
    assert (remarks(sent), state(sent, PERIOD)) == (["status_unknown"], "accepted")
    take(sent, pain002(FILE, group="RJCT", count=2, total="20.00", message="S3"))
    assert state(sent, PERIOD) == "bank_rejected"


# -- a debit is of what the run still stands for, and of nothing twice -----------------------------


def test_what_was_debited_by_name_is_not_debited_again_with_the_file(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    by_name = debit("10.00", None, (first.name, "10.00"), reference="D1")
    take(sent, camt053(by_name, debit("20.00", FILE, reference="D2"), message="S1"))
    assert (remarks(sent), paid_out(sent)) == (["total_differs"], 1_000)
    take(sent, camt053(by_name, debit("10.00", FILE, reference="D3"), message="S2"))
    assert (state(sent, PERIOD), paid_out(sent)) == ("paid", 2_000)


def test_one_debit_told_by_two_kinds_of_message_pays_one_partner(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, camt054(debit("10.00", None, (first.name, "10.00"))))
    take(sent, camt053(debit("10.00", FILE)))
    assert (remarks(sent), paid_out(sent)) == (["total_differs"], 1_000)


@pytest.mark.parametrize(
    ("names", "remark"),
    [
        ([("BR-2026-000001", "20.00")], "amount_differs"),
        ([("BR-2026-000001", "10.00"), ("BR-2026-000099", "10.00")], "transfer_unknown"),
    ],
)
def test_details_that_are_not_the_run_s_stop_its_debit(
    sent: Fortnight, names: list[tuple[str, str]], remark: str
) -> None:
    take(sent, camt053(debit("20.00", FILE, *names)))
    assert (remarks(sent), paid_out(sent)) == ([remark], 0)


@pytest.mark.parametrize("day", ["9999-12-31", "2020-01-01"])
def test_a_day_that_cannot_be_is_the_day_the_message_came(sent: Fortnight, day: str) -> None:
    take(sent, camt053(debit("20.00", FILE, on=day)))
    days = {row.happened_on for row in sent.rows("SELECT happened_on FROM transfer_answer")}
    assert days == {date(2026, 12, 3)}


# -- four eyes -------------------------------------------------------------------------------------


def test_who_brought_a_failure_in_neither_releases_nor_pays_it_again(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    me, other = sent.approver, makers.make_agent(sent.office)
    take(sent, camt053(debit("20.00", FILE)))
    take(sent, camt054(returned(first.name, "10.00")), by=me.email)
    engine = sent.office.engine
    mine = release_transfer(engine, first.number, reason="the bank's mistake", by=me.email)
    assert mine == Refused("release_needs_second_agent")
    theirs = release_transfer(engine, first.number, reason="the bank's mistake", by=other.email)
    assert not isinstance(theirs, Refused)
    sent.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    sent.run_until("submitted", NEXT_PERIOD)
    for agent in (me, other):
        assert sent.approve(NEXT_PERIOD, by=agent) == Refused("approver_brought_it_back")
    assert isinstance(sent.approve(NEXT_PERIOD, by=makers.make_agent(sent.office)), Run)


def test_who_submitted_is_written_once(sent: Fortnight) -> None:
    sent.sell(500)
    sent.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    run = sent.run_until("submitted", NEXT_PERIOD)
    other = makers.make_agent(sent.office, "finance_preparer")
    with (
        psycopg.connect(sent.office.database_url) as db,
        pytest.raises(psycopg.errors.RaiseException, match="frozen"),
    ):
        db.execute(
            "UPDATE reimbursement_run SET submitted_by = %s WHERE run_id = %s",
            [other.agent_id, run.run_id],
        )


def test_what_was_not_looked_at_is_not_approved(fortnight: Fortnight) -> None:
    fortnight.sell(1_000)
    fortnight.end()
    seen = fortnight.run_until("submitted").content_hash
    fortnight.reject()
    fortnight.meddle("UPDATE bank_account SET holder_name = 'SOMEBODY ELSE'")
    again = fortnight.run_until("submitted").content_hash
    assert seen is not None and again is not None and seen != again
    stale = approve_run(
        fortnight.office.engine,
        fortnight.office.keys,
        PERIOD,
        by=fortnight.approver.email,
        total_cents=1_000,
        totp="000000",
        looked_at=seen.hex(),
    )
    assert stale == Refused("approval_is_stale", {"period": PERIOD})
    with unit_of_work(fortnight.office.engine) as connection:
        assert run_again(connection, PERIOD).state == "submitted"
