"""« Régularisations »: what partners ask after the day of a debit, and what was given back (C62).

The law: what waits longest stands first. Of a youth nobody sees more here than the last four of
the card.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.regularisation_inbox import CASE_STATES, case_of, cases, cases_by_state
from cardservice.domain.calendar import paris_day
from cardservice.webkit.leafing import page_asked, page_count
from department_desk.portal import ADMINISTRATOR, HOTLINE, PREFIX, AgentVisit, route

INBOX: Final = f"{PREFIX}/regularisations"
DECIDERS: Final = HOTLINE | ADMINISTRATOR
_PER_PAGE: Final = 30
_LONGEST_REFERENCE: Final = 40


def show(visit: AgentVisit) -> Response:
    """The inbox; a typed reference leads to its debit."""
    typed = visit.query.text("reference")[:_LONGEST_REFERENCE]
    asked = visit.query.text("etat")
    state = asked if asked in CASE_STATES else None
    with unit_of_work(visit.office.engine) as connection:
        found = case_of(connection, typed) if typed else None
        if found is not None:
            return visit.go(f"{INBOX}/{found.reference}")
        counts = cases_by_state(connection)
        rows = sum(counts.values()) if state is None else counts[state]
        last = page_count(rows, per_page=_PER_PAGE)
        page = page_asked(visit.query, last=last)
        shown = cases(connection, state=state, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
        today = paris_day(ledger_instant(connection))
    return visit.page(
        "regularisations/inbox.html",
        cases=shown,
        ages={
            case.operation_no: (today - paris_day(case.asked_at)).days
            for case in shown
            if case.asked_at is not None
        },
        counts=counts,
        state=state or "",
        typed=typed,
        page=page,
        last=last,
    )


ROUTES: Final = [route("GET", "/regularisations", show, roles=DECIDERS)]
