"""One step of the till: an event comes, the till that follows and what it wants done go out.

The law: pure and total. An event that means nothing in a state changes nothing; what is true in
every state (line, printer, time) is seen to here, the rest by the room of the state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api_client.answers import Me, NoAnswer, Problem
from tpe_client.texts import say_one_of
from tpe_client.till import menu, outcome, sale
from tpe_client.till.effects import CancelDebit, Effect, LoadMe, Quit, Resume, Ring
from tpe_client.till.events import (
    CancelAnswered,
    CardAnswered,
    CardRead,
    DayAnswered,
    DaysCompared,
    DebitAnswered,
    Event,
    JournalBroken,
    Key,
    LastSeen,
    LineSeen,
    MeSeen,
    PrinterSeen,
    ReaderSeen,
    Resumed,
    Tick,
    TicketReady,
    TicketsLost,
)
from tpe_client.till.moves import Move, goes, rests, stops
from tpe_client.till.states import (
    Amount,
    CancelAsked,
    CancelDone,
    CancelInDoubt,
    Cancelling,
    Choosing,
    Compared,
    Confirming,
    DayShown,
    Done,
    DuplicateAsked,
    Identity,
    Idle,
    InDoubt,
    LastTold,
    Menu,
    NotCancelled,
    NotTaken,
    PinEntry,
    PrinterShown,
    Refused,
    Sending,
    Starting,
    State,
    Stopped,
    TicketShown,
    Till,
)

SECONDS_FOR_PIN: Final = 30
_SECONDS_OF_STILLNESS: Final = 90
_SECONDS_OF_A_RESULT: Final = 45
_SECONDS_BETWEEN_GREETINGS: Final = 30
_SECONDS_BETWEEN_QUESTIONS: Final = 12

# States that a silent counter leaves by itself, and after how long. A doubt is never left so.
_PATIENCE: Final[dict[type[State], int]] = {
    Identity: _SECONDS_OF_STILLNESS,
    Choosing: _SECONDS_OF_STILLNESS,
    Amount: _SECONDS_OF_STILLNESS,
    Confirming: _SECONDS_OF_STILLNESS,
    PinEntry: SECONDS_FOR_PIN,
    Done: _SECONDS_OF_A_RESULT,
    NotTaken: _SECONDS_OF_A_RESULT,
    Refused: _SECONDS_OF_A_RESULT,
    CancelDone: _SECONDS_OF_A_RESULT,
    NotCancelled: _SECONDS_OF_A_RESULT,
    LastTold: _SECONDS_OF_A_RESULT,
    Menu: _SECONDS_OF_STILLNESS,
    DayShown: _SECONDS_OF_STILLNESS,
    CancelAsked: _SECONDS_OF_STILLNESS,
    DuplicateAsked: _SECONDS_OF_STILLNESS,
    Compared: _SECONDS_OF_STILLNESS,
    PrinterShown: _SECONDS_OF_STILLNESS,
    TicketShown: _SECONDS_OF_STILLNESS,
}


# A key that is gone stops the till when a person has left these: the next question finds it again.
_TOLD_FIRST: Final = (
    Starting, Sending, InDoubt, Done, Refused, NotTaken, Cancelling, CancelDone, NotCancelled,
    CancelInDoubt, TicketShown, Stopped,
)  # fmt: skip


def first_till() -> tuple[Till, tuple[Effect, ...]]:
    """The till as it starts: first the truth about the last sales, then everything else."""
    return Till(Starting()), (Resume(patiently=True), LoadMe())


def step(till: Till, event: Event) -> Move:
    """The till after an event."""
    match event:
        case LineSeen(is_online):
            return replace(till, is_online=is_online), ()
        case ReaderSeen(is_there):
            till = replace(till, reader_is_lost=not is_there)
            if is_there and isinstance(till.state, Idle):
                return replace(till, state=replace(till.state, notice="notice.reader_back")), ()
            return till, ()
        case PrinterSeen(report):
            return replace(till, printer=report), ()
        case TicketsLost():
            return replace(till, tickets_are_lost=True), ()
        case MeSeen(answer):
            return _me_seen(till, answer)
        case Tick():
            return _tick(till)
        case Resumed():
            return outcome.resumed(till, event)
        case DebitAnswered(answer):
            return outcome.debit_answered(till, answer)
        case JournalBroken(code):
            return stops(till, say_one_of("journal", code))
        case CancelAnswered(operation_id, answer):
            return menu.cancel_answered(till, operation_id, answer)
        case CardAnswered():
            return sale.card_answered(till, event)
        case DayAnswered():
            return menu.day_answered(till, event)
        case DaysCompared():
            return menu.days_compared(till, event)
        case TicketReady(lines):
            return menu.ticket_ready(till, lines)
        case LastSeen(last):
            return goes(till, LastTold(last)) if isinstance(till.state, Menu) else rests(till)
        case CardRead(reading):
            return sale.card_read(till, reading)
        case Key(name):
            return _key(replace(till, seconds=0), name)


def _key(till: Till, name: str) -> Move:
    if isinstance(till.state, Stopped):
        return (till, (Quit(),)) if name == "escape" else rests(till)
    for room in (sale.key, outcome.key, menu.key):
        move = room(till, name)
        if move is not None:
            return move
    return rests(till)


def _me_seen(till: Till, answer: Me | Problem | NoAnswer) -> Move:
    if isinstance(answer, Me):
        return replace(till, me=answer), ()
    if isinstance(answer, Problem) and answer.stops_the_terminal:
        # What became of money is told first: it may have moved before the key was taken away.
        if isinstance(till.state, _TOLD_FIRST):
            return rests(till)
        return stops(till, answer.message)
    return rests(till)


def _tick(till: Till) -> Move:
    state = till.state
    till = replace(till, seconds=till.seconds + 1)
    if isinstance(state, Sending):
        return replace(till, state=replace(state, seconds=state.seconds + 1)), ()
    if isinstance(state, InDoubt | CancelInDoubt):
        if till.seconds % _SECONDS_BETWEEN_QUESTIONS:
            return rests(till)
        if isinstance(state, InDoubt):
            return till, (Resume(patiently=False),)
        operation_id = state.approved.operation_id
        return till, (CancelDebit(operation_id, state.reason, patiently=False),)
    if till.seconds >= _PATIENCE.get(type(state), till.seconds + 1):
        if isinstance(state, PinEntry):
            state.pin.wipe()
            return goes(till, Idle(notice="notice.pin_too_slow"), Ring("attention"))
        return goes(till, Idle())
    if isinstance(state, Idle) and state != Idle() and till.seconds >= _SECONDS_OF_STILLNESS:
        # Half a code and an old notice are the last customer's.
        return goes(till, Idle())
    if isinstance(state, Idle) and till.seconds % _SECONDS_BETWEEN_GREETINGS == 0:
        return till, (LoadMe(), *([Resume(patiently=False)] if till.open_sales else []))
    return rests(till)
