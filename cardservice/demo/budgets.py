"""Votes the budgets of a demonstration: enough for every grant, with a little to spare.

The law: set by an agent through the service, before the first grant of the year, as in real life.
"""

from __future__ import annotations

from typing import Final

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.scheme import grants_of
from cardservice.demo.cast import succeed
from cardservice.demo.words import say
from cardservice.services.set_budget import WantedBudget, set_budget
from cardservice.wiring import Office

# A council votes round figures: the next thousand euros above a tenth more than is needed.
_SPARE_PERCENT: Final = 110
_ROUND_CENTS: Final = 100_000


def vote_budgets(office: Office, school_year: int, *, people: int, by: str) -> None:
    """One for each wallet of the year; `by` is the mail address of an agent who may."""
    with unit_of_work(office.engine) as connection:
        amounts = grants_of(connection, school_year)
    for wallet, cents in amounts.items():
        needed = people * cents * _SPARE_PERCENT // 100
        voted = -(-needed // _ROUND_CENTS) * _ROUND_CENTS
        reason = say("budgets", "reason", school_year=school_year)
        succeed(set_budget(office.engine, WantedBudget(school_year, wallet, voted, reason), by=by))
