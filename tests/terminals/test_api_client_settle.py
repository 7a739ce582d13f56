"""Each sale ends in the truth: what is asked after which answer, and when nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_client.answers import Approved, Cancelled, Declined, NoAnswer, Problem, Unknown
from api_client.backoff import Patience
from api_client.journal import Journal, JournalNotWritable
from api_client.operation_id import local_reference
from api_client.settle import cancel_debit, resolve_open, take_debit
from tests.terminals.scripted_line import (
    BUSY,
    NOT_THERE,
    REUSED,
    REVOKED,
    SILENCE,
    SUSPENDED,
    an_order,
    approved,
    declined,
    refused_cancellation,
    scripted,
    undone,
)

ORDER = an_order()
UNKNOWN = Unknown(local_reference(ORDER.operation_id), ORDER.operation_id)


def state_of(journal: Journal) -> str:
    entry = journal.entry(ORDER.operation_id)
    assert entry is not None
    return entry.state


# At the till


@pytest.mark.parametrize(
    ("answers", "asked", "told", "state"),
    [
        ([approved(ORDER)], "send", approved(ORDER), "approved"),
        ([declined(ORDER)], "send", declined(ORDER), "declined"),
        ([SUSPENDED], "send", SUSPENDED, "declined"),
        ([REVOKED], "send", REVOKED, "declined"),
        ([SILENCE, approved(ORDER)], "send ask", approved(ORDER), "approved"),
        ([BUSY, declined(ORDER)], "send ask", declined(ORDER), "declined"),
        ([SILENCE, NOT_THERE, approved(ORDER)], "send ask send", approved(ORDER), "approved"),
        (
            [SILENCE, SILENCE, BUSY, approved(ORDER)],
            "send ask ask ask",
            approved(ORDER),
            "approved",
        ),
        # The service takes nothing more, but the first copy may be on its way: a tombstone.
        (
            [SILENCE, NOT_THERE, SUSPENDED, undone(ORDER)],
            "send ask send cancel",
            SUSPENDED,
            "cancelled",
        ),
        (
            [SILENCE, NOT_THERE, declined(ORDER, "identification_expired"), undone(ORDER)],
            "send ask send cancel",
            declined(ORDER, "identification_expired"),
            "cancelled",
        ),
        # At once, no copy is on its way.
        (
            [declined(ORDER, "identification_expired")],
            "send",
            declined(ORDER, "identification_expired"),
            "declined",
        ),
        # Revoked in the middle: it stays open, and says why.
        (
            [SILENCE, REVOKED],
            "send ask",
            Unknown(UNKNOWN.local_reference, ORDER.operation_id, REVOKED),
            "unknown",
        ),
        # Somebody else's id: ours can never be taken, and theirs must not be undone.
        ([SILENCE, NOT_THERE, REUSED], "send ask send", REUSED, "declined"),
        ([SILENCE] * 5, "send ask ask ask ask", UNKNOWN, "unknown"),
        (
            [SILENCE, NOT_THERE, SILENCE, NOT_THERE, SILENCE, *[BUSY] * 2],
            "send ask send ask send ask ask",
            UNKNOWN,
            "unknown",
        ),
        # A sale of ours with another content: never told, never undone.
        (
            [SILENCE, *[approved(ORDER, amount_cents=1)] * 4],
            "send ask ask ask ask",
            UNKNOWN,
            "unknown",
        ),
    ],
)
def test_a_sale_is_asked_about_until_it_is_known_or_the_tries_are_used_up(
    journal: Journal, eager: Patience, answers: list[Any], asked: str, told: Any, state: str
) -> None:
    script, line = scripted(*answers)
    assert take_debit(line, journal, ORDER, pin="4826", patience=eager) == told
    assert " ".join(script.asked) == asked
    assert {operation_id for _, operation_id in script.calls} == {ORDER.operation_id}
    assert state_of(journal) == state


def test_a_sale_is_on_the_disk_before_it_is_sent(journal: Journal, eager: Patience) -> None:
    script, line = scripted(approved(ORDER), sees=journal.unresolved)
    take_debit(line, journal, ORDER, pin="4826", patience=eager)
    ((entry,),) = script.seen
    assert entry.order == ORDER and entry.pin_given


def test_a_sale_undone_meanwhile_is_told_as_undone(journal: Journal, eager: Patience) -> None:
    _, line = scripted(SILENCE, approved(ORDER, undone=True))
    told = take_debit(line, journal, ORDER, pin=None, patience=eager)
    assert isinstance(told, Cancelled) and told.reference == "D0004K8K"
    assert state_of(journal) == "cancelled"


def test_an_unknown_sale_may_be_taken_up_again_and_is_asked_about_first(
    journal: Journal, eager: Patience
) -> None:
    _, line = scripted(*[SILENCE] * 5)
    take_debit(line, journal, ORDER, pin=None, patience=eager)
    # Refused now: the copies of before may still be on their way.
    script, line = scripted(NOT_THERE, SUSPENDED, undone(ORDER))
    assert take_debit(line, journal, ORDER, pin=None, patience=eager) == SUSPENDED
    assert script.asked == ["ask", "send", "cancel"]


def test_a_sale_that_was_given_up_is_not_taken_up_again(journal: Journal, eager: Patience) -> None:
    _, line = scripted(*[SILENCE] * 10)
    take_debit(line, journal, ORDER, pin=None, patience=eager)
    cancel_debit(line, journal, ORDER.operation_id, reason="other", patience=eager)
    # Its cancellation may arrive after what would be told to be approved.
    script, line = scripted()
    with pytest.raises(AssertionError):
        take_debit(line, journal, ORDER, pin=None, patience=eager)
    assert script.calls == []


def test_a_doubtful_sale_that_can_not_be_made_sure_stays_unknown(
    journal: Journal, eager: Patience
) -> None:
    _, line = scripted(SILENCE, NOT_THERE, SUSPENDED, *[SILENCE] * 5)
    told = take_debit(line, journal, ORDER, pin=None, patience=eager)
    assert told == Unknown(UNKNOWN.local_reference, ORDER.operation_id, SUSPENDED)
    assert state_of(journal) == "unknown"


def test_what_can_not_be_written_down_is_not_sent(
    journal: Journal, eager: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, line = scripted()
    monkeypatch.setattr(journal, "write", full)
    with pytest.raises(JournalNotWritable):
        take_debit(line, journal, ORDER, pin=None, patience=eager)
    monkeypatch.setattr(journal, "ask_cancellation", full)
    with pytest.raises(JournalNotWritable):
        cancel_debit(line, journal, ORDER.operation_id, reason="mistake", patience=eager)
    assert script.calls == []


@pytest.mark.parametrize("answer", [approved(ORDER), declined(ORDER), SUSPENDED])
def test_the_truth_is_told_even_if_the_disk_fills_up_after_the_sale(
    journal: Journal, eager: Patience, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    _, line = scripted(answer)
    with monkeypatch.context() as broken:
        broken.setattr(journal, "settle", full)
        assert take_debit(line, journal, ORDER, pin=None, patience=eager) == answer
    assert state_of(journal) == "written"


def full(*arguments: object, **named: object) -> None:
    raise JournalNotWritable("SQLITE_FULL")


# Waiting


def test_waits_grow_are_jittered_and_end(journal: Journal) -> None:
    waits: list[float] = []
    chance = iter([0.0, 0.5, 0.0, 0.99])
    patience = Patience(wait=waits.append, draw=lambda: next(chance))
    _, line = scripted(*[SILENCE] * 5)
    take_debit(line, journal, ORDER, pin=None, patience=patience)
    assert waits == [0.5, 1.5, 2.0, 7.96]


def test_what_the_service_asks_to_wait_is_waited(
    journal: Journal, eager: Patience, eager_waits: list[float]
) -> None:
    busy = Problem(503, "unavailable", "…", 7)
    _, line = scripted(busy, approved(ORDER))
    assert isinstance(take_debit(line, journal, ORDER, pin=None, patience=eager), Approved)
    assert eager_waits == [7]


def test_what_is_too_long_to_wait_is_given_up_not_shortened(
    journal: Journal, eager: Patience, eager_waits: list[float]
) -> None:
    script, line = scripted(Problem(429, "too_many_lookups", "…", 600))
    assert take_debit(line, journal, ORDER, pin=None, patience=eager) == UNKNOWN
    assert (eager_waits, script.asked) == ([], ["send"])


# After a restart


@pytest.mark.parametrize(
    ("answers", "asked", "state"),
    [
        ([approved(ORDER)], "ask", "approved"),
        ([approved(ORDER, undone=True)], "ask", "cancelled"),
        ([declined(ORDER)], "ask", "declined"),
        ([declined(ORDER, "operation_cancelled")], "ask", "cancelled"),
        # 404 is no proof: a tombstone.
        ([NOT_THERE, undone(ORDER)], "ask cancel", "cancelled"),
        # It arrived between the two questions, and cannot be undone any more.
        (
            [NOT_THERE, refused_cancellation(ORDER, "cancellation_day_over"), approved(ORDER)],
            "ask cancel ask",
            "approved",
        ),
        (
            [NOT_THERE, refused_cancellation(ORDER, "debit_was_declined"), declined(ORDER)],
            "ask cancel ask",
            "declined",
        ),
        ([NOT_THERE, REUSED], "ask cancel", "declined"),
        ([SILENCE, BUSY, approved(ORDER)], "ask ask ask", "approved"),
        ([NOT_THERE, SILENCE, BUSY, undone(ORDER)], "ask cancel cancel cancel", "cancelled"),
        # Once a cancellation has left, it alone decides: it may arrive at any time.
        ([NOT_THERE, *[SILENCE] * 5], "ask" + " cancel" * 5, "written"),
        # Nobody answers, or not us any more: it stays open.
        ([SILENCE] * 5, "ask ask ask ask ask", "unknown"),
        ([REVOKED], "ask", "written"),
        ([approved(ORDER, amount_cents=1)], "ask", "unknown"),
    ],
)
def test_after_a_restart_it_asks_first_and_cancels_what_never_arrived(
    journal: Journal, eager: Patience, answers: list[Any], asked: str, state: str
) -> None:
    journal.write(ORDER)
    script, line = scripted(*answers)
    (entry,) = resolve_open(line, journal, patience=eager)
    assert (" ".join(script.asked), entry.state) == (asked, state)
    assert entry.is_open == (state in ("written", "unknown"))


def test_all_open_sales_are_found_out_until_nobody_answers(
    journal: Journal, eager: Patience
) -> None:
    first, second, third = (an_order(number) for number in (1, 2, 3))
    for order in (first, second, third):
        journal.write(order)
    script, line = scripted(approved(first), *[SILENCE] * 5)
    entries = resolve_open(line, journal, patience=eager)
    assert [entry.state for entry in entries] == ["approved", "unknown", "written"]
    assert third.operation_id not in {operation_id for _, operation_id in script.calls}


def test_a_sale_that_needs_a_person_holds_up_no_other(journal: Journal, eager: Patience) -> None:
    first, second = an_order(1), an_order(2)
    journal.write(first)
    journal.write(second)
    _, line = scripted(approved(first, amount_cents=1), approved(second))
    entries = resolve_open(line, journal, patience=eager)
    assert [entry.state for entry in entries] == ["unknown", "approved"]


def test_nothing_open_is_nothing_asked(journal: Journal, eager: Patience) -> None:
    script, line = scripted()
    assert resolve_open(line, journal, patience=eager) == []
    assert script.calls == []


# Cancelling


def sold(journal: Journal) -> None:
    journal.write(ORDER)
    journal.settle(ORDER.operation_id, approved(ORDER))


def test_a_cancellation_is_on_the_disk_before_it_is_sent(journal: Journal, eager: Patience) -> None:
    sold(journal)
    script, line = scripted(undone(ORDER), sees=journal.cancellations_asked)
    told = cancel_debit(line, journal, ORDER.operation_id, reason="wrong_amount", patience=eager)
    assert told == undone(ORDER) and state_of(journal) == "cancelled"
    ((asked,),) = script.seen
    assert (asked.operation_id, asked.reason) == (ORDER.operation_id, "wrong_amount")
    assert journal.cancellations_asked() == []


def test_a_cancellation_is_sent_again_until_it_is_answered(
    journal: Journal, eager: Patience
) -> None:
    sold(journal)
    script, line = scripted(SILENCE, BUSY, undone(ORDER))
    cancel_debit(line, journal, ORDER.operation_id, reason="mistake", patience=eager)
    assert script.asked == ["cancel"] * 3


def test_a_cancellation_without_an_answer_is_resumed_later(
    journal_path: Path, eager: Patience
) -> None:
    with Journal.open(journal_path) as journal:
        sold(journal)
        _, line = scripted(*[SILENCE] * 5)
        told = cancel_debit(line, journal, ORDER.operation_id, reason="mistake", patience=eager)
        assert told == UNKNOWN
        (entry,) = journal.unresolved()
        assert (entry.state, entry.cancellation_asked) == ("approved", True)
    with Journal.open(journal_path) as journal:
        script, line = scripted(undone(ORDER))
        (entry,) = resolve_open(line, journal, patience=eager)
        assert (script.asked, entry.state, entry.is_open) == (["cancel"], "cancelled", False)


def test_a_refused_cancellation_leaves_the_sale_as_it_is(journal: Journal, eager: Patience) -> None:
    sold(journal)
    refusal = refused_cancellation(ORDER, "cancellation_day_over")
    _, line = scripted(refusal)
    told = cancel_debit(line, journal, ORDER.operation_id, reason="mistake", patience=eager)
    assert told == refusal
    entry = journal.last()
    assert entry is not None and entry.state == "approved" and not entry.is_open


def test_giving_up_a_doubtful_sale_that_was_declined_finds_that_out(
    journal: Journal, eager: Patience
) -> None:
    journal.write(ORDER)
    refusal = refused_cancellation(ORDER, "debit_was_declined")
    _, line = scripted(refusal, declined(ORDER))
    told = cancel_debit(line, journal, ORDER.operation_id, reason="other", patience=eager)
    assert isinstance(told, Declined) and state_of(journal) == "declined"


@pytest.mark.parametrize(
    ("problem", "is_kept"), [(REVOKED, True), (REUSED, False), (Problem(422, "x", "…"), False)]
)
def test_a_cancellation_the_service_will_not_hear_of_is_kept_only_if_a_new_key_may_help(
    journal: Journal, eager: Patience, problem: Problem, is_kept: bool
) -> None:
    sold(journal)
    _, line = scripted(problem)
    told = cancel_debit(line, journal, ORDER.operation_id, reason="mistake", patience=eager)
    assert isinstance(told, Unknown) and told.problem == problem
    assert bool(journal.cancellations_asked()) == is_kept


def test_another_terminals_sale_is_cancelled_and_resumed_as_well(
    journal: Journal, eager: Patience
) -> None:
    _, line = scripted(*[NoAnswer("offline")] * 5)
    cancel_debit(line, journal, ORDER.operation_id, reason="mistake", patience=eager)
    assert journal.entry(ORDER.operation_id) is None
    script, line = scripted(undone(ORDER))
    assert resolve_open(line, journal, patience=eager) == []
    assert script.asked == ["cancel"] and journal.cancellations_asked() == []
