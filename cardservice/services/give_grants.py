"""Gives the collégiens of a school year the wallets they have not got yet (C10 to C12).

The law: once per person, year and wallet, whatever is rerun; people who asked to be forgotten get
nothing. Beyond the year's budget nobody gets anything: all that is missing is held against it
before the first grant, and each grant is held against it again under a lock (grant_many.sql).
Small units of work on purpose: a money call holds the business day open, and one that lasted as
long as a roster would keep the day from closing and every till waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.db.queries.budgets import left_of_budget
from cardservice.domain.money import format_euros
from cardservice.domain.refusal import Refused
from cardservice.ledger import post

GRANTS_AT_ONCE: Final = 500


def give_missing_grants(
    engine: Engine,
    school_year: int,
    *,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> int | Refused:
    """Books every grant that is due and not booked; returns how many it booked.

    The operations themselves say what was done: no line of the journal repeats them.
    Refused: budget_exceeded; what had been granted before a budget was lowered meanwhile stays.
    """
    with unit_of_work(engine) as connection:
        amounts = scheme.grants_of(connection, school_year)
        missing = {wallet: _without(connection, school_year, wallet) for wallet in amounts}
        for wallet, amount_cents in amounts.items():
            needed = amount_cents * len(missing[wallet])
            refused = _beyond(connection, school_year, wallet, needed)
            if refused is not None:
                return refused
    total = sum(map(len, missing.values()))
    granted = done = 0
    for wallet, beneficiary_ids in missing.items():
        for start in range(0, len(beneficiary_ids), GRANTS_AT_ONCE):
            some = beneficiary_ids[start : start + GRANTS_AT_ONCE]
            with unit_of_work(engine) as connection:
                given = post.grant(
                    connection,
                    school_year=school_year,
                    wallet=wallet,
                    amount_cents=amounts[wallet],
                    beneficiary_ids=some,
                )
                if given is None:
                    # Somebody has granted, or lowered the budget, since it was looked at.
                    needed = amounts[wallet] * (len(beneficiary_ids) - start)
                    refused = _beyond(connection, school_year, wallet, needed)
                    assert refused is not None, "refused a moment ago, under the budget's lock"
                    return refused
            granted += given
            done += len(some)
            progress(done, total)
    return granted


def _beyond(
    connection: Connection, school_year: int, wallet: str, needed_cents: int
) -> Refused | None:
    """The refusal, when the budget does not hold what is needed; none for nothing."""
    left_cents = left_of_budget(connection, school_year, wallet)
    if left_cents is None or needed_cents <= max(0, left_cents):
        return None
    return Refused(
        "budget_exceeded",
        {
            "school_year": school_year,
            "wallet": wallet,
            "left": format_euros(left_cents),
            "needed": format_euros(needed_cents),
        },
    )


def _without(connection: Connection, school_year: int, wallet: str) -> list[int]:
    """The year's collégiens who have not this wallet yet."""
    found = connection.execute(
        text(
            "SELECT y.beneficiary_id FROM beneficiary_year y"
            " JOIN beneficiary b USING (beneficiary_id)"
            " WHERE y.school_year = :school_year AND y.category = 'collegien'"
            " AND b.erased_at IS NULL AND NOT EXISTS (SELECT FROM wallet w"
            "  WHERE w.beneficiary_id = y.beneficiary_id AND w.school_year = y.school_year"
            "  AND w.wallet = :wallet)"
            " ORDER BY y.beneficiary_id"
        ),
        {"school_year": school_year, "wallet": wallet},
    )
    return list(found.scalars())
