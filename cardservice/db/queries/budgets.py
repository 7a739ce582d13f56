"""Questions about budgets: which is in force, what was granted, spent, lapsed, owed and paid.

The law: each figure comes from the rows that hold it, never from another figure, but for one: what
was spent is what wallets were granted and neither hold nor have lost. All figures of a year are
read in one statement, so that a sale between two of them cannot make them differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget as it was set; the newest of its year and wallet is in force."""

    wallet_budget_id: int
    school_year: int
    wallet: str
    amount_cents: int
    reason: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class BudgetFigures:
    """What became of a year's grants into one kind of wallet, in cents.

    granted = spent + lapsed + in_wallets, and spent = due + in_transit + paid. `due` may be below
    zero for a moment: a partner was paid what a correction has taken back since.
    """

    wallet: str
    budget_cents: int | None
    granted_cents: int
    in_wallets_cents: int
    spent_cents: int
    lapsed_cents: int
    due_cents: int
    in_transit_cents: int
    paid_cents: int

    @property
    def left_cents(self) -> int | None:
        """What may still be granted; negative when the budget was lowered; None without one."""
        return None if self.budget_cents is None else self.budget_cents - self.granted_cents


_BUDGETS: Final = """
SELECT b.wallet_budget_id, b.school_year, b.wallet, b.amount_cents, b.reason, a.email, b.set_at
FROM wallet_budget b JOIN agent a ON a.agent_id = b.set_by
"""

# A lapse is booked after the last day, by no partner; late corrections go to what lapsed.
_LAPSED: Final = """
SELECT o.wallet, sum(o.amount_cents) AS cents
FROM operation o JOIN school_year y USING (school_year)
WHERE o.kind = 'lapse' AND o.school_year = :school_year AND o.partner_id IS NULL
  AND o.business_day > y.last_day
GROUP BY o.wallet
UNION ALL
SELECT o.wallet,
       sum(CASE o.kind WHEN 'late_regularisation' THEN o.amount_cents ELSE -o.amount_cents END)
FROM regularisation r JOIN operation o ON o.operation_id IN (r.operation_id, r.reversal_id)
WHERE o.school_year = :school_year
  AND o.kind IN ('late_regularisation', 'late_regularisation_reversal')
GROUP BY o.wallet
"""

# Where the money of a remittance stands in the end: it may have been taken into account by a later
# one, because it was negative or because the bank has sent it back.
_SETTLED: Final = """
settled (remittance_id, last_id) AS (
    SELECT m.remittance_id, m.remittance_id
    FROM remittance m JOIN reimbursement_run r USING (run_id) WHERE r.exported_at IS NOT NULL
    UNION ALL
    SELECT s.remittance_id, later.into_remittance_id FROM settled s
    JOIN (SELECT from_remittance_id, into_remittance_id FROM remittance_carry
          UNION ALL
          SELECT from_remittance_id, into_remittance_id FROM remittance_re_presentation) later
      ON later.from_remittance_id = s.last_id
    JOIN remittance m ON m.remittance_id = later.into_remittance_id
    JOIN reimbursement_run r ON r.run_id = m.run_id AND r.exported_at IS NOT NULL
), stands AS MATERIALIZED (
    SELECT s.remittance_id,
           CASE WHEN m.carried_out_cents < 0 THEN 'due'
                WHEN m.transfer_cents = 0 THEN 'paid'
                WHEN EXISTS (SELECT FROM transfer_answer a
                             WHERE a.remittance_id = s.last_id AND a.outcome = 'failed') THEN 'due'
                WHEN EXISTS (SELECT FROM transfer_answer a
                             WHERE a.remittance_id = s.last_id AND a.outcome = 'paid') THEN 'paid'
                ELSE 'in_transit' END AS side
    FROM (SELECT remittance_id, max(last_id) AS last_id FROM settled GROUP BY remittance_id) s
    JOIN remittance m ON m.remittance_id = s.last_id
)
"""

_FIGURES: Final = text(
    f"""
WITH RECURSIVE {_SETTLED}, in_wallets AS (
    SELECT wallet, sum(granted_cents) AS granted, sum(balance_cents) AS held
    FROM wallet WHERE school_year = :school_year GROUP BY wallet
), lapsed AS (
    SELECT wallet, sum(cents) AS cents FROM ({_LAPSED}) AS each_way GROUP BY wallet
), by_remittance AS MATERIALIZED (
    -- Summed before it is known where each stands: one pass over lines and operations. No run of a
    -- fortnight that was over before the year began can hold any of them.
    SELECT l.remittance_id, l.wallet, sum(l.amount_cents) AS cents
    FROM remittance_line l JOIN operation o USING (operation_id)
    WHERE o.school_year = :school_year AND l.remittance_id IN (
        SELECT m.remittance_id FROM remittance m JOIN reimbursement_run r USING (run_id)
        JOIN fortnight f USING (period_key) JOIN school_year y ON y.school_year = :school_year
        WHERE r.exported_at IS NOT NULL AND f.ends_before > y.first_day)
    GROUP BY l.remittance_id, l.wallet
), handed_over AS (
    SELECT b.wallet,
           coalesce(sum(b.cents) FILTER (WHERE s.side = 'in_transit'), 0) AS in_transit,
           coalesce(sum(b.cents) FILTER (WHERE s.side = 'paid'), 0) AS paid
    FROM by_remittance b JOIN stands s USING (remittance_id)
    WHERE s.side <> 'due' GROUP BY b.wallet
)
SELECT k.wallet,
       (SELECT b.amount_cents FROM wallet_budget b
        WHERE b.school_year = :school_year AND b.wallet = k.wallet
        ORDER BY b.wallet_budget_id DESC LIMIT 1),
       coalesce(w.granted, 0)::bigint,
       coalesce(w.held, 0)::bigint,
       coalesce(w.granted - w.held, 0)::bigint - coalesce(p.cents, 0)::bigint,
       coalesce(p.cents, 0)::bigint,
       coalesce(h.in_transit, 0)::bigint,
       coalesce(h.paid, 0)::bigint
FROM unnest(CAST(:wallets AS text[])) AS k (wallet)
LEFT JOIN in_wallets w USING (wallet)
LEFT JOIN lapsed p USING (wallet)
LEFT JOIN handed_over h USING (wallet)
ORDER BY k.wallet LIMIT 10
"""  # noqa: S608
)

