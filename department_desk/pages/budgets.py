"""« Budgets »: what a school year may grant, what became of it, and where it will end (C10, C22).

The law: figures are read at this moment (services/show_budget.py); a drawing says nothing that its
table does not say.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.budgets import budgets_set, school_years_with_money
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.scheme import school_year_numbered
from cardservice.domain.calendar import school_year_containing
from cardservice.domain.money import decimal_comma, parse_euros
from cardservice.domain.operation import WALLETS
from cardservice.domain.refusal import Refused
from cardservice.services.set_budget import WantedBudget, set_budget
from cardservice.services.show_budget import BudgetShown, show_budget
from cardservice.webkit.doors import unknown
from cardservice.webkit.forms import Shown
from department_desk.budget_plot import months_of, plot_of
from department_desk.portal import ADMINISTRATOR, APPROVER, PREFIX, READERS, AgentVisit, route

_BUDGETS: Final = f"{PREFIX}/budgets"
SETTERS: Final = APPROVER | ADMINISTRATOR
_FIELD_OF: Final = {
    "amount_unclear": "montant",
    "budget_out_of_range": "montant",
    "reason_malformed": "motif",
}


def show(visit: AgentVisit) -> Response:
    """A school year, wallet by wallet."""
    with unit_of_work(visit.office.engine) as connection:
        year = _year_asked(visit, connection)
        shown = show_budget(connection, year)
        if shown is None:
            return unknown(visit)
        years = sorted({*school_years_with_money(connection), year}, reverse=True)
        history = budgets_set(connection, year)
    return visit.page(
        "budgets/budgets.html",
        year=year,
        years=years,
        shown=shown,
        plots={one.figures.wallet: plot_of(one) for one in shown},
        months={one.figures.wallet: months_of(one) for one in shown},
        history=history,
        may_set=visit.signed_in.role in SETTERS,
    )


def ask_amount(visit: AgentVisit) -> Response:
    """The form, beside what was granted."""
    one = _budget_named(visit)
    if one is None:
        return unknown(visit)
    budget_cents = one.figures.budget_cents
    form = Shown({} if budget_cents is None else {"montant": decimal_comma(budget_cents)})
    return visit.page("budgets/set.html", form=form, **_about(one))


def set_amount(visit: AgentVisit) -> Response:
    """Sets it; one below what was granted is confirmed first."""
    one = _budget_named(visit)
    if one is None:
        return unknown(visit)
    amount_cents = parse_euros(visit.form.text("montant"))
    if amount_cents is None:
        return _again(visit, one, Refused("amount_unclear"))
    if amount_cents < one.figures.granted_cents and not visit.form.checked("confirme"):
        errors = {"confirme": visit.portal.pages.texts["budgets"]["below_granted"]}
        return visit.refused_form("budgets/set.html", errors, **_about(one, is_below=True))
    wanted = WantedBudget(
        one.year.school_year, one.figures.wallet, amount_cents, visit.form.text("motif")
    )
    done = set_budget(visit.office.engine, wanted, by=visit.signed_in.email)
    if isinstance(done, Refused):
        return _again(visit, one, done)
    return visit.go(_BUDGETS, said="budget_set", annee=str(one.year.school_year))


def _again(visit: AgentVisit, one: BudgetShown, refused: Refused) -> Response:
    field = _FIELD_OF.get(refused.code, "")
    return visit.refused_form("budgets/set.html", refused, field=field, **_about(one))


def _about(one: BudgetShown, *, is_below: bool = False) -> dict[str, Any]:
    year, wallet = one.year.school_year, one.figures.wallet
    address = f"{_BUDGETS}/{year}/{wallet}"
    return {"one": one, "year": year, "address": address, "is_below": is_below}


def _year_asked(visit: AgentVisit, connection: Connection) -> int:
    """The year of `?annee=`; the one of today when it names none."""
    asked = visit.query.text("annee")
    if asked.isascii() and asked.isdigit() and len(asked) == 4:
        return int(asked)
    today = paris_today(connection)
    year = school_year_containing(today)
    known = school_year_numbered(connection, year)
    return year if known is not None else max(school_years_with_money(connection), default=year)


def _budget_named(visit: AgentVisit) -> BudgetShown | None:
    wallet, year = visit.request.path_params["wallet"], visit.request.path_params["year"]
    if wallet not in WALLETS or year > 9999:
        return None
    with unit_of_work(visit.office.engine) as connection:
        shown = show_budget(connection, year)
    return next((one for one in shown or () if one.figures.wallet == wallet), None)


_ONE: Final = "/budgets/{year:number}/{wallet}"
ROUTES: Final = [
    route("GET", "/budgets", show, roles=READERS),
    route("GET", _ONE, ask_amount, roles=SETTERS),
    route("POST", _ONE, set_amount, roles=SETTERS),
]
