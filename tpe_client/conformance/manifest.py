"""What the manifest offers to test with: terminals, cards, activation codes (design §5).

The law: fields that only some manifests have are optional; a check that needs one is not run
without it. Keys and PINs stay out of `repr`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# State of a card in the manifest -> why its identification is declined.
REFUSED_READING = {
    "issued": "card_not_activated",
    "blocked": "card_blocked",
    "paused": "card_paused",
    "replaced": "card_replaced",
    "obsolete": "card_obsolete",
}


class ManifestUnreadable(Exception):
    """The file is not a manifest: why."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal with its key. `state`: active, suspended, agreement_ended or revoked."""

    terminal_id: str
    partner: str
    state: str
    pin_required: str
    above_cents: int | None
    wallets: tuple[str, ...]
    limit_cents: int | None
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Card:
    """A card. `is_plain`: it may pay, and nothing about it is special."""

    code: str = field(repr=False)
    pin: str = field(repr=False)
    state: str
    wallets: dict[str, int]
    category: str
    provokes: dict[str, Any]

    @property
    def is_plain(self) -> bool:
        special = any(value for value in self.provokes.values())
        return self.state == "active" and not special and any(self.wallets.values())

    @property
    def refused_reading(self) -> str | None:
        found = self.provokes.get("reading") or REFUSED_READING.get(self.state)
        return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything there is to test with."""

    terminals: tuple[Terminal, ...]
    cards: tuple[Card, ...]
    activation_codes: tuple[str, ...] = field(repr=False)


def read_manifest(file: Path) -> Manifest:
    """The manifest in a file; ManifestUnreadable when it is none."""
    try:
        return manifest_in(json.loads(file.read_text(encoding="utf-8")))
    except OSError as failure:
        raise ManifestUnreadable(f"{file}: {failure.strerror}") from failure
    except (ValueError, KeyError, TypeError, AttributeError) as failure:
        # The kind alone: a message could quote a line with a key.
        raise ManifestUnreadable(f"{file}: {type(failure).__name__}") from failure


def manifest_in(written: dict[str, Any]) -> Manifest:
    """The manifest as it was written, in JSON."""
    return Manifest(
        tuple(_terminal(facts) for facts in written["terminals"]),
        tuple(_card(facts) for facts in written["cards"]),
        tuple(str(code) for code in written.get("activation_codes", ())),
    )


def _terminal(facts: dict[str, Any]) -> Terminal:
    return Terminal(
        terminal_id=facts["terminal_id"],
        partner=facts["partner"],
        state=facts.get("state", "active"),
        pin_required=facts["pin_required"],
        above_cents=facts.get("above_cents"),
        wallets=tuple(facts["wallets"]),
        limit_cents=facts.get("limit_cents"),
        key=facts["key"],
    )


def _card(facts: dict[str, Any]) -> Card:
    return Card(
        code=facts["code"],
        pin=facts["pin"],
        state=facts.get("state", "active"),
        wallets=dict(facts.get("wallets", {})),
        category=facts.get("category", ""),
        provokes=dict(facts.get("provokes", {})),
    )
