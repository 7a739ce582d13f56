"""What the till wants done; the desk does it and answers with an event.

The law: `SendDebit` is the one effect that can move a holder's money, and it cannot be made
without a checked identity and a confirmed amount: a `Sale` and the state it comes from say so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from api_client.answers import Approved, Cancelled
from tpe_client.ticket import Copy
from tpe_client.till.pin import Pin
from tpe_client.till.states import CancellationReason, Sale

Sound = Literal["approved", "declined", "attention"]


@dataclass(frozen=True)
class Resume:
    """Ask what became of open sales (`Resumed` answers). `patiently`: at a start."""

    patiently: bool


@dataclass(frozen=True)
class LoadMe:
    """Ask for the terminal's settings and totals; tells at once whether the line stands."""


@dataclass(frozen=True)
class Identify:
    """Ask who this card is; a second reading is there where two spellings pass every check."""

    turn: int
    readings: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class SendDebit:
    """Write the order down, then send it."""

    sale: Sale
    pin: Pin | None = field(default=None, compare=False)


@dataclass(frozen=True)
class CancelDebit:
    """Cancel a debit of today. `patiently`: a person waits; else the till asks by itself."""

    operation_id: UUID
    reason: CancellationReason
    patiently: bool = True


@dataclass(frozen=True)
class LoadDay:
    """Ask for the partner's operations of today."""

    turn: int


@dataclass(frozen=True)
class CompareDays:
    """Compare the journal's figures with the service's."""

    turn: int


@dataclass(frozen=True)
class LoadLast:
    """Read the journal's last entry."""


@dataclass(frozen=True)
class PutTicket:
    """A ticket was asked for. `cancelled` makes it the cancellation's."""

    approved: Approved
    copy: Copy
    pin_checked: bool | None = None
    cancelled: Cancelled | None = None
    is_duplicate: bool = False


@dataclass(frozen=True)
class PrintTrial:
    """A trial ticket."""


@dataclass(frozen=True)
class DropTickets:
    """Nobody wants the waiting tickets any more."""


@dataclass(frozen=True)
class Ring:
    """A sound beside the words and the colour."""

    sound: Sound


@dataclass(frozen=True)
class Quit:
    """Leave the program."""


Effect = (
    Resume | LoadMe | Identify | SendDebit | CancelDebit | LoadDay | CompareDays | LoadLast
    | PutTicket | PrintTrial | DropTickets | Ring | Quit
)  # fmt: skip
