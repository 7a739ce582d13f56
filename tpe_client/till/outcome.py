"""What became of a sale: approved, refused, or in doubt until the service is asked again.

The law: a doubt is never shown as a refusal, and the till goes on asking by itself; only the
service's own words end it. A refusal is final for its operation: a new try is a new operation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api_client.answers import Approved, Cancelled, Declined, Problem, Unknown
from api_client.entries import Entry
from tpe_client.texts import say
from tpe_client.ticket import Copy
from tpe_client.till.effects import LoadMe, PutTicket, Resume, Ring
from tpe_client.till.events import Resumed
from tpe_client.till.moves import Move, goes, rests, stops
from tpe_client.till.sale import back_to_amount, with_balance
from tpe_client.till.states import (
    Done,
    Idle,
    InDoubt,
    LastTold,
    Menu,
    NotTaken,
    PinEntry,
    Refused,
    Sending,
    Starting,
    Till,
)

_COPY_KEYS: Final[dict[str, Copy]] = {"1": "holder", "2": "partner"}
# Refusals after which another amount may pass.
_ANOTHER_AMOUNT: Final = ("insufficient_balance", "amount_above_terminal_limit")
_ASKS_FOR_PIN: Final = ("pin_wrong", "pin_required")


def debit_answered(till: Till, answer: Approved | Declined | Cancelled | Problem | Unknown) -> Move:
    """The end of `Sending`."""
    sending = till.state
    if not isinstance(sending, Sending):
        return rests(till)
    sale = sending.sale
    match answer:
        case Approved():
            done = Done(answer, sending.pin_asked, label=sale.wallet.label)
            return goes(till, done, Ring("approved"))
        case Cancelled():
            reference = answer.reference or ""
            return goes(till, NotTaken(reference, sale.amount_cents), Ring("attention"))
        case Declined():
            return _declined(till, sending, answer)
        case Problem() if answer.stops_the_terminal:
            return stops(till, answer.message)
        case Problem():
            return goes(till, Idle(notice=answer.message), Ring("attention"))
        case Unknown(problem=Problem() as problem) if problem.stops_the_terminal:
            return stops(left_open(till, answer.local_reference), problem.message)
        case Unknown():
            doubt = InDoubt(
                answer.operation_id, answer.local_reference, sale.amount_cents, sending.pin_asked
            )
            till = left_open(till, answer.local_reference)
            return goes(till, doubt, Ring("attention"), Resume(patiently=False))


def left_open(till: Till, local_reference: str) -> Till:
    """The till with one more sale that is asked about until somebody answers."""
    others = (one for one in till.open_sales if one != local_reference)
    return replace(till, open_sales=(*others, local_reference))


def resumed(till: Till, event: Resumed) -> Move:
    """Open sales were asked about."""
    till = replace(till, open_sales=event.open_sales)
    match till.state:
        case Starting():
            # A key that is gone was no word to interrupt a start with: it is tried once more.
            tried = () if till.me is not None else (LoadMe(),)
            told = Idle() if event.last is None else LastTold(event.last, event.resolved)
            return goes(till, told, *tried)
        case InDoubt() as doubt:
            return _doubt_resumed(till, doubt, event)
        case Idle(typed="") if event.resolved:
            return goes(till, LastTold(event.resolved[-1], event.resolved), Ring("attention"))
    return rests(till)


def key(till: Till, name: str) -> Move | None:
    """A key on a result; None when it is another room's."""
    match till.state:
        case Done() as done:
            return _done_key(till, done, name)
        case Refused() as refused:
            return _refused_key(till, refused, name)
        case InDoubt() as doubt:
            return _doubt_key(till, doubt, name)
        case NotTaken() | LastTold():
            if name == "menu":
                return goes(till, Menu())
            return goes(till, Idle()) if name in ("enter", "escape") else rests(till)
    return None


def _declined(till: Till, sending: Sending, declined: Declined) -> Move:
    sale = sending.sale
    if (
        declined.code in _ASKS_FOR_PIN
        and not declined.final
        and declined.facts.get("tries_left", 1)
    ):
        return goes(till, PinEntry(sale, notice=declined.message), Ring("declined"))
    if declined.code in _ANOTHER_AMOUNT:
        balance_cents = declined.facts.get("balance_cents", sale.wallet.balance_cents)
        retried = with_balance(sale, balance_cents) if balance_cents > 0 else None
        return goes(till, Refused(declined, retried), Ring("declined"))
    return goes(till, Refused(declined), Ring("declined"))


def _done_key(till: Till, done: Done, name: str) -> Move:
    if name == "menu":
        return goes(till, Menu())
    if name in ("enter", "escape"):
        return goes(till, Idle())
    copy = _COPY_KEYS.get(name)
    if copy is None or copy in done.printed:
        return rests(till)
    asked = PutTicket(done.approved, copy, pin_checked=done.pin_checked)
    return replace(till, state=replace(done, printed=(*done.printed, copy))), (asked,)


def _refused_key(till: Till, refused: Refused, name: str) -> Move:
    if name == "menu":
        return goes(till, Menu())
    if name == "1" and refused.sale is not None:
        return goes(till, replace(back_to_amount(refused.sale), typed=""))
    return goes(till, Idle()) if name in ("enter", "escape") else rests(till)


def _doubt_key(till: Till, doubt: InDoubt, name: str) -> Move:
    if name == "1":
        return replace(till, seconds=0), (Resume(patiently=False),)
    if name == "escape":
        # The journal keeps asking in the background; nothing is forgotten.
        return goes(till, Idle(notice="notice.still_in_doubt"))
    return rests(till)


def _doubt_resumed(till: Till, doubt: InDoubt, event: Resumed) -> Move:
    entry = next(
        (one for one in event.resolved if one.order.operation_id == doubt.operation_id), None
    )
    if entry is None:
        return replace(till, state=replace(doubt, rounds=doubt.rounds + 1)), ()
    if entry.state == "approved":
        return goes(till, Done(approved_of(entry), doubt.pin_asked), Ring("approved"))
    if entry.state == "declined":
        return goes(till, Refused(_declined_of(entry)), Ring("declined"))
    assert entry.state == "cancelled"
    return goes(till, NotTaken(entry.local_reference, doubt.amount_cents), Ring("attention"))


def approved_of(entry: Entry) -> Approved:
    """An approved sale of the journal; its balance is the service's to tell."""
    assert entry.state == "approved" and entry.reference is not None
    assert entry.accepted_at is not None and entry.business_day is not None
    return Approved(
        operation_id=entry.order.operation_id,
        reference=entry.reference,
        wallet=entry.order.wallet,
        amount_cents=entry.order.amount_cents,
        balance_after_cents=None,
        accepted_at=entry.accepted_at,
        business_day=entry.business_day,
        last4=entry.order.last4,
        replayed=True,
    )


def _declined_of(entry: Entry) -> Declined:
    message = entry.message or say("refused.without_words")
    return Declined(entry.code or "", final=True, message=message, next_step="")
