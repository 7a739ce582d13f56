"""Opens the till of a day's pass in a browser, on its day and on no other (C33, C36).

The law: looking at a pass uses nothing up; opening it ends the session it opened before, so that
one pass is one till. Unknown, ended, too early and too late are one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.domain.keys import secret_hash
from cardservice.domain.refusal import Refused
from cardservice.services.web_sessions import end_sessions, start_session


@dataclass(frozen=True, slots=True)
class DayPass:
    """A pass that opens its till today."""

    delegate_id: int
    partner_id: int
    outlet_id: int
    first_name: str
    last_name: str
    trade_name: str
    outlet_name: str
    day: date
    ceiling_cents: int


def pass_of_today(connection: Connection, secret: str) -> DayPass | Refused:
    """What a pass would open now. Refused: pass_over."""
    found = _pass(connection, secret)
    return Refused("pass_over") if found is None else found


def open_day_pass(engine: Engine, *, secret: str, browser: str) -> str | Refused:
    """The secret of the session at the till. Refused: pass_over."""
    with unit_of_work(engine) as connection:
        # The delegate's row first: two browsers that open at once queue, and the second one's
        # session is the one that stays.
        found = _pass(connection, secret, locked=True)
        if found is None:
            return Refused("pass_over")
        end_sessions(connection, delegate_id=found.delegate_id)
        session = start_session(
            connection,
            realm="partner",
            stage="open",
            browser=browser,
            delegate_id=found.delegate_id,
        )
        connection.execute(
            text("UPDATE till_pass SET opened_at = ledger_now() WHERE delegate_id = :delegate_id"),
            {"delegate_id": found.delegate_id},
        )
        note(
            connection,
            actor=f"delegate:{found.delegate_id}",
            action="day_pass.open",
            subject=f"delegate:{found.delegate_id}",
            partner_id=found.partner_id,
            outlet_id=found.outlet_id,
        )
        return session


def _pass(connection: Connection, secret: str, *, locked: bool = False) -> DayPass | None:
    if locked:
        connection.execute(
            text(
                "SELECT FROM delegate JOIN till_pass USING (delegate_id)"
                " WHERE pass_hash = :pass_hash FOR NO KEY UPDATE OF delegate"
            ),
            {"pass_hash": secret_hash(secret)},
        )
    row: Any = connection.execute(
        text(
            "SELECT d.delegate_id, d.partner_id, o.outlet_id, d.first_name, d.last_name,"
            " p.trade_name, o.name AS outlet_name, d.ends_before - 1 AS day, d.ceiling_cents"
            " FROM till_pass t JOIN delegate d USING (delegate_id)"
            " JOIN partner p USING (partner_id)"
            " JOIN delegate_outlet x USING (delegate_id)"
            " JOIN outlet o ON o.outlet_id = x.outlet_id"
            " WHERE t.pass_hash = :pass_hash AND d.state = 'active'"
            " AND d.ends_before - 1 = (ledger_now() AT TIME ZONE 'Europe/Paris')::date"
        ),
        {"pass_hash": secret_hash(secret)},
    ).one_or_none()
    return None if row is None else DayPass(**row._asdict())
