"""Giving a sale up: undoing it, or leaving a tombstone that makes sure it never happens.

The law: once a cancellation has left, its own answer alone decides, because it may arrive at any
time and would undo whatever was told meanwhile. So it is on the disk before it is sent, it is asked
for again until somebody answers, and a sale that was given up is not taken up again.
"""

from __future__ import annotations

import contextlib
from uuid import UUID

from api_client.answers import Approved, Cancelled, Declined, NoAnswer, Problem, Unknown
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal, JournalFailed
from api_client.operation_id import local_reference
from api_client.transport import Line

# Why `asked_about` has no answer; never passing.
ANOTHER_SALE = "another_sale"
REUSED = "operation_id_reused"


def give_up(
    line: Line, journal: Journal, operation_id: UUID, *, reason: str, patience: Patience
) -> Cancelled | Declined | Unknown:
    """Cancels, after writing down that it does. JournalFailed when that cannot be written."""
    journal.ask_cancellation(operation_id, reason=reason)
    return _undone(line, journal, operation_id, reason=reason, patience=patience)


def resume_cancellations(line: Line, journal: Journal, *, patience: Patience) -> None:
    """Asks for all cancellations that nobody has answered, until nobody answers."""
    for asked in journal.cancellations_asked():
        entry = journal.entry(asked.operation_id)
        if entry is not None and entry.state in ("declined", "cancelled"):
            journal.drop_cancellation(asked.operation_id)
            continue
        operation_id, reason = asked.operation_id, asked.reason
        answer = _undone(line, journal, operation_id, reason=reason, patience=patience)
        if isinstance(answer, Unknown) and is_deaf(answer):
            return


def _undone(
    line: Line, journal: Journal, operation_id: UUID, *, reason: str, patience: Patience
) -> Cancelled | Declined | Unknown:
    """A cancellation may be sent any number of times, so it is not asked about."""
    for round_no in range(1, patience.tries + 1):
        answer = line.cancel(operation_id, reason=reason)
        match answer:
            case Cancelled():
                keep(journal, operation_id, answer)
                return answer
            case Declined():
                _keep_what_stands(line, journal, operation_id)
                return answer
            case Problem(is_passing=False):
                if not answer.stops_the_terminal:
                    _keep_what_is_refused(journal, operation_id, answer)
                return left_unknown(operation_id, answer)
        if not patience.pause(round_no, retry_after=seconds_asked(answer)):
            break
    return left_unknown(operation_id)


def _keep_what_stands(line: Line, journal: Journal, operation_id: UUID) -> None:
    """A cancellation was refused: the debit is decided, and the journal may not know it yet."""
    with contextlib.suppress(JournalFailed):
        journal.drop_cancellation(operation_id)
        entry = journal.entry(operation_id)
        if entry is not None and entry.is_open:
            answer = asked_about(line, entry.order)
            if isinstance(answer, Approved | Declined):
                journal.settle(operation_id, answer)


def _keep_what_is_refused(journal: Journal, operation_id: UUID, problem: Problem) -> None:
    """A cancellation the service will never hear of; under another's id our sale never was."""
    with contextlib.suppress(JournalFailed):
        journal.drop_cancellation(operation_id)
        if problem.code == REUSED:
            journal.settle(operation_id, problem)


# What giving up and selling have in common


def is_deaf(unknown: Unknown) -> bool:
    """Whether asking about other sales would be in vain as well."""
    return unknown.problem is None or unknown.problem.stops_the_terminal


def asked_about(line: Line, order: Order) -> Approved | Declined | Problem | NoAnswer:
    """What the service says of this sale, content and all."""
    answer = line.ask(order.operation_id)
    if isinstance(answer, Problem | NoAnswer):
        return answer
    if (answer.wallet, answer.amount_cents) == (order.wallet, order.amount_cents):
        return answer
    # A sale of ours with another content would be a defect: left open, for a person to look at.
    return NoAnswer(ANOTHER_SALE)


def keep(
    journal: Journal, operation_id: UUID, answer: Approved | Declined | Cancelled | Problem
) -> None:
    """Settles the entry. The truth is told even where it cannot be written: the entry stays open,
    and is asked about again."""
    with contextlib.suppress(JournalFailed):
        journal.settle(operation_id, answer)


def seconds_asked(answer: object) -> int | None:
    """The seconds that the service asks for."""
    return answer.retry_after if isinstance(answer, Problem) else None


def left_unknown(operation_id: UUID, problem: Problem | None = None) -> Unknown:
    """Nobody knows, or `problem` keeps us from asking."""
    return Unknown(local_reference(operation_id), operation_id, problem)
