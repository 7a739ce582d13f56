"""What the school remembers while it runs: balances, PIN tries, sales, cancellations, days.

The law: all of it is in memory and is forgotten at the end; nothing is ever written to a disk. Each
answered debit is a row that never changes; a balance moves only together with its row.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Generic, TypeVar
from uuid import UUID

from api_client.wall_clock import Clock, paris_day
from tpe_client.training.school import Card, School, Terminal

_MOST_TOKENS: Final = 10_000
_MOST_SALES: Final = 100_000
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Sale:
    """An answered debit. `code` None: approved."""

    operation_no: int
    operation_id: UUID
    terminal: Terminal
    card: Card | None
    wallet: str
    amount_cents: int
    code: str | None
    balance_after_cents: int | None
    tries_left: int | None
    accepted_at: datetime
    business_day: date


@dataclass(frozen=True, slots=True)
class Cancellation:
    """An answered cancellation. `code` None: done. A tombstone came before its debit."""

    operation_no: int
    operation_id: UUID
    partner: str
    code: str | None
    balance_after_cents: int | None
    cancelled_at: datetime
    is_tombstone: bool


class Tokens(Generic[Kept]):
    """Opaque words for what the school keeps behind them; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def give(self, kept: Kept) -> str:
        token = secrets.token_urlsafe(32)
        self._kept[token] = kept
        if len(self._kept) > _MOST_TOKENS:
            self._kept.popitem(last=False)
        return token

    def read(self, token: str) -> Kept | None:
        return self._kept.get(token)

    def forget(self, token: str) -> None:
        self._kept.pop(token, None)


@dataclass(frozen=True, slots=True)
class Identification:
    """What a terminal holds after a reading."""

    card: Card
    terminal_id: str
    expires_at: datetime


@dataclass
class Books:
    """The memory of one school day, or of as many as the server runs."""

    school: School
    clock: Clock
    terminals: dict[str, Terminal] = field(default_factory=dict)
    used_activations: set[str] = field(default_factory=set)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    sales: dict[UUID, Sale] = field(default_factory=dict)
    cancellations: dict[UUID, Cancellation] = field(default_factory=dict)
    identifications: Tokens[Identification] = field(default_factory=Tokens)
    activation_tokens: Tokens[tuple[str, datetime]] = field(default_factory=Tokens)
    photo_tokens: Tokens[tuple[Card, datetime]] = field(default_factory=Tokens)
    cursors: Tokens[tuple[str, date, int]] = field(default_factory=Tokens)
    misses: dict[Hashable, list[datetime]] = field(default_factory=dict)
    attempts: dict[UUID, Card] = field(default_factory=dict)
    faults_done: dict[tuple[str, UUID | str], int] = field(default_factory=dict)
    first_closed: date = date.min
    closed_through: date = date.min
    _last_no: int = 1000

    def __post_init__(self) -> None:
        self.terminals = dict(self.school.terminals)
        for card in self.school.cards.values():
            self.tries[card.name] = card.tries
            for wallet, balance_cents in card.wallets.items():
                self.balances[card.name, wallet] = balance_cents
        self.first_closed = self.closed_through = paris_day(self.clock()) - timedelta(days=1)

    def next_no(self) -> int:
        self._last_no += 1
        return self._last_no

    def keep(self, sale: Sale) -> Sale:
        """A sale is kept for good; the oldest leave when a script has made too many."""
        self.sales[sale.operation_id] = sale
        if len(self.sales) > _MOST_SALES:
            del self.sales[next(iter(self.sales))]
        return sale

    def business_day(self, instant: datetime) -> date:
        """The later of the Paris date and the day after the last closed one."""
        self.closed_through = max(self.closed_through, paris_day(instant) - timedelta(days=1))
        return max(paris_day(instant), self.closed_through + timedelta(days=1))

    def is_closed(self, day: date) -> bool:
        self.business_day(self.clock())
        return self.first_closed <= day <= self.closed_through

    def close_day(self) -> date:
        """Ends the business day now: what comes later belongs to the next."""
        day = self.business_day(self.clock())
        self.closed_through = day
        return day

    def of_day(self, partner: str, day: date, *, terminal_id: str | None = None) -> list[Sale]:
        """A partner's debits of a day, refused ones too, newest first."""
        found = [
            sale
            for sale in self.sales.values()
            if sale.business_day == day
            and sale.terminal.partner.name == partner
            and terminal_id in (None, sale.terminal.terminal_id)
        ]
        return sorted(found, key=lambda sale: -sale.operation_no)

    def cancelled(self, operation_id: UUID) -> Cancellation | None:
        """The cancellation that was done, if any; a refused one is none."""
        found = self.cancellations.get(operation_id)
        return found if found is not None and found.code is None else None

    def totals(self, sales: list[Sale]) -> list[dict[str, object]]:
        """Approved and not cancelled, per wallet."""
        counted: dict[str, list[int]] = {}
        for sale in sales:
            if sale.code is None and self.cancelled(sale.operation_id) is None:
                counted.setdefault(sale.wallet, []).append(sale.amount_cents)
        return [
            {"wallet": wallet, "count": len(cents), "amount_cents": sum(cents)}
            for wallet, cents in sorted(counted.items())
        ]
