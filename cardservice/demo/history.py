"""Plays the sales of a day at the tills, on the very road that terminals take.

The law: identify, debit, cancel, through the group-commit lanes; the clock goes forward from slot
to slot and stands where the sale is. Nothing is booked that a till could not have booked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import Final
from uuid import uuid4

from cardservice.demo.cast import Progress
from cardservice.demo.clock import move_clock_on
from cardservice.demo.fortnights import Finance, end_day
from cardservice.demo.sales import Sale
from cardservice.services.cancel_debit import cancel_debit
from cardservice.services.identify_card import Identified, identify_card
from cardservice.services.log_readings import Reading, log_readings
from cardservice.services.take_debit import DebitAsked, take_debit
from cardservice.services.till import Till
from cardservice.wiring import Office, opened_till

# Moving the clock makes every till read its register anew: once per slot, not once per sale.
_SLOT_MINUTES: Final = 10
# What a terminal may debit at once, unless it is set otherwise (scheme rule terminal_limit_cents).
_MOST_CENTS: Final = 10_000


def live_through(
    office: Office,
    finance: Finance,
    days: Sequence[date],
    *,
    sales_of: Callable[[date], Sequence[Sale]],
    progress: Progress,
) -> None:
    """Day after day: sold, closed at midnight, paid when a fortnight is over."""

    async def live() -> None:
        async with opened_till(office) as till:
            for done, day in enumerate(days, start=1):
                await _play_day(office, till, day=day, sales=sales_of(day))
                # Nobody sells at midnight: that this holds the event loop up disturbs nobody.
                end_day(office, finance, day)
                progress(done, len(days))

    asyncio.run(live())


async def _play_day(office: Office, till: Till, *, day: date, sales: Sequence[Sale]) -> None:
    """Plays the sales of a Paris day, those of a slot side by side."""
    for _, slot in groupby(sales, key=lambda sale: (sale.at.hour, sale.at.minute // _SLOT_MINUTES)):
        visits = list(slot)
        move_clock_on(office.engine, day, visits[0].at)
        readings = await asyncio.gather(*(_play(office, till, sale) for sale in visits))
        found = [reading for reading in readings if reading is not None]
        if found:
            log_readings(office.engine, found)


async def _play(office: Office, till: Till, sale: Sale) -> Reading | None:
    seen = await identify_card(till, key_hash=sale.till.key_hash, reading=sale.card.code)
    assert seen is not None, "the terminals of a demonstration are active while it is made"
    if not isinstance(seen, Identified):
        return _read(seen.card_id, seen.terminal.terminal_id)
    if sale.kind == "wrong_pin":
        await _debit(till, sale, seen, pin=_other_pin(sale.card.pin))
    debit = await _debit(till, sale, seen, pin=sale.card.pin)
    if sale.kind == "cancelled":
        await asyncio.to_thread(
            cancel_debit,
            office.engine,
            terminal=seen.terminal,
            operation_id=debit.operation_id,
            reason="holder_changed_mind",
        )
    return _read(seen.card_id, seen.terminal.terminal_id)


async def _debit(till: Till, sale: Sale, seen: Identified, *, pin: str) -> DebitAsked:
    """One debit of what the holder wants and has (C54), asked as a terminal asks it."""
    asked = DebitAsked(
        operation_id=uuid4(),
        identification=seen.identification,
        wallet=sale.wallet,
        amount_cents=_amount_cents(sale, seen.wallets.get(sale.wallet, 0)),
        identity_checked=True,
        pin=None if sale.till.partner.trade.pin == "never" else pin,
    )
    answer = await take_debit(till, key_hash=sale.till.key_hash, asked=asked)
    assert answer is not None and answer.status == "recorded", f"a debit was not settled: {answer}"
    return asked


def _amount_cents(sale: Sale, balance_cents: int) -> int:
    if sale.kind == "too_much" and balance_cents < _MOST_CENTS:
        return min(balance_cents + sale.amount_cents, _MOST_CENTS)
    # Whoever has less than the price pays what he has; whoever has nothing is told so.
    return min(sale.amount_cents, balance_cents) or sale.amount_cents


def _other_pin(pin: str) -> str:
    return f"{(int(pin) + 1) % 10_000:04d}"


def _read(card_id: int | None, terminal_id: int) -> Reading | None:
    return None if card_id is None else Reading(card_id, terminal_id, 0)
