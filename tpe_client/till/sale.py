"""A sale up to its sending: card, identity, wallet, amount, confirmation, PIN.

The law: each state is reached only from the one before. The reader's own Enter can confirm
nothing: identity wants a `1`, and any key but Enter takes a confirmation back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api_client.answers import Declined, Identified, NoAnswer, Problem, Wallet
from scanner.card_payload import Kind, meaning_of
from tpe_client.french import euros
from tpe_client.texts import say
from tpe_client.till.amount import MOST_CENTS, cents_of, typed_on
from tpe_client.till.effects import Identify, Ring, SendDebit
from tpe_client.till.events import CardAnswered
from tpe_client.till.moves import Move, goes, rests, stops
from tpe_client.till.states import (
    Amount,
    CancelDone,
    Choosing,
    Confirming,
    Done,
    Identity,
    Idle,
    LastTold,
    Menu,
    NotCancelled,
    NotTaken,
    PinEntry,
    Reading,
    Refused,
    Sale,
    Sending,
    TicketShown,
    Till,
)

_LONGEST_CODE: Final = 24
# Where a card that is read begins a new sale.
_OPEN_TO_CARDS: Final = (
    Idle, Done, Refused, NotTaken, CancelDone, NotCancelled, LastTold, Menu, TicketShown,
)  # fmt: skip


def key(till: Till, name: str) -> Move | None:
    """A key in one of this room's states; None when it is another room's."""
    match till.state:
        case Idle():
            return _idle_key(till, till.state, name)
        case Reading():
            return goes(till, Idle()) if name == "escape" else rests(till)
        case Identity(found):
            return _identity_key(till, found, name)
        case Choosing(found):
            return _wallet_key(till, found, name)
        case Amount():
            return _amount_key(till, till.state, name)
        case Confirming(sale):
            return _confirming_key(till, sale, name)
        case PinEntry():
            return _pin_key(till, till.state, name)
    return None


def card_read(till: Till, reading: str) -> Move:
    """A reader's text; in the middle of a sale it is not meant for us."""
    if not isinstance(till.state, _OPEN_TO_CARDS):
        return rests(till)
    meaning = meaning_of(reading)
    if not meaning.readings:
        is_misread = meaning.kind is Kind.MISREAD
        notice = "notice.misread" if is_misread else "notice.no_card"
        return goes(till, Idle(notice=notice), Ring("attention"))
    till, _ = goes(till, Reading())
    return till, (Identify(till.turn, meaning.readings),)


def card_answered(till: Till, event: CardAnswered) -> Move:
    """Who the card is, unless the cashier has given up waiting."""
    if event.turn != till.turn or not isinstance(till.state, Reading):
        return rests(till)
    match event.answer:
        case Identified() as found if found.wallets:
            return goes(replace(till, tickets_are_lost=False), Identity(found))
        case Identified():
            return goes(till, Idle(notice="notice.no_wallets"), Ring("declined"))
        case Declined() as declined:
            return goes(till, Refused(declined), Ring("declined"))
        case Problem() as problem if problem.stops_the_terminal:
            return stops(till, problem.message)
        case Problem(message=message):
            return goes(till, Idle(notice=message), Ring("attention"))
        case NoAnswer():
            return goes(till, Idle(notice="notice.no_network"), Ring("attention"))


def _idle_key(till: Till, idle: Idle, name: str) -> Move:
    if name == "menu":
        return goes(till, Menu())
    if name == "enter" and idle.typed:
        return card_read(till, idle.typed)
    if name == "escape":
        return goes(till, Idle())
    if name == "back":
        return replace(till, state=Idle(idle.typed[:-1])), ()
    if len(name) == 1 and name.isascii() and name.isalnum() and len(idle.typed) < _LONGEST_CODE:
        return replace(till, state=Idle(idle.typed + name.upper())), ()
    return rests(till)


def _identity_key(till: Till, found: Identified, name: str) -> Move:
    if name in ("2", "escape"):
        return goes(till, Idle(notice="notice.not_the_holder" if name == "2" else None))
    if name != "1":
        return rests(till)
    if len(found.wallets) == 1:
        return goes(till, Amount(found, found.wallets[0]))
    return goes(till, Choosing(found))


def _wallet_key(till: Till, found: Identified, name: str) -> Move:
    if name == "escape":
        return goes(till, Idle())
    if name == "back":
        return goes(till, Identity(found))
    if name in "123456789" and len(name) == 1 and int(name) <= len(found.wallets):
        return goes(till, Amount(found, found.wallets[int(name) - 1]))
    return rests(till)


def _amount_key(till: Till, state: Amount, name: str) -> Move:
    if name == "escape":
        return goes(till, Idle())
    if name == "back" and not state.typed:
        is_choice = len(state.found.wallets) > 1
        return goes(till, Choosing(state.found) if is_choice else Identity(state.found))
    if name == "menu":
        typed = euros(state.wallet.balance_cents).split("\u00a0€")[0].replace("\u00a0", "")
        return replace(till, state=Amount(state.found, state.wallet, typed)), ()
    if name == "enter":
        return _amount_entered(till, state)
    return replace(till, state=replace(state, typed=typed_on(state.typed, name), notice=None)), ()


def _amount_entered(till: Till, state: Amount) -> Move:
    cents = cents_of(state.typed)
    balance_cents = state.wallet.balance_cents
    notice = None
    if cents == 0:
        notice = say("amount.type_it")
    elif cents > balance_cents:
        notice = say("amount.above_balance", balance=euros(balance_cents))
    elif cents > MOST_CENTS:
        notice = say("amount.above_most", most=euros(MOST_CENTS))
    if notice is not None:
        return replace(till, state=replace(state, notice=notice)), (Ring("attention"),)
    return goes(till, Confirming(Sale(state.found, state.wallet, cents)))


def _confirming_key(till: Till, sale: Sale, name: str) -> Move:
    if name == "escape":
        return goes(till, Idle())
    if name != "enter":
        return goes(till, back_to_amount(sale))
    if sale.found.pin.asks_for(sale.amount_cents):
        return goes(till, PinEntry(sale))
    return goes(till, Sending(sale, pin_asked=False), SendDebit(sale))


def _pin_key(till: Till, state: PinEntry, name: str) -> Move:
    pin = state.pin
    if name == "enter":
        if not pin.is_whole:
            return rests(till)
        # The pin goes on with the effect alone; whoever sends it wipes it.
        return goes(till, Sending(state.sale, pin_asked=True), SendDebit(state.sale, pin))
    if name == "escape":
        pin.wipe()
        return goes(till, Idle())
    if name in "0123456789" and len(name) == 1:
        typed = pin.with_digit(name)
    elif name == "back":
        typed = pin.without_last()
    else:
        # A letter is no holder's finger but a reader's burst: nothing of it may be sent.
        typed = type(pin)()
    if typed is not pin:
        pin.wipe()
    return replace(till, state=replace(state, pin=typed, notice=None)), ()


def back_to_amount(sale: Sale) -> Amount:
    """The amount again, as it was typed."""
    whole, cents = divmod(sale.amount_cents, 100)
    return Amount(sale.found, sale.wallet, f"{whole},{cents:02d}")


def with_balance(sale: Sale, balance_cents: int) -> Sale:
    """The sale with what the service now says is left."""
    wallet = Wallet(sale.wallet.wallet, sale.wallet.label, balance_cents)
    return replace(sale, wallet=wallet)
