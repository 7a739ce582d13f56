"""Sends a debit's ticket by mail: the holder's copy, when the holder asks for it (C57, design §9).

The law: only a debit of this partner that was approved today, so that an old sale tells nobody a
balance; the address is kept with the mail alone and goes with it; the ticket names no youth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.db.queries.sales import sale_by_id
from cardservice.domain.calendar import format_minute
from cardservice.domain.money import format_euros
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import operation_reference
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.register import TerminalFacts
from cardservice.services.write_mail import write_mail


@dataclass(frozen=True, slots=True)
class TicketMailed:
    """The ticket of this debit is on its way."""

    operation_id: UUID


def mail_ticket(
    engine: Engine, *, terminal: TerminalFacts, operation_id: UUID, email: str
) -> TicketMailed | Refused:
    """Refused: email_malformed; operation_unknown, also of another partner's, refused or past."""
    if not email_is_plausible(email):
        return Refused("email_malformed")
    with unit_of_work(engine) as connection:
        sale = sale_by_id(connection, partner_id=terminal.partner_id, operation_id=operation_id)
        if sale is None or sale.outcome != "approved" or not sale.is_of_today:
            return Refused("operation_unknown")
        write_mail(connection, recipient=email, kind="ticket", facts=_facts(sale))
        note(
            connection,
            actor=f"terminal:{terminal.public_id}",
            action="ticket.mail",
            subject=f"operation:{operation_id}",
            partner_id=terminal.partner_id,
            outlet_id=sale.outlet_id,
            terminal_id=terminal.terminal_id,
        )
        return TicketMailed(operation_id)


def _facts(sale: Row[Any]) -> dict[str, Any]:
    cancelled = sale.cancellation_no is not None
    at = sale.cancelled_at if cancelled else sale.accepted_at
    balance = sale.balance_after_cancellation_cents if cancelled else sale.balance_after_cents
    return {
        "act": "cancellation" if cancelled else "debit",
        "trade_name": sale.trade_name,
        "outlet_name": sale.outlet_name,
        "outlet_address": sale.outlet_address,
        "terminal": f"{sale.terminal_label} · {sale.public_id}",
        "wallet": sale.wallet,
        "amount": format_euros(sale.amount_cents),
        "balance": format_euros(balance),
        "at": format_minute(at),
        "last4": sale.last4,
        "pin_checked": sale.pin_checked,
        "reference": operation_reference(sale.cancellation_no if cancelled else sale.operation_no),
        "debit_reference": operation_reference(sale.operation_no),
    }
