"""What the scheme should do, in a hundred plain lines: dictionaries, no locks, no database.

Written from the contract (design §2 to §4), never from the SQL functions: where both agree after
thousands of steps, both are likely to be right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

WALLETS = {"sport_culture_leisure": 10_000, "tutoring": 5_000}
STATE_CODES = {"blocked": "card_blocked", "paused": "card_paused", "replaced": "card_replaced"}

Wallet = tuple[int, str]


@dataclass
class Holder:
    """Somebody with money: his PIN's tries, his wallets' balances."""

    tries: int = 0
    balances: dict[str, int] = field(default_factory=lambda: dict(WALLETS))
    movements: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WALLETS, 1))
    lapsed: bool = False


@dataclass
class Card:
    holder: Holder
    state: str = "active"


@dataclass(frozen=True)
class Asked:
    """A debit's content, and what is typed beside it."""

    partner: int
    card: int
    wallet: str
    cents: int
    pin: str | None = None  # None: this till asks for none; else "right", "wrong" or "missing"


@dataclass
class Stored:
    """An answered debit."""

    asked: Asked
    code: str | None
    balance: int | None
    tries_left: int | None
    day: date
    cancelled: bool = False
    run: str | None = None


Answer = tuple[str, str | None, int | None, int | None]
NOTHING: Answer = ("reused", None, None, None)


@dataclass
class Scheme:
    """All the state there is. `year_ends` is the first day after the cards' school year."""

    day: date
    year_starts: date
    year_ends: date
    next_year_starts: date
    first_open_day: date
    holders: list[Holder] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    debits: dict[UUID, Stored] = field(default_factory=dict)
    tombstones: dict[UUID, int] = field(default_factory=dict)
    cancellations: dict[UUID, Answer] = field(default_factory=dict)
    operations: int = 0

    @property
    def business_day(self) -> date:
        return max(self.day, self.first_open_day)

    def add_holder(self) -> Card:
        card = Card(Holder())
        self.holders.append(card.holder)
        self.cards.append(card)
        self.operations += len(WALLETS)
        return card

    def debit(self, key: UUID, asked: Asked) -> Answer:
        """(status, code, balance after, tries left)."""
        known = self.debits.get(key)
        if known is not None:
            same = (asked.partner, asked.card, asked.wallet, asked.cents) == (
                known.asked.partner,
                known.asked.card,
                known.asked.wallet,
                known.asked.cents,
            )
            return ("replayed", known.code, known.balance, known.tries_left) if same else NOTHING
        if key in self.tombstones and self.tombstones[key] != asked.partner:
            return NOTHING
        code, balance, tries_left = self._verdict(key, asked)
        holder = self.cards[asked.card].holder
        if code is None:
            holder.balances[asked.wallet] -= asked.cents
            holder.movements[asked.wallet] += 1
            balance = holder.balances[asked.wallet]
        self.debits[key] = Stored(asked, code, balance, tries_left, self.business_day)
        self.operations += 1
        return ("recorded", code, balance, tries_left)

    def _verdict(self, key: UUID, asked: Asked) -> tuple[str | None, int | None, int | None]:
        card = self.cards[asked.card]
        if key in self.tombstones:
            return "operation_cancelled", None, None
        if card.state != "active":
            return STATE_CODES[card.state], None, None
        if self.business_day < self.year_starts:
            return "school_year_not_started", None, None
        if self.business_day >= self.year_ends:
            over = self.business_day < self.next_year_starts
            return ("school_year_over" if over else "card_obsolete"), None, None
        balance = card.holder.balances[asked.wallet]
        if balance < asked.cents:
            return "insufficient_balance", balance, None
        if asked.pin is None:
            return None, None, None
        if card.holder.tries >= 3:
            return "pin_blocked", None, None
        if asked.pin == "missing":
            return "pin_required", None, None
        if asked.pin == "wrong":
            card.holder.tries += 1
            return "pin_wrong", None, 3 - card.holder.tries
        card.holder.tries = 0
        return None, None, None

    def cancel(self, key: UUID, partner: int) -> Answer:
        """(status, code, balance after, None); a tombstone has neither code nor balance."""
        known = self.debits.get(key)
        owner = self.tombstones.get(key, partner if known is None else known.asked.partner)
        if owner != partner:
            return NOTHING
        if key in self.cancellations:
            return ("replayed", *self.cancellations[key][1:])
        code, balance = None, None
        if known is None:
            self.tombstones[key] = partner
        elif known.code is not None:
            code = "debit_was_declined"
        elif known.day != self.business_day:
            code = "cancellation_day_over"
        else:
            holder = self.cards[known.asked.card].holder
            holder.balances[known.asked.wallet] += known.asked.cents
            holder.movements[known.asked.wallet] += 1
            known.cancelled = True
            balance = holder.balances[known.asked.wallet]
        self.operations += 1
        self.cancellations[key] = ("recorded", code, balance, None)
        return self.cancellations[key]

    def close_until(self, last: date) -> None:
        """All days up to `last` are closed; the year's last one makes its wallets lapse."""
        self.first_open_day = max(self.first_open_day, last.fromordinal(last.toordinal() + 1))
        if self.first_open_day < self.year_ends:
            return
        for holder in self.holders:
            if not holder.lapsed:
                holder.lapsed = True
                for wallet, cents in holder.balances.items():
                    holder.movements[wallet] += cents > 0
                    self.operations += cents > 0
                    holder.balances[wallet] = 0

    def owed_to(self, period: str, last: date) -> list[Stored]:
        """What a draft of a fortnight that ends on `last` takes: what no other run has."""
        return [
            one
            for one in self.debits.values()
            if one.code is None
            and not one.cancelled
            and one.day <= last
            and one.run in (None, period)
        ]
