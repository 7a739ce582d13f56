"""What people type when the bank sends no file, and what a person lets go again (design §6)."""

from __future__ import annotations

from datetime import date

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.wiring import Office
from clearing.bank.inbox import count_of_messages, findings_of, messages, waiting_again
from clearing.bank.typed import (
    TransferAnswered,
    answer_transfer,
    confirm_run,
    reject_file,
    release_transfer,
)
from clearing.run.record import Run
from tests import makers
from tests.clearing.bank_files import Status, camt053, debit, pain002, returned
from tests.clearing.bank_story import (
    books,
    change_account,
    everything,
    holds,
    hour,
    remarks,
    state,
    take,
    transfers,
)
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

DAY = date(2026, 12, 2)


def _told_sent(fortnight: Fortnight) -> Fortnight:
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1055)
    fortnight.sell(300, at=beside)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(hour(3))
    return fortnight


@pytest.fixture
def sent(office: Office, told_once: ToldOnce) -> Fortnight:
    """Two partners, 10,55 and 3,00; exported on 1 December, now it is the 3rd."""
    return told_once("bank typed: sent", lambda: _told_sent(make_fortnight(office)))


def answer(
    fortnight: Fortnight,
    number: str,
    outcome: str = "paid",
    reason: str | None = None,
    *,
    on: date = DAY,
    by: str | None = None,
) -> TransferAnswered | Refused:
    return answer_transfer(
        fortnight.office.engine,
        number,
        outcome=outcome,
        reason_code=reason,
        happened_on=on,
        by=by or fortnight.preparer.email,
    )


def confirm(fortnight: Fortnight, *, on: date = DAY, reference: str = "REL-17") -> Run | Refused:
    return confirm_run(
        fortnight.office.engine,
        PERIOD,
        happened_on=on,
        reference=reference,
        by=fortnight.preparer.email,
    )


def reject(fortnight: Fortnight, reason: str = "FF01") -> Run | Refused:
    return reject_file(
        fortnight.office.engine,
        PERIOD,
        reason_code=reason,
        happened_on=DAY,
        by=fortnight.preparer.email,
    )


def code(done: object) -> str:
    assert isinstance(done, Refused), done
    return done.code


def release(
    fortnight: Fortnight, number: str, *, by: str, reason: str = "the bank says so"
) -> object:
    return release_transfer(fortnight.office.engine, number, reason=reason, by=by)


def test_a_typed_day_and_reference_pay_the_run(sent: Fortnight) -> None:
    run = confirm(sent)
    assert isinstance(run, Run) and run.state == "paid"
    assert books(sent) == (0, 0, 1355)
    before = everything(sent)
    assert isinstance(confirm(sent, reference="ANOTHER"), Run)
    assert everything(sent) == before
    (row,) = sent.rows("SELECT entry_reference, happened_on FROM bank_finding")
    assert (row.entry_reference, row.happened_on) == ("REL-17", DAY)
    holds(sent)


def test_the_last_of_the_transfers_settles_the_run(sent: Fortnight) -> None:
    first, second = transfers(sent, PERIOD)
    assert isinstance(answer(sent, first.number), TransferAnswered)
    assert state(sent, PERIOD) == "exported"
    assert isinstance(answer(sent, second.number, "failed", "AC04"), TransferAnswered)
    assert (state(sent, PERIOD), books(sent)) == ("paid", (300, 0, 1055))
    before = everything(sent)
    known = answer(sent, second.number, "failed", "AC01")
    assert isinstance(known, TransferAnswered) and known.is_known
    assert everything(sent) == before
    holds(sent)


def test_when_every_transfer_fails_the_run_was_refused(sent: Fortnight) -> None:
    for one in transfers(sent, PERIOD):
        answer(sent, one.number, "failed", "AC04")
    assert (state(sent, PERIOD), books(sent)) == ("bank_rejected", (1355, 0, 0))
    holds(sent)
    # Their reason is their own: a new attempt presents nothing before it is gone.
    sent.draft()
    assert sent.run().transfers_cents == 0


def test_a_file_that_was_refused_is_typed_too(sent: Fortnight) -> None:
    run = reject(sent)
    assert isinstance(run, Run) and run.state == "bank_rejected"
    assert isinstance(reject(sent), Run)
    assert sent.run_until("exported").transfers_cents == 1355
    assert sent.rows("SELECT * FROM waiting_mail WHERE kind = 'transfer_failed'") == []
    holds(sent)


def test_what_was_paid_in_part_is_not_refused_whole(sent: Fortnight) -> None:
    answer(sent, transfers(sent, PERIOD)[0].number)
    assert code(reject(sent)) == "run_paid_in_part"


