"""The budgets of readings that find nothing: per terminal, per partner, per address (C18).

The law: only misses count, and once a budget is used up every reading of that key waits, also one
that would find a card: whoever guesses learns nothing more. A debit is never refused for them.
Kept in the memory of this process; the numbers are the scheme's.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.scheme import rule
from cardservice.domain.lookup_budget import LookupBudget
from cardservice.services.register import TerminalFacts

_RULE = "lookup_budget"
# A scheme without the rule: what design §4 says.
_DEFAULT = {"misses": 30, "window_seconds": 600, "partner_times": 3, "address_times": 10}


@dataclass(frozen=True)
class LookupBudgets:
    """`activations` is apart: a typed activation code must not use up a till's readings."""

    terminals: LookupBudget
    partners: LookupBudget
    addresses: LookupBudget
    activations: LookupBudget

    def seconds_to_wait(self, terminal: TerminalFacts, address: str) -> int:
        """0 when the terminal may read now."""
        now = time.monotonic()
        return max(
            budget.retry_after(key, now) for budget, key in self._of_reading(terminal, address)
        )

    def record_miss(self, terminal: TerminalFacts, address: str) -> None:
        """A reading found no card."""
        now = time.monotonic()
        for budget, key in self._of_reading(terminal, address):
            budget.record_miss(key, now)

    def seconds_to_wait_activating(self, address: str) -> int:
        """0 when the address may try an activation code now."""
        return self.activations.retry_after(address, time.monotonic())

    def record_failed_activation(self, address: str) -> None:
        """An activation code or token led nowhere."""
        self.activations.record_miss(address, time.monotonic())

    def _of_reading(
        self, terminal: TerminalFacts, address: str
    ) -> tuple[tuple[LookupBudget, Hashable], ...]:
        return (
            (self.terminals, terminal.terminal_id),
            (self.partners, terminal.partner_id),
            (self.addresses, address),
        )


def open_budgets(engine: Engine) -> LookupBudgets:
    """Empty budgets with the numbers in force today."""
    numbers = _numbers(engine)
    misses, window = numbers["misses"], numbers["window_seconds"]
    return LookupBudgets(
        terminals=LookupBudget(misses, window),
        partners=LookupBudget(misses * numbers["partner_times"], window),
        addresses=LookupBudget(misses * numbers["address_times"], window),
        activations=LookupBudget(misses * numbers["address_times"], window),
    )


def _numbers(engine: Engine) -> dict[str, Any]:
    with unit_of_work(engine) as connection:
        try:
            found: dict[str, Any] = rule(connection, _RULE, paris_today(connection))
        except LookupError:
            return _DEFAULT
        return {**_DEFAULT, **found}
