"""The screens of what became of a sale: accepted, refused, unknown, not taken, stopped.

The law: unknown has its own word and colour, never those of a refusal.
"""

from __future__ import annotations

from tpe_client.french import euros, hour
from tpe_client.screens.view import KeyHint, Shown, View
from tpe_client.texts import assistance_phone, say, wallet_name
from tpe_client.till.states import (
    Done,
    InDoubt,
    NotCancelled,
    NotTaken,
    Refused,
    State,
    Stopped,
)


def result_view(state: State) -> View | None:
    """The screen of a result; None for any other state."""
    match state:
        case Done():
            return _done(state)
        case Refused():
            return _refused(state)
        case NotCancelled():
            return _not_cancelled(state)
        case InDoubt():
            return _in_doubt(state)
        case NotTaken():
            return _not_taken(state)
        case Stopped():
            return _stopped(state)
    return None


def _next_sale() -> KeyHint:
    return KeyHint(say("keys.enter"), say("done.next"))


def _menu() -> KeyHint:
    return KeyHint(say("keys.menu"), say("idle.key_menu"))


def _done(state: Done) -> View:
    approved = state.approved
    label = state.label or wallet_name(approved.wallet)
    lines = [Shown(f"{euros(approved.amount_cents)} – {label}", "strong")]
    if approved.balance_after_cents is not None:
        balance = euros(approved.balance_after_cents)
        lines.append(Shown(say("done.balance", balance=balance, label=label)))
    when = hour(approved.accepted_at)
    lines.append(Shown(say("done.reference", reference=approved.reference, hour=when)))
    lines += [Shown(""), *(Shown(say(f"done.asked_{copy}"), "aside") for copy in state.printed)]
    return View(
        "good",
        say("result.approved"),
        big=say("big.approved"),
        lines=tuple(lines),
        keys=(_next_sale(), *ticket_keys(state.printed), _menu()),
    )


def ticket_keys(printed: tuple[str, ...]) -> list[KeyHint]:
    """The copies that were not asked for yet."""
    return [
        KeyHint(key, say(f"done.ticket_{copy}"))
        for key, copy in (("1", "holder"), ("2", "partner"))
        if copy not in printed
    ]


def _refused(state: Refused) -> View:
    declined = state.declined
    keys = [_next_sale()]
    if state.sale is not None:
        keys.insert(0, KeyHint("1", say("refused.other_amount")))
    return View(
        "bad",
        say("result.declined"),
        big=say("big.declined"),
        lines=(
            Shown(declined.message, "strong"),
            Shown(declined.next_step),
            Shown(""),
            Shown(say("refused.nothing"), "aside"),
        ),
        keys=(*keys, _menu()),
    )


def _not_cancelled(state: NotCancelled) -> View:
    approved, declined = state.approved, state.declined
    amount, reference = euros(approved.amount_cents), approved.reference
    return View(
        "doubt",
        say("result.not_cancelled"),
        big=say("big.not_cancelled"),
        lines=(
            Shown(say("cancel.stands", amount=amount), "strong"),
            Shown(say("cancel.reference", reference=reference)),
            Shown(""),
            Shown(declined.message),
            Shown(declined.next_step),
        ),
        keys=(_next_sale(), _menu()),
    )


def _in_doubt(state: InDoubt) -> View:
    amount = euros(state.amount_cents)
    words = [Shown(say("doubt.asking"), "strong")]
    if state.rounds:
        words = [
            Shown(say("doubt.call", phone=assistance_phone()), "strong"),
            Shown(say("doubt.reference", reference=state.local_reference), "strong"),
        ]
    return View(
        "doubt",
        say("result.unknown"),
        big=say("big.unknown"),
        lines=(
            *words,
            Shown(""),
            Shown(say("doubt.amount", amount=amount)),
            Shown(say("doubt.goes_on", rounds=state.rounds), "aside"),
        ),
        keys=(
            KeyHint("1", say("doubt.again")),
            KeyHint(say("keys.escape"), say("doubt.leave")),
        ),
    )


def _not_taken(state: NotTaken) -> View:
    return View(
        "calm",
        say("result.not_taken"),
        big=say("big.not_taken"),
        lines=(
            Shown(say("not_taken.line", amount=euros(state.amount_cents)), "strong"),
            Shown(say("not_taken.next")),
            Shown(""),
            Shown(say("not_taken.reference", reference=state.local_reference), "aside"),
        ),
        keys=(_next_sale(), _menu()),
    )


def _stopped(state: Stopped) -> View:
    lines = [Shown(state.message, "strong"), Shown(say("stopped.line"))]
    if state.open_sales:
        key = "stopped.doubt" if len(state.open_sales) == 1 else "stopped.doubts"
        named = ", ".join(state.open_sales)
        words = say(key, references=named, phone=assistance_phone())
        lines += [Shown(""), Shown(words, "warning")]
    lines += [Shown(""), Shown(say("stopped.activate"), "aside")]
    return View(
        "bad",
        say("result.stopped"),
        big=say("big.stopped"),
        lines=tuple(lines),
        keys=(KeyHint(say("keys.escape"), say("stopped.quit")),),
    )
