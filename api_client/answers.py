"""What the service can say to a terminal, as values: one frozen class for each kind of answer.

The law: "the service said no" (`Declined`, `Problem`) and "nobody knows" (`NoAnswer`, `Unknown`)
are different classes, so that no screen can show one for the other. What names a holder or opens
something (first name, identification, key) is left out of every `repr`, which may reach a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

# Who stands at the till


@dataclass(frozen=True)
class Wallet:
    """A wallet that may be spent here; `wallet` is its name, `label` what people call it."""

    wallet: str
    label: str
    balance_cents: int


@dataclass(frozen=True)
class Holder:
    """Whom the cashier should have in front of him; `photo_url` is a path of the same service."""

    first_name: str = field(repr=False)
    last_name_initial: str = field(repr=False)
    age: int = field(repr=False)
    photo_url: str | None = field(repr=False)


@dataclass(frozen=True)
class PinPolicy:
    """`required` is always, above or never; `above` means strictly more than `above_cents`."""

    required: str
    above_cents: int | None

    def asks_for(self, amount_cents: int) -> bool:
        """Whether the holder types a PIN for this amount."""
        if self.required == "above" and self.above_cents is not None:
            return amount_cents > self.above_cents
        # A policy this program does not know is better asked for than forgotten.
        return self.required != "never"


@dataclass(frozen=True)
class Identified:
    """A card that may pay here; `identification` serves this terminal until `expires_at`."""

    identification: str = field(repr=False)
    expires_at: datetime
    holder: Holder
    last4: str
    school_year: int
    wallets: tuple[Wallet, ...]
    pin: PinPolicy


# What became of a sale


@dataclass(frozen=True)
class Cancellation:
    """The cancellation of a stored debit; no reference for a tombstone that came first."""

    reference: str | None
    cancelled_at: datetime


@dataclass(frozen=True)
class Approved:
    """The money has moved; unless `cancelled`, it has stayed there. No balance in a day's list."""

    operation_id: UUID
    reference: str
    wallet: str
    amount_cents: int
    balance_after_cents: int | None
    accepted_at: datetime
    business_day: date
    last4: str
    replayed: bool
    cancelled: Cancellation | None = None


@dataclass(frozen=True)
class Declined:
    """A refusal with its code; `message` and `next_step` can be read aloud.

    `final`: trying again the same day cannot succeed. `facts` are what belongs to the code:
    `balance_cents`, `tries_left`. A reading and a check are declined without an operation; a debit
    names its wallet, amount and, when the refusal is stored, its reference.
    """

    code: str
    final: bool
    message: str
    next_step: str
    facts: dict[str, int] = field(default_factory=dict)
    operation_id: UUID | None = None
    wallet: str | None = None
    amount_cents: int | None = None
    reference: str | None = None
    accepted_at: datetime | None = None
    business_day: date | None = None


@dataclass(frozen=True)
class Cancelled:
    """The debit is undone; reference and balance are None where no debit had come (tombstone)."""

    operation_id: UUID
    reference: str | None
    balance_after_cents: int | None
    cancelled_at: datetime


@dataclass(frozen=True)
class Approvable:
    """A check's good news: this debit would be approved now. Nothing has moved."""

    wallet: str
    amount_cents: int
    balance_after_cents: int
    last4: str


@dataclass(frozen=True)
class Problem:
    """The service said no to the call itself (RFC 9457); `retry_after` in seconds."""

    status: int
    code: str
    message: str
    retry_after: int | None = None
    operation_id: UUID | None = None

    @property
    def is_passing(self) -> bool:
        """Busy or broken for the moment: it decided nothing that we know of. Ask again."""
        return self.status in (408, 429) or self.status >= 500

    @property
    def stops_the_terminal(self) -> bool:
        """The key opens nothing any more."""
        return self.status == 401


@dataclass(frozen=True)
class NoAnswer:
    """Nobody knows: no connection, a time-out, a cut, or something the service never says.

    `reason` is a word for a log, never for a screen: offline, tls, timed_out, cut, unreadable,
    foreign, too_large.
    """

    reason: str


@dataclass(frozen=True)
class Unknown:
    """All tries are used up and the outcome is not known: ask later, or call the assistance.

    `local_reference` is what is said on the telephone. `problem` is set where the service refused
    to talk (a revoked terminal) while an earlier try was still in doubt.
    """

    local_reference: str
    operation_id: UUID
    problem: Problem | None = None


# The terminal and its day


@dataclass(frozen=True)
class WalletTotals:
    """Approved and not cancelled debits of one wallet."""

    wallet: str
    count: int
    amount_cents: int


@dataclass(frozen=True)
class Totals:
    """Approved and not cancelled debits, with their parts per wallet."""

    count: int
    amount_cents: int
    wallets: tuple[WalletTotals, ...]


@dataclass(frozen=True)
class Settings:
    """How the Département has set this terminal up."""

    pin: PinPolicy
    limit_cents: int
    ticket: bool


@dataclass(frozen=True)
class Me:
    """The terminal about itself; `today` is its own."""

    terminal_id: str
    label: str
    kind: str
    partner: str
    outlet: str
    address: str
    settings: Settings
    today: Totals


@dataclass(frozen=True)
class DayList:
    """All debits of the partner on a day, refused ones too, newest first."""

    items: tuple[Approved | Declined, ...]
    totals: tuple[WalletTotals, ...]


@dataclass(frozen=True)
class Difference:
    """A figure (`count` or `amount_cents`) that terminal and service do not agree on."""

    figure: str
    terminal: int
    server: int


@dataclass(frozen=True)
class Compared:
    """The terminal's figures of a closed day against the ledger's."""

    matches: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class TicketMailed:
    """The holder's copy has left, or waits to."""


# Joining


@dataclass(frozen=True)
class Recognised:
    """Step 1 of an activation: is this my place? The token serves for ten minutes."""

    terminal_id: str
    activation_token: str = field(repr=False)
    kind: str
    partner: str
    outlet: str
    address: str


@dataclass(frozen=True)
class Activated:
    """Step 2: `terminal_key` is told this once."""

    terminal_key: str = field(repr=False)
    terminal_id: str
    settings: Settings
