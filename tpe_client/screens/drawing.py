"""From a view to Rich text: alignment, weights, and the two lines around the body."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from tpe_client.french import NBSP
from tpe_client.screens.big_text import big
from tpe_client.screens.view import KeyHint, Shown, Tone, View, Weight
from tpe_client.texts import say, scheme_name
from tpe_client.till.states import Till

# Bright and plain colours of the sixteen every terminal has.
_TONES: Final[dict[Tone, str]] = {
    "calm": "bold #55ffff",
    "busy": "bold #55ffff",
    "good": "bold #55ff55",
    "bad": "bold #ff5555",
    "doubt": "bold #ffff55",
}
_WEIGHTS: Final[dict[Weight, str]] = {
    "plain": "#ffffff",
    "aside": "#aaaaaa",
    "warning": "bold #ffff55",
    "chosen": "bold #000000 on #55ffff",
}
_GOOD_STATES: Final = ("none", "ready", "silent")


def big_text(view: View, *, columns: int) -> Text:
    """The big word or amount, centred as one block."""
    if view.big is None:
        return Text("")
    lines = big(view.big)
    width = max(len(line) for line in lines)
    margin = " " * max(0, (columns - width) // 2)
    return Text("\n".join(margin + line for line in lines), no_wrap=True)


def body_text(view: View, *, columns: int) -> Text:
    """The lines below, wrapped at words."""
    text = Text()
    margin = " " if is_a_table(view) else ""
    for line in view.lines:
        shown = f"{margin}{line.text}"
        if line.weight == "chosen":
            shown = shown.ljust(columns)
        text.append(shown + "\n", _style(line, view.tone))
    return text


def is_a_table(view: View) -> bool:
    """Whether lines stand under each other at the left."""
    return any(line.weight == "chosen" or line.text[:2] in ("1 ", "2 ") for line in view.lines)


def keys_text(keys: tuple[KeyHint, ...]) -> Text:
    """`[Entrée] Valider   [+] Solde entier`."""
    text = Text()
    for number, hint in enumerate(keys):
        if number:
            text.append("   ")
        # A key and its words stay on one line.
        text.append(f"{NBSP}{hint.key}{NBSP}".replace(" ", NBSP), "bold #000000 on #ffffff")
        text.append(f"{NBSP}{hint.does}".replace(" ", NBSP), "bold #ffffff")
    return text


def place_text(till: Till) -> Text:
    """Whose till this is."""
    if till.me is None:
        return Text(scheme_name(), no_wrap=True)
    return Text(f"{till.me.label} · {till.me.partner}", no_wrap=True, overflow="ellipsis")


def states_text(till: Till) -> Text:
    """Line and printer, always in sight, in words."""
    line = {True: "online", False: "offline", None: "unknown"}[till.is_online]
    text = Text(no_wrap=True)
    text.append(
        f" {say(f'line.{line}')} ",
        "bold #000000 on #55ff55" if till.is_online else "bold #ffffff on #aa0000",
    )
    printer = say(f"printer.{till.printer.state}")
    if till.printer.waiting:
        printer = say("printer.waiting", state=printer, count=till.printer.waiting)
    is_good = till.printer.state in _GOOD_STATES
    text.append(" ")
    text.append(f" {printer} ", "#ffffff" if is_good else "bold #000000 on #ffff55")
    return text


def _style(line: Shown, tone: Tone) -> str:
    return _TONES[tone] if line.weight == "strong" else _WEIGHTS[line.weight]
