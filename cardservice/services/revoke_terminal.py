"""Revokes a terminal: lost, stolen, given back (C48). The law: its key is dead from the commit on.

The digest of the key stays, so that the terminal is told `terminal_revoked` and not "unknown".
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import fold_short_code
from cardservice.services.make_terminal_code import PUBLIC_ID_LENGTH


@dataclass(frozen=True, slots=True)
class TerminalRevoked:
    """The public id of a terminal that is out of service."""

    terminal_id: str


def revoke_terminal(engine: Engine, *, terminal_id: str, actor: str) -> TerminalRevoked | Refused:
    """`terminal_id` is the public id. Refused: terminal_unknown, terminal_revoked (before)."""
    public_id = fold_short_code(terminal_id, PUBLIC_ID_LENGTH)
    with unit_of_work(engine) as connection:
        found = connection.execute(
            text(
                "SELECT t.state, t.terminal_id, o.outlet_id, o.partner_id"
                " FROM terminal t JOIN outlet o USING (outlet_id)"
                " WHERE t.public_id = :public_id FOR NO KEY UPDATE OF t"
            ),
            {"public_id": public_id},
        ).one_or_none()
        if found is None:
            return Refused("terminal_unknown")
        if found.state == "revoked":
            return Refused("terminal_revoked")
        connection.execute(
            text(
                "UPDATE terminal SET state = 'revoked', revoked_at = ledger_now()"
                " WHERE public_id = :public_id"
            ),
            {"public_id": public_id},
        )
        note(
            connection,
            actor=actor,
            action="terminal.revoke",
            subject=f"terminal:{public_id}",
            partner_id=found.partner_id,
            outlet_id=found.outlet_id,
            terminal_id=found.terminal_id,
        )
        assert public_id is not None, "a row was found under it"
        return TerminalRevoked(public_id)
