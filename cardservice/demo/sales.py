"""Invents what is bought on a day: by whom, where, for how much, and what goes wrong.

The law: the same seed gives the same day. Most of it goes well; each usual refusal happens now and
then (C72, C75, C58), and a few debits are cancelled before the evening (C60).

It refuses to know balances: what may be spent is read at the till, as in real life.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from random import Random
from typing import Final

from cardservice.demo.cast import HeldCard
from cardservice.demo.equipment import Till
from cardservice.domain.operation import WALLETS

_HOURS: Final = range(9, 20)
# School is out at four; a Wednesday looks like any other day here.
_CROWD: Final = (2, 4, 5, 4, 3, 5, 6, 8, 12, 12, 6)
_MINUTES: Final = 60

# Kinds of sale and how many in a hundred; the rest goes well.
_KINDS: Final = (
    ("cancelled", 2),
    ("too_much", 2),
    ("wrong_pin", 2),
    ("not_activated", 2),
    ("other_wallet", 2),
)


@dataclass(frozen=True, slots=True)
class Sale:
    """One visit to a till; `kind` is `plain` or one of the kinds that go wrong."""

    at: time
    card: HeldCard
    till: Till
    wallet: str
    amount_cents: int
    kind: str


def invent_sales(
    random: Random,
    *,
    count: int,
    spenders: Sequence[HeldCard],
    waiting: Sequence[HeldCard],
    tills: Sequence[Till],
) -> list[Sale]:
    """`count` sales of one day, in the order of their hours."""
    sales = [_sale(random, spenders, waiting, tills) for _ in range(count)]
    return sorted(sales, key=lambda sale: sale.at)


def _sale(
    random: Random,
    spenders: Sequence[HeldCard],
    waiting: Sequence[HeldCard],
    tills: Sequence[Till],
) -> Sale:
    till = random.choice(tills)
    trade = till.partner.trade
    kind = _kind(random, till, has_waiting=bool(waiting))
    wallet = random.choice(trade.wallets)
    if kind == "other_wallet":
        wallet = next(other for other in WALLETS if other not in trade.wallets)
    return Sale(
        at=time(random.choices(_HOURS, _CROWD)[0], random.randrange(_MINUTES)),
        card=random.choice(waiting if kind == "not_activated" else spenders),
        till=till,
        wallet=wallet,
        amount_cents=random.choice(trade.amounts_cents),
        kind=kind,
    )


def _kind(random: Random, till: Till, *, has_waiting: bool) -> str:
    drawn = random.randrange(100)
    trade = till.partner.trade
    possible = {
        "cancelled": True,
        "too_much": True,
        "wrong_pin": trade.pin == "always",
        "not_activated": has_waiting,
        "other_wallet": len(trade.wallets) == 1,
    }
    for kind, share in _KINDS:
        if drawn < share:
            return kind if possible[kind] else "plain"
        drawn -= share
    return "plain"
