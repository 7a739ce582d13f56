"""Every state the till can be in, with what it knows there and nothing more.

The law: a state after the PIN's holds no PIN; only `Identity` leads to a wallet, only `Confirming`
and `PinEntry` lead to `Sending`. First names are for the screen: out of every `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from api_client.answers import (
    Approved,
    Cancelled,
    DayList,
    Declined,
    Difference,
    Identified,
    Me,
    Wallet,
)
from api_client.entries import Entry
from tpe_client.printer.report import PrinterReport
from tpe_client.till.pin import Pin

CancellationReason = Literal["wrong_amount", "wrong_wallet", "holder_changed_mind", "other"]
ListPurpose = Literal["cancel", "duplicate", "day"]


@dataclass(frozen=True)
class Starting:
    """Asking what became of the last sales before anything else is done."""


@dataclass(frozen=True)
class LastTold:
    """The last operation and its truth, after a start or from the menu."""

    last: Entry | None
    resolved: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Idle:
    """Waiting for a card. `notice` is a key of texts_fr.toml or a sentence of the service."""

    typed: str = ""
    notice: str | None = None


@dataclass(frozen=True)
class Reading:
    """The service is asked who this card is."""


@dataclass(frozen=True)
class Identity:
    """The cashier compares the person with what is shown (C26)."""

    found: Identified


@dataclass(frozen=True)
class Choosing:
    """The identity is checked; which wallet?"""

    found: Identified


@dataclass(frozen=True)
class Amount:
    """How much?"""

    found: Identified
    wallet: Wallet
    typed: str = ""
    notice: str | None = None


@dataclass(frozen=True)
class Sale:
    """What the holder agrees to. Made only from a checked identity."""

    found: Identified
    wallet: Wallet
    amount_cents: int

    def __post_init__(self) -> None:
        assert self.amount_cents > 0


@dataclass(frozen=True)
class Confirming:
    """Debit so much from this wallet?"""

    sale: Sale


@dataclass(frozen=True)
class PinEntry:
    """The holder types; the amount stays in sight."""

    sale: Sale
    pin: Pin = field(default_factory=Pin, compare=False)
    notice: str | None = None


@dataclass(frozen=True)
class Sending:
    """The service decides. Nothing but its answer leads out of here."""

    sale: Sale
    pin_asked: bool
    seconds: int = 0


@dataclass(frozen=True)
class Done:
    """Approved. `printed` are the copies asked for so far, `label` what the service calls the
    wallet, where this sale has seen it."""

    approved: Approved
    pin_checked: bool
    printed: tuple[str, ...] = ()
    label: str | None = None


@dataclass(frozen=True)
class Refused:
    """A refusal in words; `sale` is there when another amount may be tried."""

    declined: Declined
    sale: Sale | None = None


@dataclass(frozen=True)
class InDoubt:
    """Nobody knows yet; the till goes on asking by itself."""

    operation_id: UUID
    local_reference: str
    amount_cents: int
    pin_asked: bool
    rounds: int = 0


@dataclass(frozen=True)
class NotTaken:
    """The doubt is over: nothing was debited, and nothing can be under this operation any more."""

    local_reference: str
    amount_cents: int


@dataclass(frozen=True)
class Stopped:
    """The key opens nothing any more: no sale until the terminal is activated again."""

    message: str
    # What to name on the telephone: sales whose outcome is still open.
    open_sales: tuple[str, ...] = ()


@dataclass(frozen=True)
class Menu:
    """What else the box can do."""

    chosen: int = 0


@dataclass(frozen=True)
class Loading:
    """Asking the service for a list or a comparison."""

    purpose: ListPurpose | Literal["compare"]


@dataclass(frozen=True)
class DayShown:
    """The partner's operations of today, to look at, cancel or print again."""

    purpose: ListPurpose
    day: DayList
    chosen: int = 0


@dataclass(frozen=True)
class CancelAsked:
    """Why, and is it really this one?"""

    approved: Approved


@dataclass(frozen=True)
class Cancelling:
    """The service is asked to cancel."""

    approved: Approved
    reason: CancellationReason


@dataclass(frozen=True)
class CancelDone:
    """Cancelled: the card is credited."""

    approved: Approved
    cancelled: Cancelled
    printed: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotCancelled:
    """The service does not cancel it: the debit stands, and is said to."""

    approved: Approved
    declined: Declined


@dataclass(frozen=True)
class CancelInDoubt:
    """Nobody knows whether the cancellation passed; asking again is safe."""

    approved: Approved
    local_reference: str
    reason: CancellationReason


@dataclass(frozen=True)
class DuplicateAsked:
    """Which copy?"""

    approved: Approved


@dataclass(frozen=True)
class Comparison:
    """The box's figures of one day against the service's. `strays` are operations that differ."""

    business_day: date
    is_closed: bool
    count: int
    amount_cents: int
    differences: tuple[Difference, ...] = ()
    strays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """Today, and the last closed day that this box sold on."""

    days: tuple[Comparison, ...]


@dataclass(frozen=True)
class TicketShown:
    """A ticket on the screen, of a box without printer. `before` is where it was asked for."""

    lines: tuple[str, ...] = field(repr=False)
    before: Done | CancelDone | Idle
    first: int = 0


@dataclass(frozen=True)
class PrinterShown:
    """The printer's state, a trial ticket, tickets that wait."""


State = (
    Starting | LastTold | Idle | Reading | Identity | Choosing | Amount | Confirming | PinEntry
    | Sending | Done | Refused | InDoubt | NotTaken | Stopped | Menu | Loading | DayShown
    | CancelAsked | Cancelling | CancelDone | NotCancelled | CancelInDoubt | DuplicateAsked
    | Compared | PrinterShown | TicketShown
)  # fmt: skip


@dataclass(frozen=True)
class Till:
    """The whole till. `turn` numbers what is asked, so that a late answer is known as such."""

    state: State
    turn: int = 0
    # Since the last key or change of state.
    seconds: int = 0
    me: Me | None = None
    is_online: bool | None = None
    printer: PrinterReport = field(default_factory=PrinterReport)
    reader_is_lost: bool = False
    # Until the next sale: tickets that waited were in a file that cannot be read any more.
    tickets_are_lost: bool = False
    # The terminal's own references of sales whose outcome is still open.
    open_sales: tuple[str, ...] = ()
