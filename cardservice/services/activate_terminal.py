"""Activates a terminal in two steps: is this my place? then yes, and the key (C48).

The law: step 1 changes nothing and may be repeated; step 2 succeeds once whatever the race, because
the code's own row says whether it was used. The key is told once and stored as a digest. Wrong,
used and expired are one answer, `activation_unknown`: a guesser learns nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import ledger_instant, paris_today
from cardservice.db.queries.journal import note
from cardservice.db.queries.partners import outlet_of_terminal
from cardservice.db.queries.scheme import rule_number
from cardservice.domain.activation_token import (
    ActivationToken,
    read_activation_token,
    sign_activation_token,
)
from cardservice.domain.keys import Keys, secret_hash
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import fold_short_code
from cardservice.services.make_terminal_code import ACTIVATION_CODE_LENGTH, label_is_fit

KEY_PREFIX: Final = "ck_"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ActivationFacts:
    """What step 1 shows: is this my place?"""

    terminal_id: str
    activation_token: str = field(repr=False)
    kind: str
    partner_name: str
    outlet_name: str
    outlet_address: str


@dataclass(frozen=True, slots=True)
class TerminalActivated:
    """What step 2 hands over, once: the key, and the settings of the terminal."""

    terminal_id: str
    terminal_key: str = field(repr=False)
    pin_required: str
    above_cents: int | None
    limit_cents: int
    ticket: bool


def recognise_activation_code(
    engine: Engine, keys: Keys, *, activation_code: str
) -> ActivationFacts | Refused:
    """Step 1: whose code is this? Writes nothing. Refused: activation_unknown."""
    code = fold_short_code(activation_code, ACTIVATION_CODE_LENGTH)
    if code is None:
        return Refused("activation_unknown")
    code_hash = secret_hash(code)
    with unit_of_work(engine) as connection:
        found = connection.execute(
            text(
                "SELECT t.public_id, t.kind, p.trade_name, o.name, o.address"
                " FROM activation_code c JOIN terminal t USING (terminal_id)"
                " JOIN outlet o USING (outlet_id) JOIN partner p USING (partner_id)"
                " WHERE c.code_hash = :code_hash AND c.used_at IS NULL"
                " AND c.expires_at > ledger_now() AND t.state = 'waiting'"
            ),
            {"code_hash": code_hash},
        ).one_or_none()
        if found is None:
            return Refused("activation_unknown")
        minutes = rule_number(connection, "activation_token_minutes", paris_today(connection))
        until = ledger_instant(connection) + timedelta(minutes=minutes)
        return ActivationFacts(
            found.public_id,
            sign_activation_token(keys, ActivationToken(code_hash, until)),
            found.kind,
            found.trade_name,
            found.name,
            found.address,
        )


def confirm_activation(
    engine: Engine, keys: Keys, *, activation_token: str, label: str
) -> TerminalActivated | Refused:
    """Step 2: gives the terminal its label and its key, and the code dies.

    Refused: activation_unknown (forged, late, used), terminal_label_malformed.
    """
    token = read_activation_token(keys, activation_token)
    if token is None:
        return Refused("activation_unknown")
    if not label_is_fit(label):
        return Refused("terminal_label_malformed")
    with unit_of_work(engine) as connection:
        if ledger_instant(connection) >= token.until:
            return Refused("activation_unknown")
        terminal_id = _use_up(connection, token.code_hash)
        if terminal_id is None:
            return Refused("activation_unknown")
        activated = _hand_over_key(connection, terminal_id, label.strip())
        subject = f"terminal:{activated.terminal_id}"
        outlet = outlet_of_terminal(connection, terminal_id)
        note(
            connection,
            actor=subject,
            action="terminal.activate",
            subject=subject,
            partner_id=outlet.partner_id,
            outlet_id=outlet.outlet_id,
            terminal_id=terminal_id,
        )
        return activated


def _use_up(connection: Connection, code_hash: bytes) -> int | None:
    """The terminal whose code this call, and no other, has used."""
    # Terminal first: a revocation and an activation that arrive together queue on its row.
    waiting = connection.execute(
        text(
            "SELECT t.terminal_id FROM terminal t JOIN activation_code c USING (terminal_id)"
            " WHERE c.code_hash = :code_hash AND t.state = 'waiting' FOR NO KEY UPDATE OF t"
        ),
        {"code_hash": code_hash},
    ).one_or_none()
    if waiting is None:
        return None
    used = connection.execute(
        text(
            "UPDATE activation_code SET used_at = ledger_now() WHERE code_hash = :code_hash"
            " AND used_at IS NULL AND expires_at > ledger_now() RETURNING terminal_id"
        ),
        {"code_hash": code_hash},
    ).scalar_one_or_none()
    return None if used is None else int(used)


def _hand_over_key(connection: Connection, terminal_id: int, label: str) -> TerminalActivated:
    key = KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    row = connection.execute(
        text(
            "UPDATE terminal SET state = 'active', label = :label, key_hash = :key_hash,"
            " activated_at = ledger_now() WHERE terminal_id = :terminal_id AND state = 'waiting'"
            " RETURNING public_id, pin_required, above_cents, limit_cents, ticket"
        ),
        {"label": label, "key_hash": secret_hash(key), "terminal_id": terminal_id},
    ).one()
    return TerminalActivated(
        row.public_id, key, row.pin_required, row.above_cents, row.limit_cents, row.ticket
    )
