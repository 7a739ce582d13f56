"""`/partenaire`: what is due and when, what needs an eye, what today brought.

The law: money is shown to those who follow it; a cashier sees the day of their own outlets, an
editor neither. Nothing here is decided, every line leads to the page that can.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.partner_day import (
    ENDS_SOON,
    facts_of,
    totals_by_delegate,
    unused_terminals,
)
from cardservice.db.queries.transactions import Wanted, page_of, totals_of
from cardservice.services.acting_delegate import LEAD, MONEY_ROLES, PERSONAL, TILL_ROLES
from clearing.partner_view import due_days, payments_of
from partner_portal.pages.transactions import number_of
from partner_portal.pages.transactions_asked import scope_of
from partner_portal.portal import PartnerVisit, route

_LAST_LINES = 5


def show(visit: PartnerVisit) -> Response:
    """One page, different for each role."""
    role = visit.signed_in.role
    with unit_of_work(visit.office.engine) as connection:
        facts: dict[str, Any] = {"today": day_now(connection), "at": ledger_instant(connection)}
        if role in TILL_ROLES | MONEY_ROLES:
            facts |= _day(connection, visit)
        if role in MONEY_ROLES:
            facts |= _money(connection, visit)
        if role in LEAD:
            facts |= {
                "unused": unused_terminals(connection, visit.signed_in.partner_id, facts["today"])
            }
    name = "money" if role in MONEY_ROLES else "till" if role in TILL_ROLES else "editor"
    return visit.page(f"home/{name}.html", **facts)


def _day(connection: Connection, visit: PartnerVisit) -> dict[str, Any]:
    today = day_now(connection)
    scope, wanted = scope_of(visit.signed_in, today), Wanted(today, today)
    lines = page_of(connection, scope, wanted, limit=_LAST_LINES)
    return {
        "totals": totals_of(connection, scope, wanted),
        "lines": lines,
        "due": due_days(connection, lines),
        "number_of": number_of,
    }


def _money(connection: Connection, visit: PartnerVisit) -> dict[str, Any]:
    person, today = visit.signed_in, day_now(connection)
    payments = payments_of(connection, person.partner_id, past=6, coming=0)
    current = next(payment for payment in payments if payment.state == "open")
    facts = facts_of(connection, person.partner_id, today)
    ends_before = facts.agreement_ends_before
    return {
        "current": current,
        "awaited": [payment for payment in payments if payment.is_awaited],
        "facts": facts,
        "ends_soon": ends_before is not None and today < ends_before <= today + ENDS_SOON,
        "by_delegate": totals_by_delegate(connection, person.partner_id, today),
    }


ROUTES = [route("GET", "", show, roles=PERSONAL)]
