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
from api_client.journal import Journal, JournalFailed
from api_client.operation_id import local_reference
from api_client.transport import Line

# What the journal says of a sale that nobody undid at the till: it was never seen to arrive.
_GIVEN_UP = "other"
_REUSED = "operation_id_reused"
_ANOTHER_SALE = "another_sale"
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
    again by the same call with the same id and content, or given up with `cancel_debit`.
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
        were_open = [entry.order.operation_id for entry in journal.unresolved()]
        for entry in journal.unresolved():
            if entry.state == "approved":
                continue
            if not _resolved(line, journal, entry.order, patience=patience):
                break
        else:
            _resume_cancellations(line, journal, patience=patience)
        entries = [journal.entry(operation_id) for operation_id in were_open]
        return [entry for entry in entries if entry is not None]


def cancel_debit(
    line: Line, journal: Journal, operation_id: UUID, *, reason: str, patience: Patience
) -> Cancelled | Declined | Unknown:
    """Undoes a sale of today, or makes sure that a doubtful one never happens; also one of another
    terminal of the partner. JournalFailed, before a byte is sent, when it cannot be written down.

    `Unknown`: nobody has answered; it stays written down and is asked for again.
    """
    with journal.settling:
        journal.ask_cancellation(operation_id, reason=reason)
        return _undone(line, journal, operation_id, reason=reason, patience=patience)


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
        answer = _asked(line, order) if is_doubtful else None
        if answer is None or _is_not_there(answer):
            answer = line.send_debit(order, pin=pin)

        if is_doubtful and _decided_nothing(answer):
            return _secured(line, journal, order, answer, patience=patience)
        if isinstance(answer, Approved | Declined):
            _keep(journal, order.operation_id, answer)
            return _told(order, answer)
        if isinstance(answer, Problem) and not answer.is_passing:
            _keep(journal, order.operation_id, answer)
            return answer
        is_doubtful = True
        if not patience.pause(round_no, retry_after=_retry_after(answer)):
            break
    return _unknown(order.operation_id)


def _secured(
    line: Line, journal: Journal, order: Order, refusal: Declined | Problem, *, patience: Patience
) -> Declined | Problem | Unknown:
    """The service takes no such sale (any more), but an earlier copy may still be on its way: a
    tombstone makes sure that it finds nothing to do, or undoes what it did."""
    operation_id = order.operation_id
    problem = refusal if isinstance(refusal, Problem) else None
    if problem is not None and problem.stops_the_terminal:
        return _unknown(operation_id, problem)
    answer = _undone(line, journal, operation_id, reason=_GIVEN_UP, patience=patience)
    is_declined = isinstance(answer, Declined) and answer.code == _WAS_DECLINED
    return (
        refusal if is_declined or isinstance(answer, Cancelled) else _unknown(operation_id, problem)
    )


# An entry nobody stands at the till for


def _resolved(line: Line, journal: Journal, order: Order, *, patience: Patience) -> bool:
    """Whether the service talks. False: nobody answers, or the terminal is revoked."""
    for round_no in range(1, patience.tries + 1):
        answer: Approved | Declined | Cancelled | Problem | NoAnswer = _asked(line, order)
        if _is_not_there(answer):
            # 404 is no proof: a copy may be on its way. Cancelled it can never arrive, and if it
            # has arrived between the two questions it is undone.
            answer = line.cancel(order.operation_id, reason=_GIVEN_UP)
            if isinstance(answer, Declined):
                # So it is there after all.
                answer = _asked(line, order)

        match answer:
            case NoAnswer(reason=reason) if reason == _ANOTHER_SALE:
                break
            case Approved() | Declined() | Cancelled():
                journal.settle(order.operation_id, answer)
                return True
            case Problem(code=code) if code == _REUSED:
                journal.settle(order.operation_id, answer)
                return True
            case Problem(is_passing=False):
                return not answer.stops_the_terminal
        if not patience.pause(round_no, retry_after=_retry_after(answer)):
            journal.leave_unknown(order.operation_id)
            return False
    journal.leave_unknown(order.operation_id)
    return True


def _resume_cancellations(line: Line, journal: Journal, *, patience: Patience) -> None:
    for asked in journal.cancellations_asked():
        entry = journal.entry(asked.operation_id)
        if entry is not None and entry.state in ("declined", "cancelled"):
            journal.drop_cancellation(asked.operation_id)
            continue
        operation_id, reason = asked.operation_id, asked.reason
        answer = _undone(line, journal, operation_id, reason=reason, patience=patience)
        if isinstance(answer, Unknown) and (answer.problem is None or answer.problem.status == 401):
            return


def _undone(
    line: Line, journal: Journal, operation_id: UUID, *, reason: str, patience: Patience
) -> Cancelled | Declined | Unknown:
    """A cancellation may be sent any number of times, so it is not asked about."""
    for round_no in range(1, patience.tries + 1):
        answer = line.cancel(operation_id, reason=reason)
        match answer:
            case Cancelled():
                _keep(journal, operation_id, answer)
                return answer
            case Declined():
                _keep_what_stands(line, journal, operation_id)
                return answer
            case Problem(is_passing=False):
                if not answer.stops_the_terminal:
                    with contextlib.suppress(JournalFailed):
                        journal.drop_cancellation(operation_id)
                return _unknown(operation_id, answer)
        if not patience.pause(round_no, retry_after=_retry_after(answer)):
            break
    return _unknown(operation_id)


def _keep_what_stands(line: Line, journal: Journal, operation_id: UUID) -> None:
    """A cancellation was refused: the debit is decided, and the journal may not know it yet."""
    with contextlib.suppress(JournalFailed):
        journal.drop_cancellation(operation_id)
        entry = journal.entry(operation_id)
        if entry is not None and entry.is_open:
            answer = _asked(line, entry.order)
            if isinstance(answer, Approved | Declined):
                journal.settle(operation_id, answer)


# Words


def _asked(line: Line, order: Order) -> Approved | Declined | Problem | NoAnswer:
    answer = line.ask(order.operation_id)
    if isinstance(answer, Problem | NoAnswer):
        return answer
    if (answer.wallet, answer.amount_cents) == (order.wallet, order.amount_cents):
        return answer
    # A sale of ours with another content would be a defect: left open, for a person to look at.
    return NoAnswer(_ANOTHER_SALE)


def _told(order: Order, answer: Approved | Declined) -> Approved | Declined | Cancelled:
    if isinstance(answer, Approved) and answer.cancelled is not None:
        since = answer.cancelled
        return Cancelled(order.operation_id, since.reference, None, since.cancelled_at)
    return answer


def _keep(
    journal: Journal, operation_id: UUID, answer: Approved | Declined | Cancelled | Problem
) -> None:
    # The truth is told even where it cannot be written: the entry stays open and is asked again.
    with contextlib.suppress(JournalFailed):
        journal.settle(operation_id, answer)


def _decided_nothing(answer: object) -> TypeGuard[Declined | Problem]:
    """A refusal of this copy alone. Not that the id is another sale's: then ours can never be
    taken, and a tombstone would undo the other."""
    if isinstance(answer, Problem):
        return not answer.is_passing and answer.code != _REUSED
    return isinstance(answer, Declined) and answer.code == _EXPIRED


def _is_not_there(answer: object) -> bool:
    return isinstance(answer, Problem) and (answer.status, answer.code) == (404, _NOT_THERE)


def _retry_after(answer: object) -> int | None:
    return answer.retry_after if isinstance(answer, Problem) else None


def _unknown(operation_id: UUID, problem: Problem | None = None) -> Unknown:
    return Unknown(local_reference(operation_id), operation_id, problem)
