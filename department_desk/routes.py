"""Every address of the desk: the list that the application mounts and the tests walk through."""

from __future__ import annotations

from typing import Final

from cardservice.db.queries.agents import Agent
from cardservice.webkit.doors import PageRoute, unknown
from department_desk.pages import (
    account,
    accounts,
    bank,
    bank_answers,
    budgets,
    debits,
    fortnights,
    home,
    partners,
    proof,
    proofs,
    regularisation_case,
    regularisations,
    remittance,
    run,
    run_documents,
    run_steps,
    sessions,
    sign_in,
)
from department_desk.portal import route

_PAGES: Final[list[PageRoute[Agent]]] = [
    *sign_in.ROUTES,
    *account.ROUTES,
    *home.ROUTES,
    *fortnights.ROUTES,
    *run_documents.ROUTES,
    *run_steps.ROUTES,
    *proof.ROUTES,
    *remittance.ROUTES,
    *run.ROUTES,
    *bank.ROUTES,
    *bank_answers.ROUTES,
    *partners.ROUTES,
    *debits.ROUTES,
    *regularisations.ROUTES,
    *regularisation_case.ROUTES,
    *proofs.ROUTES,
    *accounts.ROUTES,
    *budgets.ROUTES,
    *sessions.ROUTES,
]

# Last: whatever else is asked for under the desk's prefix is answered in its own frame.
_NOWHERE: Final = [route("GET", "/{rest:path}", unknown, roles=None)]

ROUTES: Final = [*_PAGES, *_NOWHERE]
