"""The school's cast: partners, terminals, activation codes, cards and faults, read from their file.

The law: what is written in `school_cards.toml` is all there is. Codes are found as kindly as the
service reads them (spaces, dashes and case ignored, O as 0, I and L as 1). Money is integer cents.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

WALLETS: Final = ("sport_culture_leisure", "tutoring")

_DASHES: Final = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212"
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class Partner:
    """`state`: active, suspended or agreement_ended."""

    name: str
    trade_name: str
    state: str
    wallets: tuple[str, ...]
    outlet: str
    address: str


@dataclass(frozen=True, slots=True)
class Terminal:
    """`state`: active or revoked; a terminal that waits for its activation is an Activation."""

    terminal_id: str
    partner: Partner
    label: str
    kind: str
    state: str
    key: str
    pin_required: str
    above_cents: int | None = None
    limit_cents: int = 10_000
    ticket: bool = True


@dataclass(frozen=True, slots=True)
class Activation:
    """A code that makes a terminal of a partner, once."""

    code: str
    terminal_id: str
    partner: Partner
    kind: str
    pin_required: str
    above_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at a call: `kind` as in faults.py; `times` per operation, 0 for always."""

    call: str
    kind: str
    times: int
    code: str = ""
    seconds: int = 0
    retry_after: int = 2


@dataclass(frozen=True, slots=True)
class Card:
    """A school card: whose it is, and what it provokes where."""

    name: str
    group: str
    code: str
    first_name: str
    last_name_initial: str
    age: int
    pin: str
    state: str
    wallets: dict[str, int]
    category: str = "collegien"
    photo: bool = True
    asks_pin: bool = False
    tries: int = 0
    refused_reading: str | None = None
    refused_debit: str | None = None
    refused_cancellation: str | None = None
    fault: Fault | None = None

    @property
    def last4(self) -> str:
        return folded(self.code)[-4:]


@dataclass(frozen=True, slots=True)
class School:
    """Everything, with what is looked up keyed by its folded code or its key."""

    partners: dict[str, Partner]
    terminals: dict[str, Terminal]
    activations: dict[str, Activation]
    cards: dict[str, Card]

    def card_named(self, name: str) -> Card:
        return next(card for card in self.cards.values() if card.name == name)


def folded(reading: str) -> str:
    """A reading without spaces and dashes, in capitals, look-alikes read kindly."""
    kept = "".join(c for c in reading if not (c.isspace() or c in _DASHES))
    # ASCII letters only: upper() would turn a dotless i into a letter that nobody printed.
    return kept.upper().translate(_LOOKALIKES) if kept.isascii() else kept


def open_school() -> School:
    """The school as its file says."""
    file = resources.files("tpe_client.training") / "school_cards.toml"
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    partners = {
        name: Partner(name=name, **{**facts, "wallets": tuple(facts["wallets"])})
        for name, facts in written["partners"].items()
    }
    terminals = [
        Terminal(**{**facts, "partner": partners[facts["partner"]]})
        for facts in written["terminals"]
    ]
    activations = [
        Activation(**{**facts, "partner": partners[facts["partner"]]})
        for facts in written["activations"]
    ]
    cards = [_card(facts, written["faults"]) for facts in written["cards"]]
    school = School(
        partners,
        {terminal.key: terminal for terminal in terminals},
        {folded(activation.code): activation for activation in activations},
        {folded(card.code): card for card in cards},
    )
    assert len(school.cards) == len(cards), "two school cards have one code"
    assert len(school.terminals) == len(terminals), "two school terminals have one key"
    return school


def _card(facts: dict[str, Any], faults: dict[str, Any]) -> Card:
    assert set(facts["wallets"]) <= set(WALLETS)
    fault = facts.get("fault")
    return Card(**{**facts, "fault": None if fault is None else Fault(**faults[fault])})
