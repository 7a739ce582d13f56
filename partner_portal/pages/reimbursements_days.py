"""`/remboursements/telecollectes`: each closed day of the partner, as its seal covers it (C69).

The law: only closed and sealed days are shown, with the figures of the close, never recomputed.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.reimbursements import closed_days
from cardservice.db.queries.transactions import days_between, first_day
from cardservice.domain.operation import WALLETS
from cardservice.services.acting_delegate import MONEY_ROLES
from cardservice.services.show_day_close import show_day_close
from cardservice.webkit.doors import unknown
from partner_portal.portal import PartnerVisit, route

_MONTH: Final = re.compile("(2[0-9]{3})-(0[1-9]|1[0-2])")


def show(visit: PartnerVisit) -> Response:
    """The closed days of a month, the latest first."""
    with unit_of_work(visit.office.engine) as connection:
        today = day_now(connection)
        first = _month_asked(visit.query.text("mois")) or today.replace(day=1)
        days = closed_days(
            connection,
            visit.signed_in.partner_id,
            days_between(first, _next_month(first) - timedelta(days=1)),
        )
        oldest = (first_day(connection) or today).replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    after = _next_month(first)
    return visit.page(
        "reimbursements/days.html",
        month=first,
        days=days,
        by_wallet={wallet: sum(day.by_wallet.get(wallet, 0) for day in days) for wallet in WALLETS},
        before=before if before >= oldest else None,
        after=after if after <= today else None,
    )


def show_one(visit: PartnerVisit) -> Response:
    """One closed day: its totals, its seal."""
    day = _day(visit.request.path_params["day"])
    close = None
    if day is not None:
        close = show_day_close(visit.office.engine, partner_id=visit.signed_in.partner_id, day=day)
    if close is None:
        return unknown(visit)
    return visit.page("reimbursements/day.html", close=close)


def _month_asked(text: str) -> date | None:
    found = _MONTH.fullmatch(text)
    return date(int(found[1]), int(found[2]), 1) if found else None


def _next_month(first: date) -> date:
    # The 28th is in every month; four days later it is over.
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


ROUTES = [
    route("GET", "/remboursements/telecollectes", show, roles=MONEY_ROLES),
    route("GET", "/remboursements/telecollectes/{day}", show_one, roles=MONEY_ROLES),
]
