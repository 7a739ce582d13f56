"""The menu: cancel, print again, the day, its comparison, the last operation, the printer.

The law: a cancellation is asked for by name and confirmed by its reason; a doubt about one is a
doubt, asked again under the same operation, which is safe.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from api_client.answers import (
    Approved,
    Cancelled,
    DayList,
    Declined,
    NoAnswer,
    Problem,
    Unknown,
)
from api_client.operation_id import local_reference
from tpe_client.ticket import Copy
from tpe_client.till.effects import (
    CancelDebit,
    CompareDays,
    DropTickets,
    LoadDay,
    LoadLast,
    PrintTrial,
    PutTicket,
    Quit,
    Ring,
)
from tpe_client.till.events import DayAnswered, DaysCompared
from tpe_client.till.moves import Move, goes, rests, stops
from tpe_client.till.outcome import left_open
from tpe_client.till.states import (
    CancelAsked,
    CancelDone,
    CancelInDoubt,
    CancellationReason,
    Cancelling,
    Compared,
    DayShown,
    Done,
    DuplicateAsked,
    Idle,
    ListPurpose,
    Loading,
    Menu,
    NotCancelled,
    PrinterShown,
    Refused,
    TicketShown,
    Till,
)

ITEMS: Final = ("cancel", "duplicate", "day", "compare", "last", "printer", "quit")
REASONS: Final[tuple[CancellationReason, ...]] = (
    "wrong_amount",
    "wrong_wallet",
    "holder_changed_mind",
    "other",
)
# What a small screen has room for beside the frame.
LINES_OF_A_TICKET: Final = 17
_COPY_KEYS: Final[dict[str, Copy]] = {"1": "holder", "2": "partner"}
_LISTS: Final[dict[str, ListPurpose]] = {"cancel": "cancel", "duplicate": "duplicate", "day": "day"}


def key(till: Till, name: str) -> Move | None:
    """A key in one of this room's states; None when it is another room's."""
    match till.state:
        case Menu(chosen):
            return _menu_key(till, chosen, name)
        case Loading():
            return goes(till, Menu()) if name == "escape" else rests(till)
        case DayShown() as shown:
            return _list_key(till, shown, name)
        case CancelAsked(approved):
            return _cancel_key(till, approved, name)
        case CancelDone() as done:
            return _cancelled_key(till, done, name)
        case NotCancelled():
            if name == "menu":
                return goes(till, Menu())
            return goes(till, Idle()) if name in ("enter", "escape") else rests(till)
        case CancelInDoubt() as doubt:
            return _cancel_doubt_key(till, doubt, name)
        case DuplicateAsked(approved):
            return _duplicate_key(till, approved, name)
        case Compared():
            return goes(till, Menu()) if name in ("enter", "escape") else rests(till)
        case PrinterShown():
            return _printer_key(till, name)
        case TicketShown() as shown:
            return _ticket_key(till, shown, name)
    return None


def day_answered(till: Till, event: DayAnswered) -> Move:
    """The list that was asked for, with only what serves the purpose."""
    if event.turn != till.turn or not isinstance(till.state, Loading):
        return rests(till)
    purpose = till.state.purpose
    if not isinstance(event.answer, DayList):
        return _no_list(till, event.answer)
    assert purpose != "compare"
    items = tuple(item for item in event.answer.items if _serves(item, purpose, event.own))
    return goes(till, DayShown(purpose, DayList(items, event.answer.totals)))


def days_compared(till: Till, event: DaysCompared) -> Move:
    """The comparison that was asked for."""
    if event.turn != till.turn or not isinstance(till.state, Loading):
        return rests(till)
    if isinstance(event.answer, Problem | NoAnswer):
        return _no_list(till, event.answer)
    is_alike = not any(day.differences or day.strays for day in event.answer)
    return goes(till, Compared(event.answer), *([] if is_alike else [Ring("attention")]))


def cancel_answered(till: Till, operation_id: UUID, answer: Cancelled | Declined | Unknown) -> Move:
    """The end of `Cancelling`, or of the doubt about it."""
    state = till.state
    if isinstance(answer, Unknown):
        till = left_open(till, answer.local_reference)
    else:
        told = local_reference(operation_id)
        till = replace(till, open_sales=tuple(one for one in till.open_sales if one != told))
    # An earlier cancellation may be answered late: it says nothing about this one.
    if not isinstance(state, Cancelling | CancelInDoubt) or (
        state.approved.operation_id != operation_id
    ):
        return rests(till)
    match answer:
        case Cancelled():
            return goes(till, CancelDone(state.approved, answer), Ring("approved"))
        case Declined(code="debit_was_declined"):
            return goes(till, Refused(answer), Ring("declined"))
        case Declined():
            return goes(till, NotCancelled(state.approved, answer), Ring("declined"))
        case Unknown(problem=Problem() as problem) if problem.stops_the_terminal:
            return stops(till, problem.message)
        case Unknown() if isinstance(state, CancelInDoubt):
            # Nothing new: neither a sound nor a screen of its own.
            return rests(till)
        case Unknown():
            doubt = CancelInDoubt(state.approved, answer.local_reference, state.reason)
            return goes(till, doubt, Ring("attention"))


def ticket_ready(till: Till, lines: tuple[str, ...]) -> Move:
    """A box without printer shows the ticket, unless the next sale has begun."""
    if isinstance(till.state, Idle):
        return goes(till, TicketShown(lines, Idle()))
    if isinstance(till.state, Done | CancelDone):
        return goes(till, TicketShown(lines, till.state))
    return rests(till)


def _ticket_key(till: Till, shown: TicketShown, name: str) -> Move:
    if name in ("up", "down"):
        last = max(0, len(shown.lines) - LINES_OF_A_TICKET)
        first = min(max(0, shown.first + (1 if name == "down" else -1)), last)
        return replace(till, state=replace(shown, first=first)), ()
    return goes(till, shown.before) if name in ("enter", "escape") else rests(till)


def _menu_key(till: Till, chosen: int, name: str) -> Move:
    if name in ("escape", "menu"):
        return goes(till, Idle())
    if name in ("up", "down"):
        moved = (chosen + (1 if name == "down" else -1)) % len(ITEMS)
        return replace(till, state=Menu(moved)), ()
    if name == "enter":
        return _open(till, ITEMS[chosen])
    if name in "1234567" and len(name) == 1:
        return _open(till, ITEMS[int(name) - 1])
    return rests(till)


def _open(till: Till, item: str) -> Move:
    if item in _LISTS:
        till, _ = goes(till, Loading(_LISTS[item]))
        return till, (LoadDay(till.turn),)
    if item == "compare":
        till, _ = goes(till, Loading("compare"))
        return till, (CompareDays(till.turn),)
    if item == "last":
        return till, (LoadLast(),)
    if item == "printer":
        return goes(till, PrinterShown())
    return till, (Quit(),)


def _no_list(till: Till, answer: Problem | NoAnswer) -> Move:
    if isinstance(answer, Problem) and answer.stops_the_terminal:
        return stops(till, answer.message)
    notice = answer.message if isinstance(answer, Problem) else "notice.no_network_for_list"
    return goes(till, Idle(notice=notice), Ring("attention"))


def _serves(item: Approved | Declined, purpose: ListPurpose, own: frozenset[UUID]) -> bool:
    if purpose == "day":
        return True
    if not isinstance(item, Approved):
        return False
    if purpose == "duplicate":
        # A ticket names its terminal: another one's is printed again there.
        return item.operation_id in own
    return item.cancelled is None


def _list_key(till: Till, shown: DayShown, name: str) -> Move:
    count = len(shown.day.items)
    if name == "escape":
        return goes(till, Menu())
    if name in ("up", "down") and count:
        moved = min(max(shown.chosen + (1 if name == "down" else -1), 0), count - 1)
        return replace(till, state=replace(shown, chosen=moved)), ()
    if name == "enter" and count:
        item = shown.day.items[shown.chosen]
        if isinstance(item, Approved) and shown.purpose == "cancel":
            return goes(till, CancelAsked(item))
        if isinstance(item, Approved) and shown.purpose == "duplicate":
            return goes(till, DuplicateAsked(item))
    return rests(till)


def _cancel_key(till: Till, approved: Approved, name: str) -> Move:
    if name == "escape":
        return goes(till, Idle())
    if name in "1234" and len(name) == 1:
        reason = REASONS[int(name) - 1]
        asked = CancelDebit(approved.operation_id, reason)
        return goes(till, Cancelling(approved, reason), asked)
    return rests(till)


def _cancelled_key(till: Till, done: CancelDone, name: str) -> Move:
    if name == "menu":
        return goes(till, Menu())
    if name in ("enter", "escape"):
        return goes(till, Idle())
    copy = _COPY_KEYS.get(name)
    # A tombstone has no reference: there is nothing to print.
    if copy is None or copy in done.printed or done.cancelled.reference is None:
        return rests(till)
    asked = PutTicket(done.approved, copy, cancelled=done.cancelled)
    return replace(till, state=replace(done, printed=(*done.printed, copy))), (asked,)


def _cancel_doubt_key(till: Till, doubt: CancelInDoubt, name: str) -> Move:
    if name == "1":
        asked = CancelDebit(doubt.approved.operation_id, doubt.reason)
        return goes(till, Cancelling(doubt.approved, doubt.reason), asked)
    return goes(till, Idle()) if name == "escape" else rests(till)


def _duplicate_key(till: Till, approved: Approved, name: str) -> Move:
    if name == "escape":
        return goes(till, Idle())
    copy = _COPY_KEYS.get(name)
    if copy is None:
        return rests(till)
    asked = PutTicket(approved, copy, is_duplicate=True)
    # Without a printer it comes to the screen.
    has_printer = till.printer.state != "none"
    return goes(till, Idle(notice="notice.duplicate_asked" if has_printer else None), asked)


def _printer_key(till: Till, name: str) -> Move:
    if name == "1":
        return till, (PrintTrial(),)
    if name == "2":
        return till, (DropTickets(),)
    return goes(till, Menu()) if name in ("enter", "escape") else rests(till)
