"""Every address of the portal: the list that the application mounts and the tests walk through."""

from __future__ import annotations

from typing import Final

from cardservice.services.acting_delegate import ActingDelegate
from cardservice.webkit.doors import PageRoute, unknown
from partner_portal.pages import (
    account,
    bank_details,
    calendar,
    day_pass,
    delegates,
    delegates_form,
    delegates_lead,
    home,
    journal,
    links,
    reimbursements,
    reimbursements_days,
    reimbursements_papers,
    second_factor,
    sign_in,
    terminals,
    terminals_phone,
    till,
    till_operation,
    till_sale,
    transactions,
    transactions_csv,
    transactions_one,
    transactions_requests,
)
from partner_portal.portal import route

_PAGES: Final[list[PageRoute[ActingDelegate]]] = [
    *sign_in.ROUTES,
    *second_factor.ROUTES,
    *links.ROUTES,
    *account.ROUTES,
    *till.ROUTES,
    *till_sale.ROUTES,
    *till_operation.ROUTES,
    *home.ROUTES,
    *transactions.ROUTES,
    *transactions_csv.ROUTES,
    *transactions_requests.ROUTES,
    *transactions_one.ROUTES,
    *reimbursements_days.ROUTES,
    *reimbursements_papers.ROUTES,
    *reimbursements.ROUTES,
    *calendar.ROUTES,
    *delegates.ROUTES,
    *delegates_form.ROUTES,
    *delegates_lead.ROUTES,
    *day_pass.ROUTES,
    *journal.ROUTES,
    *terminals.ROUTES,
    *terminals_phone.ROUTES,
    *bank_details.ROUTES,
]

# Last: whatever else is asked for under the portal's prefix is answered in its own frame.
_NOWHERE: Final = [route("GET", "/{rest:path}", unknown, roles=None)]

ROUTES: Final = [*_PAGES, *_NOWHERE]
