"""The till of the portal at an outlet: a terminal like another, whose key nobody holds (C43, C55).

The law: an outlet has one web till, made or put into service at its first use. One that the
Département has prepared keeps the PIN policy and the limit it was given; one that was revoked stays
revoked and is not replaced by itself. Whatever two cashiers do at once, there is one row: they
queue on their partner's row, where `make_terminal_code` queues too.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.domain.keys import secret_hash
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import make_short_code
from cardservice.services.make_terminal_code import PUBLIC_ID_LENGTH

_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class WebTill:
    """An outlet's till in the portal; `key_hash` is how the register knows it."""

    terminal_id: int
    public_id: str
    key_hash: bytes = field(repr=False)


def web_till(
    engine: Engine, *, outlet_id: int, label: str, draw: Callable[[int], int], actor: str
) -> WebTill | Refused:
    """The web till of an outlet, in service; `label` names one that is made now.

    Refused: outlet_unknown, web_till_revoked.
    """
    with unit_of_work(engine) as connection:
        found = _web_till_of(connection, outlet_id)
    if found is not None and found.state == "active":
        return WebTill(found.terminal_id, found.public_id, bytes(found.key_hash))
    return _put_into_service(engine, outlet_id=outlet_id, label=label, draw=draw, actor=actor)


def _put_into_service(
    engine: Engine, *, outlet_id: int, label: str, draw: Callable[[int], int], actor: str
) -> WebTill | Refused:
    with unit_of_work(engine) as connection:
        partner_id = _locked_partner(connection, outlet_id)
        if partner_id is None:
            return Refused("outlet_unknown")
        found = _web_till_of(connection, outlet_id, lock=True)
        if found is None:
            terminal_id = _make(connection, outlet_id, label=label, draw=draw)
        elif found.state == "revoked":
            return Refused("web_till_revoked")
        elif found.state == "active":
            # Somebody else has just opened it.
            return WebTill(found.terminal_id, found.public_id, bytes(found.key_hash))
        else:
            terminal_id = found.terminal_id
        opened = _activate(connection, terminal_id)
        note(
            connection,
            actor=actor,
            action="terminal.activate",
            subject=f"terminal:{opened.public_id}",
            partner_id=partner_id,
            outlet_id=outlet_id,
            terminal_id=terminal_id,
        )
        return opened


def _locked_partner(connection: Connection, outlet_id: int) -> int | None:
    found = connection.execute(
        text(
            "SELECT p.partner_id FROM outlet o JOIN partner p USING (partner_id)"
            " WHERE o.outlet_id = :outlet_id FOR NO KEY UPDATE OF p"
        ),
        {"outlet_id": outlet_id},
    ).scalar_one_or_none()
    return None if found is None else int(found)


def _web_till_of(connection: Connection, outlet_id: int, *, lock: bool = False) -> Row[Any] | None:
    """The live web till of an outlet; without one, a revoked one."""
    return connection.execute(
        text(
            "SELECT terminal_id, public_id, state, key_hash FROM terminal"  # noqa: S608
            " WHERE outlet_id = :outlet_id AND kind = 'web_till'"
            " ORDER BY state = 'revoked', terminal_id DESC LIMIT 1"
            f"{' FOR NO KEY UPDATE' if lock else ''}"
        ),
        {"outlet_id": outlet_id},
    ).one_or_none()


def _make(connection: Connection, outlet_id: int, *, label: str, draw: Callable[[int], int]) -> int:
    today = paris_today(connection)
    limit_cents = scheme.rule_number(connection, "terminal_limit_cents", today)
    policy = scheme.rule(connection, "web_till_pin_policy", today)
    made = connection.execute(
        text(
            "INSERT INTO terminal (public_id, outlet_id, kind, label, pin_required, above_cents,"
            " limit_cents, ticket, created_at) VALUES (:public_id, :outlet_id, 'web_till', :label,"
            " :pin_required, :above_cents, :limit_cents, true, ledger_now())"
            " RETURNING terminal_id"
        ),
        {
            "public_id": make_short_code(PUBLIC_ID_LENGTH, draw),
            "outlet_id": outlet_id,
            "label": label,
            "pin_required": policy["required"],
            "above_cents": policy.get("above_cents"),
            "limit_cents": limit_cents,
        },
    )
    return int(made.scalar_one())


def _activate(connection: Connection, terminal_id: int) -> WebTill:
    """Gives a waiting terminal a key that is forgotten at once, and ends its activation codes."""
    key_hash = secret_hash(secrets.token_urlsafe(_KEY_BYTES))
    public_id = connection.execute(
        text(
            "UPDATE terminal SET state = 'active', key_hash = :key_hash,"
            " activated_at = ledger_now() WHERE terminal_id = :terminal_id AND state = 'waiting'"
            " RETURNING public_id"
        ),
        {"key_hash": key_hash, "terminal_id": terminal_id},
    ).scalar_one()
    connection.execute(
        text(
            "UPDATE activation_code SET expires_at = ledger_now() WHERE terminal_id = :terminal_id"
            " AND used_at IS NULL AND expires_at > ledger_now()"
        ),
        {"terminal_id": terminal_id},
    )
    return WebTill(terminal_id, public_id, key_hash)
