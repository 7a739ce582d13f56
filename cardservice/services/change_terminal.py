"""Changes what a terminal asks for and how much it may debit (C50, C52, C58).

The law: the département sets PIN policy and limit, per terminal; the next sale is judged by them,
because the register has moved.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import fold_short_code
from cardservice.services.make_terminal_code import PUBLIC_ID_LENGTH, settings_refusal


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """What a terminal is told in `GET /me`; `above_cents` goes with `above` alone."""

    pin_required: str
    above_cents: int | None
    limit_cents: int
    ticket: bool


@dataclass(frozen=True, slots=True)
class SettingsWanted:
    """What is to change; None leaves it as it is. `above_cents` goes with a `pin_required`."""

    pin_required: str | None = None
    above_cents: int | None = None
    limit_cents: int | None = None
    ticket: bool | None = None


def change_terminal(
    engine: Engine, *, terminal_id: str, wanted: SettingsWanted, actor: str
) -> TerminalSettings | Refused:
    """The settings as they are from now on.

    Refused: terminal_unknown, terminal_revoked, terminal_limit_out_of_range,
    terminal_pin_policy_unclear.
    """
    with unit_of_work(engine) as connection:
        found = connection.execute(
            text(
                "SELECT t.*, o.partner_id FROM terminal t JOIN outlet o USING (outlet_id)"
                " WHERE t.public_id = :public_id FOR NO KEY UPDATE OF t"
            ),
            {"public_id": fold_short_code(terminal_id, PUBLIC_ID_LENGTH)},
        ).one_or_none()
        if found is None:
            return Refused("terminal_unknown")
        if found.state == "revoked":
            return Refused("terminal_revoked")
        if wanted.pin_required is None and wanted.above_cents is not None:
            return Refused("terminal_pin_policy_unclear")
        asks_anew = wanted.pin_required is not None
        settings = TerminalSettings(
            pin_required=wanted.pin_required or found.pin_required,
            above_cents=wanted.above_cents if asks_anew else found.above_cents,
            limit_cents=found.limit_cents if wanted.limit_cents is None else wanted.limit_cents,
            ticket=found.ticket if wanted.ticket is None else wanted.ticket,
        )
        refused = settings_refusal(
            connection,
            pin_required=settings.pin_required,
            above_cents=settings.above_cents,
            limit_cents=settings.limit_cents,
            today=paris_today(connection),
        )
        if refused is not None:
            return refused
        _store(connection, found.terminal_id, settings)
        note(
            connection,
            actor=actor,
            action="terminal.settings",
            subject=f"terminal:{found.public_id}",
            detail=f"pin={settings.pin_required} limit={settings.limit_cents}",
            partner_id=found.partner_id,
            outlet_id=found.outlet_id,
            terminal_id=found.terminal_id,
        )
        return settings


def _store(connection: Connection, terminal_id: int, settings: TerminalSettings) -> None:
    connection.execute(
        text(
            "UPDATE terminal SET pin_required = :pin_required, above_cents = :above_cents,"
            " limit_cents = :limit_cents, ticket = :ticket WHERE terminal_id = :terminal_id"
        ),
        {"terminal_id": terminal_id, **asdict(settings)},
    )
