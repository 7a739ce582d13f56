"""The screens around the sales: start, menu, lists, cancellation, comparison, printer."""

from __future__ import annotations

from typing import Final

from api_client.answers import Approved, Declined
from api_client.entries import Entry
from tpe_client.french import NBSP, day, euros, hour, minute
from tpe_client.screens.result_views import ticket_keys
from tpe_client.screens.view import KeyHint, Shown, Tone, View, Weight
from tpe_client.texts import assistance_phone, say, wallet_name
from tpe_client.till.menu import ITEMS, LINES_OF_A_TICKET, REASONS
from tpe_client.till.states import (
    CancelAsked,
    CancelDone,
    CancelInDoubt,
    Cancelling,
    Compared,
    Comparison,
    DayShown,
    DuplicateAsked,
    LastTold,
    Loading,
    Menu,
    PrinterShown,
    Starting,
    TicketShown,
    Till,
)

_LINES_OF_A_LIST: Final = 9


def menu_view(till: Till) -> View:
    """The screen of a state outside a sale."""
    match till.state:
        case Starting():
            return View("busy", say("starting.title"), lines=(Shown(say("starting.line")),))
        case LastTold() as told:
            return _last(told)
        case Menu(chosen):
            return _menu(chosen)
        case Loading():
            line = Shown(say("loading.line"))
            return View("busy", say("loading.title"), lines=(line,), keys=(_back(),))
        case DayShown() as shown:
            return _list(shown)
        case CancelAsked(approved):
            return _cancel(approved)
        case Cancelling(approved):
            amount = euros(approved.amount_cents)
            return View("busy", say("cancel.running"), big=amount)
        case CancelDone() as done:
            return _cancelled(done)
        case CancelInDoubt() as doubt:
            return _cancel_in_doubt(doubt)
        case DuplicateAsked(approved):
            return _duplicate(approved)
        case Compared() as compared:
            return _compared(compared)
        case PrinterShown():
            return _printer(till)
        case TicketShown() as shown:
            return _ticket(shown)
        case other:
            raise AssertionError(type(other).__name__)


def _back() -> KeyHint:
    return KeyHint(say("keys.escape"), say("menu.leave"))


def _last(told: LastTold) -> View:
    keys = (KeyHint(say("keys.enter"), say("last.enter")),)
    if told.last is None:
        return View("calm", say("last.title"), lines=(Shown(say("last.none")),), keys=keys)
    lines = _entry_lines(told.last)
    earlier = [entry for entry in told.resolved if entry.order != told.last.order]
    if earlier:
        lines += [Shown(""), Shown(say("last.resolved"), "aside")]
        for entry in earlier[-2:]:
            lines += [_sale_line(entry), Shown(say(f"last.{entry.state}"), "aside")]
    tone: Tone = "doubt" if told.last.is_open else "calm"
    return View(tone, say("last.title"), lines=tuple(lines), keys=keys)


def _entry_lines(entry: Entry) -> list[Shown]:
    reference = say("last.local_reference", reference=entry.local_reference)
    if entry.reference:
        reference = say("last.reference", reference=entry.reference)
    lines = [Shown(say(f"last.{entry.state}"), "strong"), _sale_line(entry)]
    if entry.message and entry.state == "declined":
        lines.append(Shown(entry.message))
    return [
        *lines,
        Shown(""),
        Shown(say("last.at", minute=minute(entry.accepted_at or entry.written_at)), "aside"),
        Shown(reference, "aside"),
    ]


def _sale_line(entry: Entry) -> Shown:
    order = entry.order
    label = wallet_name(order.wallet)
    amount = euros(order.amount_cents)
    return Shown(say("last.sale", amount=amount, label=label, last4=order.last4))


def _menu(chosen: int) -> View:
    lines = [
        Shown(f"{number + 1}   {say(f'menu.{item}')}", "chosen" if number == chosen else "plain")
        for number, item in enumerate(ITEMS)
    ]
    keys = (
        KeyHint(say("keys.arrows"), say("list.move")),
        KeyHint(say("keys.enter"), say("menu.open")),
        _back(),
    )
    return View("calm", say("menu.title"), lines=tuple(lines), keys=keys)


