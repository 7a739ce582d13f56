"""Compares a terminal's own figures of a closed day with the ledger's (télécollecte, C69)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.debits import totals_of_day
from cardservice.services.register import TerminalFacts


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that differs: `count` or `amount_cents`."""

    field: str
    terminal: int
    server: int


def compare_day_close(
    engine: Engine, *, terminal: TerminalFacts, day: date, count: int, amount_cents: int
) -> tuple[Difference, ...] | None:
    """What differs between the terminal's approved debits that were not cancelled and what it
    says, nothing when they agree; None while the day is open or unknown."""
    with unit_of_work(engine) as connection:
        is_sealed = connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM day_block b JOIN day_close c USING (business_day)"
                " WHERE b.business_day = :day AND b.seal IS NOT NULL"
                " AND c.partner_id = :partner_id)"
            ),
            {"day": day, "partner_id": terminal.partner_id},
        ).scalar_one()
        if not is_sealed:
            return None
        totals = totals_of_day(
            connection,
            partner_id=terminal.partner_id,
            day=day,
            terminal_id=terminal.terminal_id,
        )
    # A row is a tuple, which has a method of the name `count`: asked as a column.
    figures = (
        Difference("count", count, sum(total._mapping["count"] for total in totals)),
        Difference("amount_cents", amount_cents, sum(total.amount_cents for total in totals)),
    )
    return tuple(figure for figure in figures if figure.terminal != figure.server)
