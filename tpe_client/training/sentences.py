"""The French of the school, read once from `texts_fr.toml`.

The law: refusals and problems are worded as the service words them, so that a cashier who has
trained here reads nothing new at a real till; a test holds the two catalogues together.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from tpe_client.training.school import Terminal


def decline_texts(
    code: str, *, balance_cents: int | None = None, tries_left: int | None = None
) -> tuple[str, str]:
    """What the cashier reads aloud and what to do next, with the facts that are known."""
    texts = catalogue()["declines"][code]
    if tries_left is not None:
        texts = texts.get("tries_left", {}).get(str(tries_left), texts)
    elif balance_cents is not None and "with_balance" in texts:
        texts = texts["with_balance"]
    balance = "" if balance_cents is None else euros(balance_cents)
    return texts["message"].format(balance=balance), texts["next_step"]


def problem_texts(code: str) -> dict[str, str]:
    """`title` and `detail` of a problem."""
    texts: dict[str, str] = catalogue()["problems"][code]
    return texts


def wallet_label(wallet: str) -> str:
    """The name of a wallet as a till shows it."""
    label: str = catalogue()["wallets"][wallet]
    return label


def card_texts(name: str) -> dict[str, str]:
    """`title` of a school card, and what it `tells`."""
    texts: dict[str, str] = catalogue()["cards"][name]
    return texts


def terminal_title(terminal: Terminal) -> str:
    """A school terminal in a list: whose, which, and what is special about it."""
    texts = catalogue()["terminals"]
    state = terminal.state if terminal.state != "active" else terminal.partner.state
    special = texts[terminal.pin_required if state == "active" else state]
    above = euros(terminal.above_cents or 0)
    return f"{terminal.partner.trade_name}, {terminal.label} ({special.format(above=above)})"


def say(name: str, **facts: object) -> str:
    """A line of the commands."""
    text: str = catalogue()["notes"][name]
    return text.format(**facts)


def euros(amount_cents: int) -> str:
    """`1 234,56 €` with no-break spaces; the amounts of the school are not negative."""
    whole, cents = divmod(amount_cents, 100)
    return f"{whole:,}".replace(",", "\u00a0") + f",{cents:02d}\u00a0€"


@cache
def catalogue() -> dict[str, Any]:
    """The whole file."""
    file = resources.files("tpe_client.training") / "texts_fr.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