def _list(shown: DayShown) -> View:
    items = shown.day.items
    title = say(f"list.title_{shown.purpose}")
    if not items:
        return View("calm", title, lines=(Shown(say("list.none")),), keys=(_back(),))
    first = min(max(0, shown.chosen - _LINES_OF_A_LIST // 2), max(0, len(items) - _LINES_OF_A_LIST))
    lines = [
        _row(item, is_chosen=number == shown.chosen)
        for number, item in list(enumerate(items))[first : first + _LINES_OF_A_LIST]
    ]
    count = sum(total.count for total in shown.day.totals)
    amount = euros(sum(total.amount_cents for total in shown.day.totals))
    lines += [
        Shown(""),
        Shown(say("list.place", number=shown.chosen + 1, count=len(items)), "aside"),
        Shown(say("list.totals", count=count, amount=amount), "strong"),
    ]
    keys = [KeyHint(say("keys.arrows"), say("list.move")), _back()]
    if shown.purpose != "day":
        keys.insert(1, KeyHint(say("keys.enter"), say("list.choose")))
    return View("calm", title, lines=tuple(lines), keys=tuple(keys))


def _row(item: Approved | Declined, *, is_chosen: bool) -> Shown:
    if isinstance(item, Approved):
        mark = say("list.cancelled") if item.cancelled else f"•••• {item.last4}"
        when, amount, reference = hour(item.accepted_at), item.amount_cents, item.reference
    else:
        mark = say("list.declined")
        when = hour(item.accepted_at) if item.accepted_at else ""
        amount, reference = item.amount_cents or 0, item.reference or ""
    weight: Weight = "chosen" if is_chosen else "plain"
    return Shown(f"{when:>5}  {euros(amount):>12}   {mark:<10}  {reference}", weight)


def _sale_words(approved: Approved) -> tuple[Shown, Shown]:
    sale = say(
        "cancel.sale", amount=euros(approved.amount_cents), label=wallet_name(approved.wallet)
    )
    details = say(
        "cancel.details",
        last4=approved.last4,
        hour=hour(approved.accepted_at),
        reference=approved.reference,
    )
    return Shown(sale, "strong"), Shown(details)


def _cancel(approved: Approved) -> View:
    reasons = [
        Shown(f"{number}   {say(f'cancel.{reason}')}") for number, reason in enumerate(REASONS, 1)
    ]
    return View(
        "calm",
        say("cancel.title"),
        lines=(*_sale_words(approved), Shown(""), Shown(say("cancel.why"), "aside"), *reasons),
        keys=(
            KeyHint("1-4", say("cancel.why")),
            KeyHint(say("keys.escape"), say("cancel.keep")),
        ),
    )


def _cancelled(done: CancelDone) -> View:
    amount = euros(done.approved.amount_cents)
    lines = [Shown(say("cancel.done", amount=amount), "strong")]
    keys = [KeyHint(say("keys.enter"), say("done.next"))]
    if done.cancelled.reference:
        lines.append(Shown(say("cancel.reference", reference=done.cancelled.reference)))
        keys += ticket_keys(done.printed)
    lines += [Shown(""), *(Shown(say(f"done.asked_{copy}"), "aside") for copy in done.printed)]
    return View(
        "good",
        say("result.cancelled"),
        big=say("big.cancelled"),
        lines=tuple(lines),
        keys=tuple(keys),
    )


def _cancel_in_doubt(doubt: CancelInDoubt) -> View:
    return View(
        "doubt",
        say("result.unknown"),
        big=say("big.unknown"),
        lines=(
            Shown(say("doubt.call", phone=assistance_phone()), "strong"),
            Shown(say("doubt.reference", reference=doubt.local_reference), "strong"),
            Shown(""),
            Shown(say("cancel.doubt")),
        ),
        keys=(KeyHint("1", say("doubt.again")), KeyHint(say("keys.escape"), say("doubt.leave"))),
    )


def _duplicate(approved: Approved) -> View:
    keys = (*ticket_keys(()), _back())
    return View("calm", say("duplicate.title"), lines=_sale_words(approved), keys=keys)


def _compared(compared: Compared) -> View:
    lines = [line for one in compared.days for line in (*_comparison(one), Shown(""))]
    is_alike = not any(one.differences or one.strays for one in compared.days)
    if not is_alike:
        lines.append(Shown(say("compare.call", phone=assistance_phone()), "aside"))
    keys = (KeyHint(say("keys.enter"), say("menu.leave")),)
    tone: Tone = "good" if is_alike else "doubt"
    return View(tone, say("compare.title"), lines=tuple(lines), keys=keys)


def _comparison(one: Comparison) -> list[Shown]:
    state = say("compare.closed" if one.is_closed else "compare.open")
    lines = [Shown(say("compare.day", day=day(one.business_day), state=state), "aside")]
    if not one.differences and not one.strays:
        key = {0: "compare.match_none", 1: "compare.match_one"}.get(one.count, "compare.match")
        words = say(key, count=one.count, amount=euros(one.amount_cents))
        return [*lines, Shown(words, "strong")]
    lines.append(Shown(say("compare.differs"), "strong"))
    for difference in one.differences:
        terminal: object = difference.terminal
        server: object = difference.server
        if difference.figure == "amount_cents":
            terminal, server = euros(difference.terminal), euros(difference.server)
        lines.append(
            Shown(say(f"compare.{difference.figure}", terminal=terminal, server=server), "warning")
        )
    return lines + [Shown(say("compare.stray", what=what)) for what in one.strays[:5]]


def _ticket(shown: TicketShown) -> View:
    seen = shown.lines[shown.first : shown.first + LINES_OF_A_TICKET]
    # One block, so that the ticket's own columns stay under each other.
    width = max((len(line) for line in shown.lines), default=0)
    return View(
        "calm",
        say("preview.title"),
        lines=tuple(Shown(line.ljust(width).replace(" ", NBSP)) for line in seen),
        keys=(
            KeyHint(say("keys.arrows"), say("preview.move")),
            KeyHint(say("keys.enter"), say("preview.leave")),
        ),
    )


def _printer(till: Till) -> View:
    state = till.printer.state
    return View(
        "calm",
        say("printer_screen.title"),
        lines=(
            Shown(say(f"printer.{state}"), "strong"),
            Shown(say(f"printer.advice.{state}")),
            Shown(""),
            Shown(say("printer_screen.waiting", count=till.printer.waiting)),
        ),
        keys=(
            KeyHint("1", say("printer_screen.trial")),
            KeyHint("2", say("printer_screen.drop")),
            _back(),
        ),
    )