# What each closed day has spent: its debits, less its cancellations, and what was corrected on it.
_SPENT_BY_DAY: Final = text(
    """
SELECT business_day, sum(cents)::bigint FROM (
    SELECT c.business_day, c.amount_cents AS cents
    FROM day_close_wallet c JOIN school_year y ON y.school_year = :school_year
    WHERE c.wallet = :wallet AND c.partner_id <> 0
      AND c.business_day BETWEEN y.first_day AND y.last_day
    UNION ALL
    SELECT o.business_day, v.amount_cents
    FROM regularisation r JOIN operation o ON o.operation_id IN (r.operation_id, r.reversal_id)
    JOIN owed_operation v ON v.operation_id = o.operation_id
    WHERE o.school_year = :school_year AND o.wallet = :wallet
      AND o.business_day <= (SELECT max(business_day) FROM day_block WHERE seal IS NOT NULL)
) AS moved GROUP BY business_day ORDER BY business_day LIMIT 2000
"""
)


def budget_in_force(connection: Connection, school_year: int, wallet: str) -> Budget | None:
    """The newest budget of a year and wallet; None: no limit."""
    row = connection.execute(
        text(
            f"{_BUDGETS} WHERE b.school_year = :school_year AND b.wallet = :wallet"
            " ORDER BY b.wallet_budget_id DESC LIMIT 1"
        ),
        {"school_year": school_year, "wallet": wallet},
    ).one_or_none()
    return None if row is None else Budget(*row)


def budgets_set(connection: Connection, school_year: int, *, limit: int = 100) -> list[Budget]:
    """All that was ever set for a year, the newest first."""
    rows = connection.execute(
        text(
            f"{_BUDGETS} WHERE b.school_year = :school_year"
            " ORDER BY b.wallet_budget_id DESC LIMIT :limit"
        ),
        {"school_year": school_year, "limit": limit},
    )
    return [Budget(*row) for row in rows]


def left_of_budget(connection: Connection, school_year: int, wallet: str) -> int | None:
    """What may still be granted, in cents; None without a budget."""
    left: int | None = connection.execute(
        text("SELECT left_of_budget(CAST(:school_year AS smallint), :wallet)"),
        {"school_year": school_year, "wallet": wallet},
    ).scalar_one()
    return left


def figures_of(
    connection: Connection, school_year: int, wallets: tuple[str, ...]
) -> list[BudgetFigures]:
    """The figures of a school year as they stand at this moment, wallet by wallet."""
    rows = connection.execute(_FIGURES, {"school_year": school_year, "wallets": list(wallets)})
    return [
        BudgetFigures(
            wallet,
            budget,
            granted,
            held,
            spent,
            lapsed,
            spent - in_transit - paid,
            in_transit,
            paid,
        )
        for wallet, budget, granted, held, spent, lapsed, in_transit, paid in rows
    ]


def spent_by_day(connection: Connection, school_year: int, wallet: str) -> list[tuple[date, int]]:
    """What was spent on each closed day on which anything moved, oldest first; cents."""
    rows = connection.execute(_SPENT_BY_DAY, {"school_year": school_year, "wallet": wallet})
    return [(day, cents) for day, cents in rows]


def last_closed_day(connection: Connection) -> date | None:
    """The last day that is closed and sealed; None before the first."""
    found: date | None = connection.execute(
        text("SELECT max(business_day) FROM day_block WHERE seal IS NOT NULL")
    ).scalar_one()
    return found


def school_years_with_money(connection: Connection) -> list[int]:
    """The years that have a budget or wallets, the latest first."""
    found = connection.execute(
        text(
            "SELECT y.school_year FROM school_year y"
            " WHERE EXISTS (SELECT FROM wallet_budget b WHERE b.school_year = y.school_year)"
            " OR EXISTS (SELECT FROM wallet w WHERE w.school_year = y.school_year)"
            " ORDER BY y.school_year DESC LIMIT 50"
        )
    )
    return list(found.scalars())
