"""The manifest of the training server: the demo's fields, so that one file serves both.

What the demo's has not: each card's `name` and what it provokes, so that the conformance suite can
run the checks that need a card of a rare kind.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from tpe_client.training.school import Card, School, Terminal, folded

_FULL_CENTS: Final = 3000


def manifest_of(school: School, *, base_url: str) -> dict[str, Any]:
    """What a terminal or a script must know to use the server."""
    return {
        "base_url": base_url,
        "training": True,
        "terminals": [_terminal(terminal) for terminal in school.terminals.values()],
        "activation_codes": [activation.code for activation in school.activations.values()],
        "cards": sorted(
            (_card(card) for card in school.cards.values()),
            key=lambda card: card["group"] != "ordinary",
        ),
        "pid": os.getpid(),
    }


def write_manifest(file: Path, manifest: dict[str, Any]) -> None:
    """FILE is there, whole, for its owner's eyes: it becomes a habit where keys are real."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, written = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(manifest, stream, ensure_ascii=False, indent=1)
        stream.write("\n")
    Path(written).replace(file)


def _terminal(terminal: Terminal) -> dict[str, Any]:
    partner = terminal.partner
    state = terminal.state
    if state == "active" and partner.state != "active":
        state = partner.state
    return {
        "terminal_id": terminal.terminal_id,
        "label": terminal.label,
        "partner": partner.trade_name,
        "outlet": partner.outlet,
        "kind": terminal.kind,
        "state": state,
        "pin_required": terminal.pin_required,
        "above_cents": terminal.above_cents,
        "key": terminal.key,
        "wallets": list(partner.wallets),
        "limit_cents": terminal.limit_cents,
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "code": folded(card.code),
        "qr_text": folded(card.code),
        "pin": card.pin,
        "state": card.state,
        "wallets": {
            wallet: card.wallets.get(wallet, 0) for wallet in ("sport_culture_leisure", "tutoring")
        },
        "category": card.category,
        "name": card.name,
        "group": card.group,
        "provokes": {
            "reading": card.refused_reading,
            "debit": card.refused_debit,
            "cancellation": card.refused_cancellation,
            "fault": None if card.fault is None else card.fault.kind,
            "asks_pin": card.asks_pin,
            "tries": card.tries,
        },
    }
