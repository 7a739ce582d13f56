"""Sets the budget of a school year and wallet: the most that grants may add up to (C10, C12).

The law: a row is added and the newest counts; what was set before stays its history. It may be
lower than what was granted: nothing is taken back, nothing more is given, and runs warn. Whoever
grants and whoever sets take turns (hold_budget.sql), so that a grant never counts on yesterday's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.agents import agent_of_email
from cardservice.db.queries.budgets import Budget, budget_in_force
from cardservice.db.queries.journal import note
from cardservice.domain.operation import WALLETS
from cardservice.domain.refusal import Refused
from cardservice.services.written_reason import reason_refusal

ROLES: Final = ("finance_approver", "administrator")
MOST_CENTS: Final = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class WantedBudget:
    """What is to be in force from now on; `reason` is the deliberation that it comes from."""

    school_year: int
    wallet: str
    amount_cents: int
    reason: str


def set_budget(engine: Engine, wanted: WantedBudget, *, by: str) -> Budget | Refused:
    """The budget in force; the same again, amount and reason, adds nothing.

    Refused: reason_malformed, budget_out_of_range, wallet_unknown, agent_unknown, agent_may_not,
    school_year_unknown.
    """
    refused = _malformed(wanted)
    if refused is not None:
        return refused
    with unit_of_work(engine) as connection:
        agent = agent_of_email(connection, by)
        if agent is None:
            return Refused("agent_unknown")
        if agent.role not in ROLES:
            return Refused("agent_may_not")
        if scheme.school_year_numbered(connection, wanted.school_year) is None:
            return Refused("school_year_unknown", {"school_year": wanted.school_year})
        hold_budget(connection, wanted.school_year, wanted.wallet)
        before = budget_in_force(connection, wanted.school_year, wanted.wallet)
        if before is not None and _is_same(before, wanted):
            return before
        _add(connection, wanted, agent_id=agent.agent_id)
        note(
            connection,
            actor=agent.actor,
            action="budget.set",
            subject=f"budget:{wanted.school_year}:{wanted.wallet}",
            detail=f"cents={wanted.amount_cents}",
        )
        in_force = budget_in_force(connection, wanted.school_year, wanted.wallet)
    assert in_force is not None, "it was added a moment ago, under the budget's lock"
    return in_force


def hold_budget(connection: Connection, school_year: int, wallet: str) -> None:
    """Waits for any grant or change of this budget to end; held until this transaction does."""
    connection.execute(
        text("SELECT hold_budget(CAST(:school_year AS smallint), :wallet)"),
        {"school_year": school_year, "wallet": wallet},
    )


def _malformed(wanted: WantedBudget) -> Refused | None:
    if wanted.wallet not in WALLETS:
        return Refused("wallet_unknown")
    if not 0 <= wanted.amount_cents <= MOST_CENTS:
        return Refused("budget_out_of_range")
    return reason_refusal(wanted.reason)


def _is_same(before: Budget, wanted: WantedBudget) -> bool:
    return (before.amount_cents, before.reason) == (wanted.amount_cents, wanted.reason.strip())


def _add(connection: Connection, wanted: WantedBudget, *, agent_id: int) -> None:
    connection.execute(
        text(
            "INSERT INTO wallet_budget"
            " (school_year, wallet, amount_cents, reason, set_by, set_at)"
            " VALUES (:school_year, :wallet, :amount_cents, :reason, :set_by, ledger_now())"
        ),
        {
            "school_year": wanted.school_year,
            "wallet": wanted.wallet,
            "amount_cents": wanted.amount_cents,
            "reason": wanted.reason.strip(),
            "set_by": agent_id,
        },
    )
