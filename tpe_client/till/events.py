"""What can happen to the till.

The law: a key's name stays out of `repr`, for it may be a digit of a PIN. An answer carries the
turn it answers to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from api_client.answers import (
    Approved,
    Cancelled,
    DayList,
    Declined,
    Identified,
    Me,
    NoAnswer,
    Problem,
    Unknown,
)
from api_client.entries import Entry
from tpe_client.printer.report import PrinterReport
from tpe_client.till.states import Comparison


@dataclass(frozen=True)
class Key:
    """A key: a digit or letter, `,`, enter, back, escape, menu, up, down."""

    name: str = field(repr=False)


@dataclass(frozen=True)
class CardRead:
    """A reader read something."""

    reading: str = field(repr=False)


@dataclass(frozen=True)
class Tick:
    """A second has passed."""


@dataclass(frozen=True)
class MeSeen:
    """The terminal about itself, or why not."""

    answer: Me | Problem | NoAnswer


@dataclass(frozen=True)
class Resumed:
    """Open sales were asked about. `resolved` are those that were open before; those still open
    are named by the terminal's own references."""

    resolved: tuple[Entry, ...]
    open_sales: tuple[str, ...]
    last: Entry | None


@dataclass(frozen=True)
class LastSeen:
    """The journal's last entry."""

    last: Entry | None


@dataclass(frozen=True)
class CardAnswered:
    """Who the card is."""

    turn: int
    answer: Identified | Declined | Problem | NoAnswer


@dataclass(frozen=True)
class DebitAnswered:
    """What became of the debit."""

    answer: Approved | Declined | Cancelled | Problem | Unknown


@dataclass(frozen=True)
class DayAnswered:
    """The day's list; `own` are the operations that this box made."""

    turn: int
    answer: DayList | Problem | NoAnswer
    own: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class CancelAnswered:
    """What became of the cancellation of this debit."""

    operation_id: UUID
    answer: Cancelled | Declined | Unknown


@dataclass(frozen=True)
class DaysCompared:
    """The comparison, or why there is none."""

    turn: int
    answer: tuple[Comparison, ...] | Problem | NoAnswer


@dataclass(frozen=True)
class PrinterSeen:
    """The printer's state changed."""

    report: PrinterReport


@dataclass(frozen=True)
class TicketReady:
    """A ticket as lines for the screen, where there is no printer."""

    lines: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class LineSeen:
    """The service answered, or nobody did."""

    is_online: bool


@dataclass(frozen=True)
class ReaderSeen:
    """The serial reader was pulled out, or is back."""

    is_there: bool


@dataclass(frozen=True)
class TicketsLost:
    """The file of waiting tickets was damaged; it is set aside, and a new one begun."""


@dataclass(frozen=True)
class JournalBroken:
    """The journal cannot be trusted with a sale, so nothing was sent and nothing is sold."""

    code: str


Event = (
    Key | CardRead | Tick | MeSeen | Resumed | LastSeen | CardAnswered | DebitAnswered | DayAnswered
    | CancelAnswered | DaysCompared | PrinterSeen | LineSeen | JournalBroken
    | TicketReady | ReaderSeen | TicketsLost
)  # fmt: skip
