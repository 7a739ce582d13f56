"""`/transactions`: today's debits and those of before, filtered, with their totals (C60, C63, C65).

The law: what is counted is what is listed; refused and cancelled debits are shown and count for
nothing. No balance, and of the card its last four.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.transaction_choices import Choices, choices_of
from cardservice.db.queries.transactions import Transaction, page_of, totals_of
from cardservice.domain.operation import WALLETS
from cardservice.services.acting_delegate import MONEY_ROLES, TILL_ROLES
from cardservice.webkit.leafing import page_asked, page_count
from clearing.partner_view import due_days
from clearing.run.papers import remittance_number
from partner_portal.pages.transactions_asked import Asked, asked_in
from partner_portal.portal import PAGES, PartnerVisit, route

PER_PAGE: Final = 50
ROLES: Final = TILL_ROLES | MONEY_ROLES

Options = dict[str, list[tuple[int | str, str]]]


def show(visit: PartnerVisit) -> Response:
    """A page of transactions, newest first."""
    with unit_of_work(visit.office.engine) as connection:
        asked = asked_in(connection, visit.signed_in, visit.query)
        totals = totals_of(connection, asked.scope, asked.wanted)
        count = sum(total.lines for total in totals)
        last = page_count(count, per_page=PER_PAGE)
        page = page_asked(visit.query, last=last)
        lines = page_of(
            connection,
            asked.scope,
            asked.wanted,
            limit=PER_PAGE,
            offset=(page - 1) * PER_PAGE,
        )
        due = due_days(connection, lines)
        choices = choices_of(connection, asked.scope)
    filters = _filters(asked)
    return visit.page(
        "transactions/list.html",
        form=asked.shown,
        asked=asked,
        lines=lines,
        due=due,
        totals=totals,
        count=count,
        page=page,
        last=last,
        options=_options(choices),
        number_of=number_of,
        address=f"{visit.request.url.path}?{filters}{'&' if filters else ''}",
        csv_address=f"{visit.request.url.path}.csv{'?' if filters else ''}{filters}",
    )


def number_of(line: Transaction) -> str:
    """The number of the remittance a transaction stands on; empty before it has one."""
    if line.number is None or line.number_year is None:
        return ""
    return remittance_number(line.number_year, line.number)


def paying_number_of(line: Transaction) -> str:
    """The number of the remittance it is paid with, another one when it is presented again."""
    if line.paying_number is None or line.paying_year is None:
        return ""
    return remittance_number(line.paying_year, line.paying_number)


def _filters(asked: Asked) -> str:
    return urlencode({name: value for name, value in asked.shown.values.items() if value})


def _options(choices: Choices) -> Options:
    """What each filter offers, its first choice being no filter."""
    every = PAGES.texts["filters"]
    return {
        "point_de_vente": [("", every["outlets"]), *choices.outlets],
        "delegue": [("", every["delegates"]), *choices.delegates],
        "terminal": [("", every["terminals"]), *choices.terminals],
        "porte_monnaie": [
            ("", every["wallets"]),
            *((wallet, PAGES.texts["wallets"][wallet]) for wallet in WALLETS),
        ],
        "etat": [("", every["states"]), *PAGES.texts["state_groups"].items()],
    }


ROUTES = [route("GET", "/transactions", show, roles=ROLES)]
