"""Lends a terminal to its partner, and takes it back (C44, C45, C50).

The law: the département lends things, each with a serial number of its own that is in one place at
a time. Lending and returning move no key: what comes back is also revoked, what is lost too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import fold_short_code
from cardservice.services.make_terminal_code import PUBLIC_ID_LENGTH

_SERIAL: Final = re.compile(r"[0-9A-Z][0-9A-Z.-]{2,39}")
# Any constant: two terminals that are lent under one number queue for the same answer.
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended(:serial, 13))"


@dataclass(frozen=True, slots=True)
class TerminalLent:
    """The public id of a terminal and the number of the thing that was lent or came back."""

    terminal_id: str
    serial: str


def lend_terminal(
    engine: Engine, *, terminal_id: str, serial: str, actor: str
) -> TerminalLent | Refused:
    """From today, under this serial number (case and spaces at its ends do not count).

    Refused: terminal_unknown, terminal_revoked, terminal_not_lendable, terminal_lent_already,
    terminal_serial_malformed, terminal_serial_taken.
    """
    serial = serial.strip().upper()
    if _SERIAL.fullmatch(serial) is None:
        return Refused("terminal_serial_malformed")
    with unit_of_work(engine) as connection:
        connection.execute(text(_ONE_AT_A_TIME), {"serial": serial})
        found = _locked(connection, terminal_id)
        if found is None:
            return Refused("terminal_unknown")
        if found.state == "revoked":
            return Refused("terminal_revoked")
        if found.kind == "web_till":
            return Refused("terminal_not_lendable")
        if found.lent_on is not None and found.returned_on is None:
            return Refused("terminal_lent_already")
        if _is_out(connection, serial):
            return Refused("terminal_serial_taken")
        connection.execute(
            text(
                "UPDATE terminal SET serial = :serial, lent_on = :today, returned_on = NULL"
                " WHERE terminal_id = :terminal_id"
            ),
            {
                "serial": serial,
                "today": paris_today(connection),
                "terminal_id": found.terminal_id,
            },
        )
        _note(connection, found, action="terminal.lend", serial=serial, actor=actor)
        return TerminalLent(found.public_id, serial)


def return_terminal(engine: Engine, *, terminal_id: str, actor: str) -> TerminalLent | Refused:
    """Back today, revoked or not. Refused: terminal_unknown, terminal_not_lent."""
    with unit_of_work(engine) as connection:
        found = _locked(connection, terminal_id)
        if found is None:
            return Refused("terminal_unknown")
        if found.lent_on is None or found.returned_on is not None:
            return Refused("terminal_not_lent")
        connection.execute(
            text("UPDATE terminal SET returned_on = :today WHERE terminal_id = :terminal_id"),
            {"today": paris_today(connection), "terminal_id": found.terminal_id},
        )
        _note(connection, found, action="terminal.return", serial=found.serial, actor=actor)
        return TerminalLent(found.public_id, found.serial)


def _locked(connection: Connection, terminal_id: str) -> Row[Any] | None:
    return connection.execute(
        text(
            "SELECT t.terminal_id, t.public_id, t.kind, t.state, t.serial, t.lent_on,"
            " t.returned_on, o.outlet_id, o.partner_id"
            " FROM terminal t JOIN outlet o USING (outlet_id)"
            " WHERE t.public_id = :public_id FOR NO KEY UPDATE OF t"
        ),
        {"public_id": fold_short_code(terminal_id, PUBLIC_ID_LENGTH)},
    ).one_or_none()


def _is_out(connection: Connection, serial: str) -> bool:
    found = connection.execute(
        text("SELECT EXISTS (SELECT FROM terminal WHERE serial = :serial AND returned_on IS NULL)"),
        {"serial": serial},
    )
    return bool(found.scalar_one())


def _note(connection: Connection, found: Row[Any], *, action: str, serial: str, actor: str) -> None:
    note(
        connection,
        actor=actor,
        action=action,
        subject=f"terminal:{found.public_id}",
        # The row knows the loan of today; who had the thing before is told here.
        detail=serial,
        partner_id=found.partner_id,
        outlet_id=found.outlet_id,
        terminal_id=found.terminal_id,
    )
