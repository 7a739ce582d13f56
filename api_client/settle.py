"""The heart of a terminal: whatever the network does, each sale ends in the truth.

Written, sent, answered? settled. Otherwise asked about; not there? sent again under the same id;
a few rounds, spaced; then Unknown, which a later question resolves. After a restart nobody stands
at the till any more: it asks first, and what never arrived is cancelled, so that it never can.

The law: `Declined` and `Problem` are returned only when it is certain that nothing was debited,
`Approved` only when the money has moved and stayed. Everything else is `Unknown`.
"""

from __future__ import annotations

import contextlib
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

Settled = Approved | Declined | Cancelled | Problem


def take_debit(
    line: Line, journal: Journal, order: Order, *, pin: str | None, patience: Patience
) -> Approved | Declined | Cancelled | Problem | Unknown:
    """Takes a sale. JournalFailed, before a byte is sent, when it cannot be written down.

    `Problem`: the service refused the call, nothing was debited. `Cancelled`: the sale had passed
    and somebody has undone it meanwhile (a portal, another till). `identification_expired` decided
    nothing: identify the card again and call once more under the same operation id, or give the
    sale up with `cancel_debit`; until then the entry stays open.
    """
    with journal.settling:
        journal.write(order, pin_given=pin is not None)
        answer = _debited(line, journal, order, pin=pin, patience=patience)
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
        return _cancelled(line, journal, operation_id, reason=reason, patience=patience)


def _debited(
    line: Line, journal: Journal, order: Order, *, pin: str | None, patience: Patience
) -> Approved | Declined | Cancelled | Problem | Unknown:
    doubtful = False
    for round_no in range(1, patience.tries + 1):
        # A doubtful one is asked about first: if it has arrived, nothing needs to be sent again.
        answer = line.ask(order.operation_id) if doubtful else None
        if answer is None or _is_not_there(answer):
            answer = line.send_debit(order, pin=pin)
        elif not _is_this_sale(answer, order):
            answer = NoAnswer("foreign")

        match answer:
            case Approved() | Declined():
                return _kept(journal, order, answer)
            case Problem(is_passing=False):
                return _refused_call(line, journal, order, answer, doubtful=doubtful)
        doubtful = True
        retry_after = answer.retry_after if isinstance(answer, Problem) else None
        if not patience.pause(round_no, retry_after=retry_after):
            break
    return _unknown(order.operation_id)
