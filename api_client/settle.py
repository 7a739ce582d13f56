"""The heart of a terminal: whatever the network does, each sale ends in the truth.

Written, sent, answered? settled. Otherwise asked about; not there? sent again under the same id;
a few rounds, spaced; then Unknown, which a later question resolves. After a restart nobody stands
at the till any more: it asks first, and what never arrived is cancelled, so that it never can.

The law: `Declined` and `Problem` are returned only when it is certain that nothing was debited,
`Approved` only when the money has moved and stayed. Everything else is `Unknown`.
"""

from __future__ import annotations

import contextlib
from typing import TypeGuard
from uuid import UUID

from api_client.answers import (
    Approved,
    Cancelled,
    Declined,
    NoAnswer,
    Problem,
    Unknown,
)
from api_client.backoff import Patience
from api_client.entries import Entry, Order
from api_client.give_up import (
    ANOTHER_SALE,
    REUSED,
    asked_about,
    give_up,
    is_deaf,
    keep,
    left_unknown,
    resume_cancellations,
    seconds_asked,
)
from api_client.journal import Journal, JournalFailed
from api_client.transport import Line

# The reason of a cancellation that no cashier asked for: the sale was never seen to arrive.
_NOBODY_IS_SURE = "other"
_NOT_THERE = "operation_unknown"
_WAS_DECLINED = "debit_was_declined"
_EXPIRED = "identification_expired"


def take_debit(
    line: Line, journal: Journal, order: Order, *, pin: str | None, patience: Patience
) -> Approved | Declined | Cancelled | Problem | Unknown:
    """Takes a sale. JournalFailed, before a byte is sent, when it cannot be written down.

    `Problem`: the service refused the call, nothing was debited. `Cancelled`: the sale had passed
    and somebody has undone it meanwhile (a portal, another till). After any of these, also after
    `identification_expired`, a new try takes a new operation id. An `Unknown` sale may be taken up
    again by the same call with the same id and content, or given up with `cancel_debit`; not both.
    """
    with journal.settling:
        was_sent_before = journal.entry(order.operation_id) is not None
        journal.write(order, pin_given=pin is not None)
        answer = _debited(
            line, journal, order, pin=pin, patience=patience, is_doubtful=was_sent_before
        )
        if isinstance(answer, Unknown):
            with contextlib.suppress(JournalFailed):
                journal.leave_unknown(order.operation_id)
        return answer


def resolve_open(line: Line, journal: Journal, *, patience: Patience) -> list[Entry]:
    """Finds out about every open entry; gives them as they stand afterwards, oldest first.

    For a restart, and between two sales. It stops at the first one that nobody answers for: the
    others would wait as long, and stay open as well. JournalFailed as it comes.
    """
    with journal.settling:
        were_open = journal.unresolved()
        for entry in were_open:
            if entry.cancellation_asked:
                continue
            if not _resolved(line, journal, entry.order, patience=patience):
                break
        else:
            resume_cancellations(line, journal, patience=patience)
        entries = [journal.entry(entry.order.operation_id) for entry in were_open]
        return [entry for entry in entries if entry is not None]


def cancel_debit(
    line: Line, journal: Journal, operation_id: UUID, *, reason: str, patience: Patience
) -> Cancelled | Declined | Unknown:
    """Undoes a sale of today, or makes sure that a doubtful one never happens; also one of another
    terminal of the partner. JournalFailed, before a byte is sent, when it cannot be written down.

    `Unknown`: nobody has answered; it stays written down and is asked for again.
    """
    with journal.settling:
        return give_up(line, journal, operation_id, reason=reason, patience=patience)


# A sale on its way


def _debited(
    line: Line,
    journal: Journal,
    order: Order,
    *,
    pin: str | None,
    patience: Patience,
    is_doubtful: bool,
) -> Approved | Declined | Cancelled | Problem | Unknown:
    for round_no in range(1, patience.tries + 1):
        # A doubtful one is asked about first: if it has arrived, nothing needs to be sent again.
        answer = asked_about(line, order) if is_doubtful else None
        if answer is None or _is_not_there(answer):
            answer = line.send_debit(order, pin=pin)

        if is_doubtful and _decided_nothing(answer):
            return _secured(line, journal, order, answer, patience=patience)
        if isinstance(answer, Approved | Declined):
            keep(journal, order.operation_id, answer)
            return _told(order, answer)
        if isinstance(answer, Problem) and not answer.is_passing:
            keep(journal, order.operation_id, answer)
            return answer
        is_doubtful = True
        if not patience.pause(round_no, retry_after=seconds_asked(answer)):
            break
    return left_unknown(order.operation_id)


def _secured(
    line: Line, journal: Journal, order: Order, refusal: Declined | Problem, *, patience: Patience
) -> Declined | Problem | Unknown:
    """The service takes no such sale (any more), but an earlier copy may still be on its way: a
    tombstone makes sure that it finds nothing to do, or undoes what it did."""
    operation_id = order.operation_id
    problem = refusal if isinstance(refusal, Problem) else None
    if problem is not None and problem.stops_the_terminal:
        return left_unknown(operation_id, problem)
    try:
        answer = give_up(line, journal, operation_id, reason=_NOBODY_IS_SURE, patience=patience)
    except JournalFailed:
        return left_unknown(operation_id, problem)
    is_declined = isinstance(answer, Declined) and answer.code == _WAS_DECLINED
    is_sure = is_declined or isinstance(answer, Cancelled)
    return refusal if is_sure else left_unknown(operation_id, problem)


# An entry nobody stands at the till for


def _resolved(line: Line, journal: Journal, order: Order, *, patience: Patience) -> bool:
    """Whether the service talks. False: nobody answers, or the terminal is revoked."""
    operation_id = order.operation_id
    for round_no in range(1, patience.tries + 1):
        answer = asked_about(line, order)
        match answer:
            case Approved() | Declined():
                journal.settle(operation_id, answer)
                return True
            case Problem() if _is_not_there(answer):
                # No proof: a copy may be on its way. Given up it can never arrive, and if it has
                # arrived between the two questions it is undone.
                undone = give_up(
                    line, journal, operation_id, reason=_NOBODY_IS_SURE, patience=patience
                )
                return not (isinstance(undone, Unknown) and is_deaf(undone))
            case Problem(is_passing=False):
                return not answer.stops_the_terminal
            case NoAnswer(reason=reason) if reason == ANOTHER_SALE:
                journal.leave_unknown(operation_id)
                return True
        if not patience.pause(round_no, retry_after=seconds_asked(answer)):
            break
    journal.leave_unknown(operation_id)
    return False


# Words


def _told(order: Order, answer: Approved | Declined) -> Approved | Declined | Cancelled:
    if isinstance(answer, Approved) and answer.cancelled is not None:
        since = answer.cancelled
        return Cancelled(order.operation_id, since.reference, None, since.cancelled_at)
    return answer


def _decided_nothing(answer: object) -> TypeGuard[Declined | Problem]:
    """A refusal of this copy alone. Not that the id is another sale's: then ours can never be
    taken, and a tombstone would undo the other."""
    if isinstance(answer, Problem):
        return not answer.is_passing and answer.code != REUSED
    return isinstance(answer, Declined) and answer.code == _EXPIRED


def _is_not_there(answer: object) -> bool:
    return isinstance(answer, Problem) and (answer.status, answer.code) == (404, _NOT_THERE)