def test_a_transfer_that_came_back_is_not_paid_as_well(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    answer(sent, first.number, "failed", "AC04")
    assert code(answer(sent, first.number)) == "transfer_failed"
    answer(sent, first.number, "failed", "AC04")
    assert books(sent) == (1055, 300, 0)


def test_a_typed_failure_after_the_payment_gives_the_money_back(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    confirm(sent)
    answer(sent, first.number, "failed", "AC04")
    assert (state(sent, PERIOD), books(sent)) == ("paid", (1055, 0, 300))
    assert code(answer(sent, first.number)) == "transfer_failed"
    holds(sent)


@pytest.mark.parametrize("day", [date(2026, 11, 30), date(2026, 12, 4)])
def test_a_day_before_the_file_or_still_to_come_is_refused(sent: Fortnight, day: date) -> None:
    first, _ = transfers(sent, PERIOD)
    assert code(answer(sent, first.number, on=day)) == "bank_day_impossible"
    assert code(confirm(sent, on=day)) == "bank_day_impossible"


def test_what_cannot_be_is_refused_with_its_code(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    assert code(answer(sent, "BR-2026-999999")) == "transfer_unknown"
    assert code(answer(sent, "X")) == "transfer_unknown"
    assert code(answer(sent, f"{first.number}-R1")) == "transfer_unknown"
    assert code(answer(sent, first.number, "failed", "NOPE")) == "bank_reason_unknown"
    assert code(reject(sent, "NOPE")) == "bank_reason_unknown"
    assert code(confirm(sent, reference=" ")) == "bank_reference_malformed"
    assert code(confirm(sent, reference="r" * 141)) == "bank_reference_malformed"
    hotline = makers.make_agent(sent.office, "hotline")
    assert code(answer(sent, first.number, by=hotline.email)) == "agent_may_not"
    done = confirm_run(
        sent.office.engine, NEXT_PERIOD, happened_on=DAY, reference="x", by=sent.preparer.email
    )
    assert code(done) == "run_not_sent"


def test_a_run_in_which_everything_is_carried_over_can_be_ended(fortnight: Fortnight) -> None:
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(hour(3))
    run = confirm(fortnight)
    assert isinstance(run, Run) and run.state == "paid"
    assert fortnight.rows("SELECT * FROM transfer_answer") == []
    holds(fortnight)


def test_a_statement_after_what_was_typed_is_known_already(sent: Fortnight) -> None:
    first, second = transfers(sent, PERIOD)
    answer(sent, first.number)
    take(sent, camt053(debit("13.55", "CJP-2026-11-B-1-1")))
    assert (state(sent, PERIOD), books(sent)) == ("paid", (0, 0, 1355))
    answer(sent, second.number, "failed", "AC04")
    taken = take(sent, camt053(returned(second.name, second.euros), message="B"))
    assert dict(taken.understood) == {"already_known": 1}
    assert books(sent) == (300, 0, 1055)
    holds(sent)


def test_a_debit_that_holds_a_typed_failure_waits_until_it_is_seen_to_come_back(
    sent: Fortnight,
) -> None:
    first, _ = transfers(sent, PERIOD)
    answer(sent, first.number, "failed", "AC04")
    take(sent, camt053(debit("13.55", "CJP-2026-11-B-1-1"), message="S1"))
    assert (state(sent, PERIOD), books(sent)) == ("exported", (1055, 300, 0))
    assert remarks(sent)[-1] == "contradicts_failed"
    take(
        sent,
        camt053(debit("13.55", "CJP-2026-11-B-1-1"), returned(first.name, "10.55"), message="S2"),
    )
    assert (state(sent, PERIOD), books(sent)) == ("paid", (1055, 0, 300))
    holds(sent)


# -- let go again ----------------------------------------------------------------------------------


def test_an_approver_lets_a_transfer_go_into_the_same_account(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002("CJP-2026-11-B-1", Status(first.name, reason="MS03"), group="PART"))
    for _ in range(2):
        assert not isinstance(release(sent, first.number, by=sent.approver.email), Refused)
    assert len(sent.rows("SELECT * FROM transfer_release")) == 1
    sent.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    run = sent.run_until("exported", NEXT_PERIOD)
    assert run.transfers_cents == 1055
    assert code(release(sent, first.number, by=sent.approver.email)) == "transfer_presented_again"
    holds(sent)


def test_who_typed_a_failure_does_not_let_it_go(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    answer(sent, first.number, "failed", "AC04", by=sent.approver.email)
    assert code(release(sent, first.number, by=sent.approver.email)) == "release_needs_second_agent"
    other = makers.make_agent(sent.office)
    assert not isinstance(release(sent, first.number, by=other.email), Refused)


def test_a_release_is_refused_to_others_and_for_what_did_not_fail(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    assert code(release(sent, first.number, by=sent.preparer.email)) == "agent_may_not"
    assert code(release(sent, first.number, by=sent.approver.email)) == "transfer_not_failed"
    assert code(release(sent, first.number, by=sent.approver.email, reason="x")) == (
        "reason_malformed"
    )


# -- the inbox -------------------------------------------------------------------------------------


def test_the_inbox_shows_what_a_person_must_look_at_first(sent: Fortnight) -> None:
    first, second = transfers(sent, PERIOD)
    take(
        sent,
        pain002(
            "CJP-2026-11-B-1", Status(first.name), Status(second.name, euros="1.00"), group="PART"
        ),
    )
    with unit_of_work(sent.office.engine) as connection:
        (message,) = messages(connection)
        findings = findings_of(connection, message.bank_message_id)
        (waiting,) = waiting_again(connection)
        assert count_of_messages(connection) == 1
    assert (message.kind, message.ours, message.unmatched) == ("pain002", 3, 1)
    assert [one.understood for one in findings] == ["unmatched", "accepted", "rejected"]
    assert (findings[0].remark, findings[0].number) == ("amount_differs", second.number)
    assert (waiting.number, waiting.reason_code, waiting.let_go_by) == (first.number, "AC04", None)
    change_account(sent)
    with unit_of_work(sent.office.engine) as connection:
        assert [one.let_go_by for one in waiting_again(connection)] == ["account"]
