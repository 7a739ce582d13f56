"""The part of the debit decision that two requests cannot change under each other's feet.

Agreement, wallet, identity and limits are stable facts: they are judged here, and the
verdict is handed to the money function. Card state, balance and PIN are judged inside
that function, under the card's lock, because a block and a debit may arrive together.

Law: first that applies wins, in the order of codes.DECLINE_ORDER.
It refuses to know the balance, the PIN and the time.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

PIN_POLICIES: Final = ("always", "above", "never")


@dataclass(frozen=True, slots=True)
class DebitFacts:
    """What is settled about a debit before the card is locked; amounts in cents."""

    holder_has_wallets: bool
    agreement_in_force: bool
    wallet_accepted: bool
    identity_checked: bool
    amount_cents: int
    terminal_limit_cents: int


def first_verdict(facts: DebitFacts) -> str | None:
    """The code of the first stable fact that refuses the debit, or None (C10, C14, C26).

    The terminal's limit itself may be debited; one cent more may not.
    """
    if not facts.holder_has_wallets:
        return "holder_has_no_wallets"
    if not facts.agreement_in_force:
        return "agreement_not_in_force"
    if not facts.wallet_accepted:
        return "wallet_not_accepted"
    if not facts.identity_checked:
        return "identity_not_checked"
    if facts.amount_cents > facts.terminal_limit_cents:
        return "amount_above_terminal_limit"
    return None


def pin_is_due(policy: str, above_cents: int | None, amount_cents: int) -> bool:
    """Whether this terminal asks for the PIN at this amount (C58).

    `policy` is one of `PIN_POLICIES`; "above" means strictly more than `above_cents`,
    which it must then have. ValueError otherwise.
    """
    if policy == "always":
        return True
    if policy == "never":
        return False
    if policy == "above" and above_cents is not None:
        return amount_cents > above_cents
    # Never guess: a policy that cannot be read must not become "no PIN".
    raise ValueError(f"not a PIN policy: {policy!r} with {above_cents!r}")


def agreement_in_force(starts_on: date, ends_before: date | None, day: date) -> bool:
    """Whether an agreement covers a Paris day (C4); without an end it renews itself (C5)."""
    return starts_on <= day and (ends_before is None or day < ends_before)
