"""A ticket as blocks, from the facts of one debit or one cancellation (C57, design §9).

The law: no name, no birth date, no full card code, no PIN; the balance on the holder's copy alone;
a second print of the same ticket says DUPLICATA. Pure: paper and screens are other rooms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from tpe_client.french import euros, minute
from tpe_client.texts import assistance_phone, say, scheme_name, wallet_name

Copy = Literal["partner", "holder"]
COPIES: Final[tuple[Copy, ...]] = ("holder", "partner")
Align = Literal["left", "center"]


@dataclass(frozen=True)
class Place:
    """Where the terminal stands."""

    trade_name: str
    outlet: str
    address: str
    terminal_label: str
    terminal_id: str


@dataclass(frozen=True)
class TicketFacts:
    """What a ticket says. `cancels` is the reference of the cancelled debit, None for a debit."""

    place: Place
    operation_id: str
    wallet: str
    amount_cents: int
    last4: str
    pin_checked: bool
    reference: str
    at: datetime
    cancels: str | None = None
    balance_cents: int | None = None
    # As the service calls the wallet, where it has said so.
    wallet_label: str | None = None


@dataclass(frozen=True)
class Text:
    """A line of words, wrapped where the paper is narrow. Height and width are multiples."""

    text: str
    align: Align = "center"
    bold: bool = False
    width: int = 1
    height: int = 1
    inverted: bool = False


@dataclass(frozen=True)
class Pair:
    """A label at the left edge and its value at the right edge."""

    label: str
    value: str
    bold: bool = False


@dataclass(frozen=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True)
class Space:
    """An empty line."""


@dataclass(frozen=True)
class Qr:
    """A QR code, with what it holds."""

    content: str


Block = Text | Pair | Rule | Space | Qr


def ticket(facts: TicketFacts, *, copy: Copy, is_duplicate: bool) -> tuple[Block, ...]:
    """The ticket of a debit or of its cancellation."""
    mark: list[Block] = [_duplicate(), Space()] if is_duplicate else []
    return (
        *_heading(facts.place),
        Rule(),
        *mark,
        *_operation(facts),
        Rule(),
        *_details(facts, copy=copy),
        Space(),
        Text(say("ticket.pin_checked" if facts.pin_checked else "ticket.identity_checked")),
        Space(),
        Qr(facts.reference),
        Text(facts.reference, bold=True),
        Space(),
        Text(say(f"ticket.copy.{copy}"), bold=True),
        Text(say("ticket.no_bill")),
        *([] if facts.cancels else [Text(say("ticket.cancellation_rule"))]),
        Text(say("ticket.assistance", phone=assistance_phone())),
    )


def trial_ticket(place: Place | None, *, columns: int) -> tuple[Block, ...]:
    """What tells whether the code page, the width and the QR are set right."""
    return (
        Text(scheme_name(), bold=True),
        Text(say("ticket.trial.title"), bold=True, height=2),
        Rule(),
        *([Text(place.trade_name), Text(place.terminal_label)] if place else []),
        Text(say("ticket.trial.accents"), bold=True, width=2, height=2),
        Text(say("ticket.trial.more_accents")),
        Text(say("ticket.trial.columns", columns=columns)),
        Text(("1234567890" * 6)[:columns], align="left"),
        Pair(say("ticket.trial.left"), say("ticket.trial.right")),
        _duplicate(),
        Space(),
        Qr(say("ticket.trial.qr")),
        Text(say("ticket.trial.qr")),
        Text(say("ticket.trial.hint")),
    )


def _heading(place: Place) -> tuple[Block, ...]:
    return (
        Text(scheme_name(), bold=True),
        Text(place.trade_name, bold=True, height=2),
        *([Text(place.outlet)] if place.outlet != place.trade_name else []),
        Text(place.address),
        Text(say("ticket.terminal", label=place.terminal_label, terminal_id=place.terminal_id)),
    )


def _duplicate() -> Text:
    return Text(say("ticket.duplicate"), bold=True, width=2, height=2, inverted=True)


def _operation(facts: TicketFacts) -> tuple[Block, ...]:
    return (
        Text(say("ticket.cancellation" if facts.cancels else "ticket.debit"), bold=True, height=2),
        Text(euros(facts.amount_cents), bold=True, width=2, height=2),
        Text(facts.wallet_label or wallet_name(facts.wallet)),
    )


def _details(facts: TicketFacts, *, copy: Copy) -> list[Block]:
    details: list[Block] = [
        Pair(say("ticket.date"), minute(facts.at)),
        Pair(say("ticket.card"), say("ticket.card_masked", last4=facts.last4)),
        Pair(say("ticket.reference"), facts.reference),
    ]
    if facts.cancels:
        details.append(Pair(say("ticket.cancelled_debit"), facts.cancels))
    if copy == "holder" and facts.balance_cents is not None:
        details.append(Pair(say("ticket.balance"), euros(facts.balance_cents), bold=True))
    return details
