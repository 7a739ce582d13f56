"""`/transactions/demandes`: « Mes demandes », what was asked of the hotline and what became of it.

The law: a file is shown to whoever may see its debit; nothing of it can be changed here.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.regularisation_files import count_of_files, files_of
from cardservice.domain.short_code import operation_reference
from cardservice.services.acting_delegate import PERSONAL
from cardservice.webkit.leafing import page_asked, page_count
from partner_portal.pages.transactions import ROLES
from partner_portal.pages.transactions_asked import scope_of
from partner_portal.portal import PartnerVisit, route

_PER_PAGE: Final = 30


def show(visit: PartnerVisit) -> Response:
    """The files of the delegate's outlets, the latest first."""
    with unit_of_work(visit.office.engine) as connection:
        scope = scope_of(visit.signed_in, day_now(connection))
        last = page_count(count_of_files(connection, scope), per_page=_PER_PAGE)
        page = page_asked(visit.query, last=last)
        files = files_of(connection, scope, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
    return visit.page(
        "transactions/requests.html",
        files=files,
        page=page,
        last=last,
        reference_of=operation_reference,
    )


ROUTES = [route("GET", "/transactions/demandes", show, roles=ROLES & PERSONAL)]
