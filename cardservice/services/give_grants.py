"""Gives the collégiens of a school year the wallets they have not got yet (C10 to C12).

The law: once per person, year and wallet, whatever is rerun; people who asked to be forgotten get
nothing. Small units of work on purpose: a money call holds the business day open, and one that
lasted as long as a roster would keep the day from closing and every till waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries import scheme
from cardservice.ledger import post

GRANTS_AT_ONCE: Final = 500


def give_missing_grants(
    engine: Engine,
    school_year: int,
    *,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> int:
    """Books every grant that is due and not booked; returns how many it booked.

    The operations themselves say what was done: no line of the journal repeats them.
    """
    with unit_of_work(engine) as connection:
        amounts = scheme.grants_of(connection, school_year)
        missing = {wallet: _without(connection, school_year, wallet) for wallet in amounts}
    total = sum(map(len, missing.values()))
    granted = done = 0
    for wallet, beneficiary_ids in missing.items():
        for start in range(0, len(beneficiary_ids), GRANTS_AT_ONCE):
            some = beneficiary_ids[start : start + GRANTS_AT_ONCE]
            with unit_of_work(engine) as connection:
                granted += post.grant(
                    connection,
                    school_year=school_year,
                    wallet=wallet,
                    amount_cents=amounts[wallet],
                    beneficiary_ids=some,
                )
            done += len(some)
            progress(done, total)
    return granted


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
