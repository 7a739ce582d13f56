"""Why a debit is declined: first that applies wins (design §4).

The law: pure reading of the facts, in the contract's order; only `settle_pin` moves anything, the
count of wrong PINs, and only when nothing before it declines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tpe_client.training.books import Books
from tpe_client.training.school import Card, Terminal

# Code -> whether trying again the same day cannot succeed; in the order of the contract.
DECLINES: Final[dict[str, bool]] = {
    "operation_cancelled": True,
    "identification_expired": False,
    "card_unknown": False,
    "card_not_activated": False,
    "card_blocked": True,
    "card_paused": False,
    "screen_code_expired": False,
    "card_replaced": True,
    "card_obsolete": True,
    "school_year_not_started": True,
    "school_year_over": True,
    "holder_has_no_wallets": True,
    "agreement_not_in_force": True,
    "wallet_not_accepted": True,
    "identity_not_checked": False,
    "amount_above_terminal_limit": False,
    "insufficient_balance": False,
    "pin_blocked": False,
    "pin_required": False,
    "pin_wrong": False,
}
CANCELLATION_DECLINES: Final[dict[str, bool]] = {
    "cancellation_day_over": True,
    "debit_was_declined": True,
}
MOST_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A well-formed request for a debit."""

    wallet: str
    amount_cents: int
    identity_checked: bool
    pin: str | None


def stable_refusal(books: Books, terminal: Terminal, card: Card, asked: Asked) -> str | None:
    """Everything before the PIN; None when only the PIN is left to judge."""
    partner = terminal.partner
    balance_cents = books.balances.get((card.name, asked.wallet))
    applies = {
        "holder_has_no_wallets": not card.wallets,
        "agreement_not_in_force": partner.state == "agreement_ended",
        "wallet_not_accepted": asked.wallet not in partner.wallets,
        "identity_not_checked": not asked.identity_checked,
        "amount_above_terminal_limit": asked.amount_cents > terminal.limit_cents,
        "insufficient_balance": balance_cents is not None and balance_cents < asked.amount_cents,
    }
    for code in DECLINES:
        if code in ("pin_blocked", "pin_required", "pin_wrong"):
            break
        if code == card.refused_debit or applies.get(code, False):
            return code
    return "holder_has_no_wallets" if balance_cents is None else None


def pin_is_due(terminal: Terminal, card: Card, amount_cents: int) -> bool:
    """`above` means strictly more."""
    if card.asks_pin or terminal.pin_required == "always":
        return True
    above_cents = terminal.above_cents
    return terminal.pin_required == "above" and (above_cents is None or amount_cents > above_cents)


def settle_pin(books: Books, card: Card, pin: str | None) -> tuple[str | None, int | None]:
    """The decline of a PIN that was due, and the tries left; a right one resets the count."""
    tries = books.tries[card.name]
    if tries >= MOST_TRIES:
        return "pin_blocked", None
    if pin is None:
        return "pin_required", None
    if pin != card.pin:
        books.tries[card.name] = tries + 1
        return "pin_wrong", MOST_TRIES - 1 - tries
    books.tries[card.name] = 0
    return None, None
