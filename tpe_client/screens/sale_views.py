"""The screens of a sale, from the card to its sending; what became of it is result_views'."""

from __future__ import annotations

from typing import Final

from tpe_client.french import euros
from tpe_client.screens.big_text import is_spelled
from tpe_client.screens.result_views import result_view
from tpe_client.screens.view import KeyHint, Shown, View
from tpe_client.texts import say, scheme_name
from tpe_client.till.pin import LENGTH
from tpe_client.till.states import (
    Amount,
    Choosing,
    Confirming,
    Identity,
    Idle,
    PinEntry,
    Reading,
    Sending,
    State,
    Till,
)
from tpe_client.till.step import SECONDS_FOR_PIN

_SECONDS_UNTIL_SLOW: Final = 4
_LONGEST_MARK: Final = 8


def sale_view(till: Till) -> View | None:
    """The screen of a state of a sale or its result; None for a state of the menu."""
    state: State = till.state
    match state:
        case Idle():
            return _idle(till, state)
        case Reading():
            line = Shown(say("reading.line"))
            return View("busy", say("reading.title"), lines=(line,), keys=(_leave(),))
        case Identity():
            return _identity(state)
        case Choosing():
            return _choosing(state)
        case Amount():
            return _amount(state)
        case Confirming():
            return _confirming(state)
        case PinEntry():
            return _pin(till, state)
        case Sending():
            return _sending(state)
    return result_view(state)


def notice_words(notice: str) -> str:
    """A notice: a key of the catalogue, or a sentence of the service as it came."""
    return say(notice) if notice.startswith("notice.") else notice


def _leave() -> KeyHint:
    return KeyHint(say("keys.escape"), say("amount.escape"))


def _menu() -> KeyHint:
    return KeyHint(say("keys.menu"), say("idle.key_menu"))


def _idle(till: Till, state: Idle) -> View:
    lines = [Shown(say("idle.hint"), "aside")]
    if state.notice:
        lines = [Shown(notice_words(state.notice), "warning"), Shown(""), *lines]
    if till.reader_is_lost:
        lines = [Shown(say("notice.reader_lost"), "warning"), Shown(""), *lines]
    if till.tickets_are_lost:
        lines = [Shown(say("notice.tickets_lost"), "warning"), Shown(""), *lines]
    if state.typed:
        groups = " ".join(state.typed[at : at + 4] for at in range(0, len(state.typed), 4))
        lines += [Shown(""), Shown(say("idle.typed", typed=f"{groups}_"), "strong")]
    if till.open_sales:
        count = len(till.open_sales)
        key = "idle.in_doubt" if count == 1 else "idle.in_doubt_many"
        lines += [Shown(""), Shown(say(key, count=count), "warning")]
    if till.me is not None:
        today = till.me.today
        key = {0: "idle.today_none", 1: "idle.today_one"}.get(today.count, "idle.today")
        words = say(key, count=today.count, amount=euros(today.amount_cents))
        lines += [Shown(""), Shown(words, "aside")]
    keys = [_menu()]
    if state.typed:
        keys = [
            KeyHint(say("keys.enter"), say("idle.key_enter")),
            KeyHint(say("keys.escape"), say("idle.key_escape")),
        ]
    return View("calm", say("idle.title"), big=scheme_mark(), lines=tuple(lines), keys=tuple(keys))


def scheme_mark() -> str | None:
    """The scheme's first word in big letters, where it is one that fits."""
    mark = scheme_name().split()[0].upper()
    return mark if len(mark) <= _LONGEST_MARK and is_spelled(mark) else None


def _identity(state: Identity) -> View:
    holder = state.found.holder
    name = say("identity.name", first_name=holder.first_name, initial=holder.last_name_initial)
    return View(
        "calm",
        say("identity.title"),
        lines=(
            # The one thing to compare, read from a metre away.
            Shown(" ".join(name.upper()), "strong"),
            Shown(say("identity.age", age=holder.age), "strong"),
            Shown(""),
            Shown(say("identity.card", last4=state.found.last4)),
            Shown(""),
            Shown(say("identity.photo" if holder.photo_url else "identity.no_photo")),
        ),
        keys=(KeyHint("1", say("identity.yes")), KeyHint("2", say("identity.no")), _leave()),
    )


def _choosing(state: Choosing) -> View:
    lines: list[Shown] = []
    keys = []
    for number, wallet in enumerate(state.found.wallets, 1):
        lines += [
            Shown(f"{number}   {say('wallet.line', label=wallet.label)}", "strong"),
            Shown(f"    {say('wallet.balance', balance=euros(wallet.balance_cents))}"),
            Shown(""),
        ]
        keys.append(KeyHint(str(number), wallet.label))
    return View("calm", say("wallet.title"), lines=tuple(lines), keys=(*keys, _leave()))


def _amount(state: Amount) -> View:
    balance = euros(state.wallet.balance_cents)
    lines = [Shown(say("amount.wallet", label=state.wallet.label, balance=balance))]
    if state.notice:
        lines += [Shown(""), Shown(state.notice, "warning")]
    return View(
        "calm",
        say("amount.title"),
        big=f"{state.typed or '0'} €",
        lines=tuple(lines),
        keys=(
            KeyHint(say("keys.enter"), say("amount.enter")),
            KeyHint(say("keys.menu"), say("amount.whole")),
            _leave(),
        ),
    )


def _confirming(state: Confirming) -> View:
    sale = state.sale
    asks_pin = sale.found.pin.asks_for(sale.amount_cents)
    left = euros(sale.wallet.balance_cents - sale.amount_cents)
    lines = [
        Shown(say("confirm.question", label=sale.wallet.label, last4=sale.found.last4), "strong"),
        Shown(say("confirm.after", balance=left)),
    ]
    if asks_pin:
        lines += [Shown(""), Shown(say("confirm.with_pin"), "aside")]
    return View(
        "calm",
        say("confirm.title"),
        big=euros(sale.amount_cents),
        lines=tuple(lines),
        keys=(
            KeyHint(say("keys.enter"), say("confirm.enter_pin" if asks_pin else "confirm.enter")),
            KeyHint(say("keys.back"), say("confirm.other")),
            _leave(),
        ),
    )


def _pin(till: Till, state: PinEntry) -> View:
    sale = state.sale
    typed = len(state.pin)
    amount = euros(sale.amount_cents)
    lines = [Shown(say("pin.amount", amount=amount, label=sale.wallet.label), "strong"), Shown("")]
    if state.notice:
        lines += [Shown(state.notice, "warning")]
    lines += [
        Shown(say("pin.hint"), "aside"),
        Shown(say("pin.seconds", seconds=max(0, SECONDS_FOR_PIN - till.seconds)), "aside"),
    ]
    return View(
        "calm",
        say("pin.title"),
        big=" ".join("●" * typed + "○" * (LENGTH - typed)),
        lines=tuple(lines),
        keys=(
            KeyHint(say("keys.enter"), say("pin.enter")),
            KeyHint(say("keys.back"), say("confirm.other")),
            _leave(),
        ),
    )


def _sending(state: Sending) -> View:
    amount = euros(state.sale.amount_cents)
    lines = [Shown(say("sending.line", amount=amount))]
    if state.seconds >= _SECONDS_UNTIL_SLOW:
        lines += [Shown(""), Shown(say("sending.slow"), "warning")]
    return View("busy", say("sending.title"), big=amount, lines=tuple(lines))
