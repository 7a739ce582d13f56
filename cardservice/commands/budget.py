"""`cjeune budget`: the most that is granted in a school year, and what became of it (C10, C22)."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from cardservice.commands.session import Failed, done, json_option, say, say_json, with_office
from cardservice.commands.words import sentence
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.budgets import left_of_budget
from cardservice.db.queries.clock import paris_today
from cardservice.domain.calendar import format_day, school_year_containing
from cardservice.domain.money import format_euros, parse_euros
from cardservice.domain.operation import WALLETS
from cardservice.services.set_budget import WantedBudget, set_budget
from cardservice.services.show_budget import BudgetShown, show_budget
from cardservice.wiring import Office

_LINES = (
    "budget",
    "left",
    "granted",
    "spent",
    "due",
    "in_transit",
    "paid",
    "in_wallets",
    "lapsed",
    "forecast",
)


@click.group("budget")
def budget() -> None:
    """Budgets per school year and wallet."""


@budget.command("set")
@click.argument("school_year", type=click.IntRange(2000, 2999))
@click.argument("wallet", type=click.Choice(WALLETS))
@click.option("--euros", required=True, help="The most that may be granted: 15600000,00.")
@click.option("--reason", required=True, help="The deliberation that it comes from.")
@click.option("--as", "email", required=True, metavar="EMAIL", help="The agent who sets it.")
@with_office
def set_one(
    office: Office, school_year: int, wallet: str, euros: str, reason: str, email: str
) -> None:
    """Set the budget of SCHOOL_YEAR and WALLET from now on; the one before stays its history."""
    amount_cents = parse_euros(euros)
    if amount_cents is None:
        raise click.BadParameter(sentence("budgets", "amount"), param_hint="--euros")
    wanted = WantedBudget(school_year, wallet, amount_cents, reason)
    in_force = done(set_budget(office.engine, wanted, by=email))
    with unit_of_work(office.engine) as connection:
        left_cents = left_of_budget(connection, school_year, wallet)
    assert left_cents is not None, "a budget was set a moment ago"
    say(
        "budgets",
        "set",
        school_year=school_year,
        wallet=wallet,
        amount=format_euros(in_force.amount_cents),
        granted=format_euros(in_force.amount_cents - left_cents),
        left=format_euros(left_cents),
    )


@budget.command("show")
@click.argument("school_year", type=click.IntRange(2000, 2999), required=False)
@json_option
@with_office
def show(office: Office, school_year: int | None, as_json: bool) -> None:
    """Tell what was granted, spent, lost, owed, paid, and the forecast to 31 August."""
    with unit_of_work(office.engine) as connection:
        year = school_year or school_year_containing(paris_today(connection))
        shown = show_budget(connection, year)
    if shown is None:
        raise Failed(sentence("budgets", "none", school_year=year))
    if as_json:
        say_json({"school_year": year, "wallets": [_json(one) for one in shown]})
        return
    Console().print(_table(year, shown))


def _table(school_year: int, shown: Sequence[BudgetShown]) -> Table:
    """One column for each wallet, one line for each figure: it fits any terminal."""
    today = format_day(shown[0].today)
    table = Table(title=sentence("budgets", "title", school_year=school_year, today=today))
    table.add_column("")
    for one in shown:
        table.add_column(one.figures.wallet, justify="right")
    for name in _LINES:
        cells = (_json(one)[f"{name}_cents"] for one in shown)
        table.add_row(sentence("budgets", name), *(_amount(cell) for cell in cells))
    return table


def _amount(cents: int | str | None) -> str:
    """An amount, or the words for none."""
    return sentence("budgets", "unlimited") if cents is None else format_euros(int(cents))


def _json(shown: BudgetShown) -> dict[str, int | str | None]:
    figures = shown.figures
    return {
        "wallet": figures.wallet,
        "budget_cents": figures.budget_cents,
        "left_cents": figures.left_cents,
        "granted_cents": figures.granted_cents,
        "spent_cents": figures.spent_cents,
        "lapsed_cents": figures.lapsed_cents,
        "in_wallets_cents": figures.in_wallets_cents,
        "due_cents": figures.due_cents,
        "in_transit_cents": figures.in_transit_cents,
        "paid_cents": figures.paid_cents,
        "forecast_cents": shown.forecast_cents,
    }
