"""`/remboursements`: what is coming, what was paid, and each remittance to its last line (C63-C67).

The law: figures are the run's own, so that they equal the papers to the cent; « Payé » is said when
the run says so. Another partner's remittance is answered like an unknown one.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.reimbursements import (
    PartnerRemittance,
    count_of_remittances,
    lines_of,
    remittance_named,
    remittances_of,
    steps_of,
    totals_of_lines,
)
from cardservice.domain.short_code import operation_reference
from cardservice.services.acting_delegate import MONEY_ROLES
from cardservice.services.calendar_feed import calendar_feed
from cardservice.webkit.doors import unknown
from cardservice.webkit.leafing import page_asked, page_count
from clearing.bank.message import NOT_SPECIFIED
from clearing.bank.reasons import reason_of
from clearing.partner_view import HOLDABLE, due_on_of, is_held, payments_of
from clearing.run.papers import remittance_number
from partner_portal.portal import PREFIX, PartnerVisit, route

_PER_PAGE: Final = 24
_LINES_PER_PAGE: Final = 100
_COMING: Final = 3


def show(visit: PartnerVisit) -> Response:
    """The fortnight so far, the next dates, every remittance."""
    person, office = visit.signed_in, visit.office
    with unit_of_work(office.engine) as connection:
        payments = payments_of(connection, person.partner_id, coming=_COMING)
        count = count_of_remittances(connection, person.partner_id)
        last = page_count(count, per_page=_PER_PAGE)
        page = page_asked(visit.query, last=last)
        remittances = remittances_of(
            connection, person.partner_id, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE
        )
        due = {one.remittance_id: due_on_of(connection, one) for one in remittances}
    going_on = [payment for payment in payments if payment.state == "open"]
    feed = calendar_feed(office.engine, office.keys, partner_id=person.partner_id)
    return visit.page(
        "reimbursements/list.html",
        current=going_on[0],
        coming=going_on[1 : 1 + _COMING],
        awaited=[payment for payment in payments if payment.is_awaited],
        held=[payment for payment in payments if payment.is_held and payment.amount_cents],
        remittances=remittances,
        due=due,
        page=page,
        last=last,
        name_of=name_of,
        feed_address=f"{visit.origin}{PREFIX}/calendrier/{feed}.ics",
    )


def show_one(visit: PartnerVisit) -> Response:
    """A remittance: what it adds up to, where it stands, its lines and papers."""
    name = visit.request.path_params["name"]
    with unit_of_work(visit.office.engine) as connection:
        remittance = remittance_named(connection, visit.signed_in.partner_id, name)
        if remittance is None:
            return unknown(visit)
        totals = totals_of_lines(connection, remittance.remittance_id)
        count = sum(total.count for total in totals)
        last = page_count(count, per_page=_LINES_PER_PAGE)
        page = page_asked(visit.query, last=last)
        lines = lines_of(
            connection,
            remittance.remittance_id,
            limit=_LINES_PER_PAGE,
            offset=(page - 1) * _LINES_PER_PAGE,
        )
        steps = steps_of(connection, remittance.run_id)
        due_on = due_on_of(connection, remittance)
        held = is_held(connection, visit.signed_in.partner_id)
    reason = reason_of(remittance.reason_code or NOT_SPECIFIED)
    by_file = remittance.let_go_by == "file"
    return visit.page(
        "reimbursements/one.html",
        remittance=remittance,
        label=name_of(remittance),
        totals=totals,
        count=count,
        lines=lines,
        steps=steps,
        due_on=due_on,
        is_held=held and remittance.run_state in HOLDABLE,
        reason=reason,
        by_file=by_file,
        asks_account=reason.account and remittance.state == "returned" and not by_file,
        again=_again(remittance),
        page=page,
        last=last,
        reference_of=operation_reference,
    )


def name_of(remittance: PartnerRemittance) -> str:
    """What a remittance's address calls it: its number, or its fortnight before it has one."""
    if remittance.number is None or remittance.number_year is None:
        return remittance.period_key
    return remittance_number(remittance.number_year, remittance.number)


def _again(remittance: PartnerRemittance) -> str | None:
    """The number of the remittance that presents this one again, once it has one."""
    if remittance.again_number is None or remittance.again_year is None:
        return None
    return remittance_number(remittance.again_year, remittance.again_number)


ROUTES = [
    route("GET", "/remboursements", show, roles=MONEY_ROLES),
    route("GET", "/remboursements/{name}", show_one, roles=MONEY_ROLES),
]
