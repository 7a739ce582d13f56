"""How many tickets a debit and a terminal may have mailed (design §4).

The law: kept in the memory of this process, like the budgets of readings; a restart forgives.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from uuid import UUID

from cardservice.domain.lookup_budget import LookupBudget
from cardservice.services.register import TerminalFacts

_DAY_SECONDS = 86_400


def _per_debit() -> LookupBudget:
    return LookupBudget(3, _DAY_SECONDS)


def _per_terminal() -> LookupBudget:
    return LookupBudget(20, 600)


@dataclass(frozen=True)
class TicketBudgets:
    """A window for each debit and one for each terminal."""

    debits: LookupBudget = field(default_factory=_per_debit)
    terminals: LookupBudget = field(default_factory=_per_terminal)

    def seconds_to_wait(self, terminal: TerminalFacts, operation_id: UUID) -> int:
        """0 when one more may go out now."""
        now = time.monotonic()
        return max(
            self.debits.retry_after((terminal.partner_id, operation_id), now),
            self.terminals.retry_after(terminal.terminal_id, now),
        )

    def record(self, terminal: TerminalFacts, operation_id: UUID) -> None:
        """One ticket was asked for, whatever becomes of it."""
        now = time.monotonic()
        self.debits.record_miss((terminal.partner_id, operation_id), now)
        self.terminals.record_miss(terminal.terminal_id, now)
