"""Makes the activation code of a terminal, new or waiting (C43 to C48).

The law: a terminal belongs to an outlet and starts as `waiting`; one code at a time lives, for
`activation_code_hours`, and is stored as a digest. An active terminal gets no code: it is revoked
and a new one takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.db.queries.partners import (
    locked_partner_named,
    outlet_named,
    outlet_numbered,
    outlet_of_terminal,
)
from cardservice.db.tables.partners import TERMINAL_KINDS
from cardservice.domain.debit import PIN_POLICIES
from cardservice.domain.keys import secret_hash
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import fold_short_code, make_short_code

# Random characters; each code has one check character more.
ACTIVATION_CODE_LENGTH: Final = 10
PUBLIC_ID_LENGTH: Final = 7
LONGEST_LABEL: Final = 60


@dataclass(frozen=True, slots=True)
class NewTerminal:
    """A terminal to be: at which outlet (by name, or by `outlet_id` where a page offers them; the
    partner's only one when neither is given), with which settings.

    `limit_cents` None is the scheme's limit of the day; `above_cents` goes with `above` alone.
    """

    partner_name: str
    kind: str
    label: str
    pin_required: str
    outlet_name: str | None = None
    outlet_id: int | None = None
    above_cents: int | None = None
    limit_cents: int | None = None
    ticket: bool = False

    def __post_init__(self) -> None:
        assert self.kind in TERMINAL_KINDS, "counters offer the kinds"
        assert self.pin_required in PIN_POLICIES, "counters offer the policies"


@dataclass(frozen=True, slots=True)
class TerminalCode:
    """The code, told once, of a waiting terminal."""

    terminal_id: str
    activation_code: str = field(repr=False)
    expires_at: datetime


def make_terminal_code(
    engine: Engine, terminal: NewTerminal | str, *, draw: Callable[[int], int], actor: str
) -> TerminalCode | Refused:
    """Makes `terminal` and its code, or a fresh code for the waiting terminal of that public id.

    Refused, new: partner_unknown, partner_ambiguous, outlet_unknown, outlet_ambiguous,
    outlet_has_web_till, terminal_label_malformed, terminal_limit_out_of_range,
    terminal_pin_policy_unclear. Waiting: terminal_unknown, terminal_not_waiting,
    terminal_revoked.
    """
    with unit_of_work(engine) as connection:
        return terminal_code_in(connection, terminal, draw=draw, actor=actor)


def terminal_code_in(
    connection: Connection,
    terminal: NewTerminal | str,
    *,
    draw: Callable[[int], int],
    actor: str,
) -> TerminalCode | Refused:
    """The same within a verb that decides something else too, under the partner's lock."""
    if isinstance(terminal, str):
        known = _waiting_terminal(connection, terminal)
    else:
        known = _make_terminal(connection, terminal, draw)
    if isinstance(known, Refused):
        return known
    terminal_id, public_id = known
    code = make_short_code(ACTIVATION_CODE_LENGTH, draw)
    expires_at = _store_code(connection, terminal_id, code)
    outlet = outlet_of_terminal(connection, terminal_id)
    note(
        connection,
        actor=actor,
        action="terminal.code",
        subject=f"terminal:{public_id}",
        partner_id=outlet.partner_id,
        outlet_id=outlet.outlet_id,
        terminal_id=terminal_id,
    )
    return TerminalCode(public_id, code, expires_at)


def _waiting_terminal(connection: Connection, name: str) -> tuple[int, str] | Refused:
    public_id = fold_short_code(name, PUBLIC_ID_LENGTH)
    found = connection.execute(
        text(
            "SELECT terminal_id, public_id, state FROM terminal"
            " WHERE public_id = :public_id FOR NO KEY UPDATE"
        ),
        {"public_id": public_id},
    ).one_or_none()
    if found is None:
        return Refused("terminal_unknown")
    if found.state != "waiting":
        return Refused("terminal_not_waiting" if found.state == "active" else "terminal_revoked")
    return found.terminal_id, found.public_id


def _make_terminal(
    connection: Connection, new: NewTerminal, draw: Callable[[int], int]
) -> tuple[int, str] | Refused:
    today = paris_today(connection)
    limit_cents = new.limit_cents
    if limit_cents is None:
        limit_cents = scheme.rule_number(connection, "terminal_limit_cents", today)
    if not label_is_fit(new.label):
        return Refused("terminal_label_malformed")
    refused = settings_refusal(
        connection,
        pin_required=new.pin_required,
        above_cents=new.above_cents,
        limit_cents=limit_cents,
        today=today,
    )
    if refused is not None:
        return refused
    # The partner's row is locked: two web tills of one outlet are made one after the other.
    partner = locked_partner_named(connection, new.partner_name)
    if isinstance(partner, Refused):
        return partner
    if new.outlet_id is None:
        outlet = outlet_named(connection, partner.partner_id, new.outlet_name)
    else:
        outlet = outlet_numbered(connection, partner.partner_id, new.outlet_id)
    if isinstance(outlet, Refused):
        return outlet
    if new.kind == "web_till" and _has_web_till(connection, outlet.outlet_id):
        return Refused("outlet_has_web_till")
    public_id = make_short_code(PUBLIC_ID_LENGTH, draw)
    made = connection.execute(
        text(
            "INSERT INTO terminal (public_id, outlet_id, kind, label, pin_required, above_cents,"
            " limit_cents, ticket, created_at) VALUES (:public_id, :outlet_id, :kind, :label,"
            " :pin_required, :above_cents, :limit_cents, :ticket, ledger_now())"
            " RETURNING terminal_id"
        ),
        {
            "public_id": public_id,
            "outlet_id": outlet.outlet_id,
            "kind": new.kind,
            "label": new.label.strip(),
            "pin_required": new.pin_required,
            "above_cents": new.above_cents,
            "limit_cents": limit_cents,
            "ticket": new.ticket,
        },
    )
    return int(made.scalar_one()), public_id


def settings_refusal(
    connection: Connection,
    *,
    pin_required: str,
    above_cents: int | None,
    limit_cents: int,
    today: date,
) -> Refused | None:
    """Why a terminal cannot ask for this: terminal_limit_out_of_range,
    terminal_pin_policy_unclear."""
    most = scheme.rule_number(connection, "max_amount_cents", today)
    if not 0 < limit_cents <= most:
        return Refused("terminal_limit_out_of_range", {"most_cents": most})
    has_amount = above_cents is not None and 0 <= above_cents <= most
    if (pin_required == "above") != has_amount or (above_cents is not None) != has_amount:
        return Refused("terminal_pin_policy_unclear")
    return None


def label_is_fit(label: str) -> bool:
    """Whether a terminal can be called this: 1 to 60 visible characters."""
    return 1 <= len(label.strip()) <= LONGEST_LABEL and label.isprintable()


def _has_web_till(connection: Connection, outlet_id: int) -> bool:
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM terminal WHERE outlet_id = :outlet_id"
            " AND kind = 'web_till' AND state <> 'revoked')"
        ),
        {"outlet_id": outlet_id},
    )
    return bool(found.scalar_one())


def _store_code(connection: Connection, terminal_id: int, code: str) -> datetime:
    hours = scheme.rule_number(connection, "activation_code_hours", paris_today(connection))
    connection.execute(
        text(
            "UPDATE activation_code SET expires_at = ledger_now()"
            " WHERE terminal_id = :terminal_id AND used_at IS NULL AND expires_at > ledger_now()"
        ),
        {"terminal_id": terminal_id},
    )
    stored = connection.execute(
        text(
            "INSERT INTO activation_code (code_hash, terminal_id, expires_at)"
            " VALUES (:code_hash, :terminal_id, ledger_now() + make_interval(hours => :hours))"
            " RETURNING expires_at"
        ),
        {"code_hash": secret_hash(code), "terminal_id": terminal_id, "hours": hours},
    )
    expires_at: datetime = stored.scalar_one()
    return expires_at
