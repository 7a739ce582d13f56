"""The pen: the only Python that books an operation (grants, lapses, reimbursements,
regularisations, day markers).

The law: an operation that nobody typed gets an identity derived from what it is about, so that a
rerun after any cut books nothing twice. The SQL functions decide; this file carries.

A call holds the business day open until its transaction ends (functions/hold_day_open.sql), and a
day that cannot close makes every till wait: call with a few hundred rows and commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, text

# Fixed for ever: operations already booked were named with it.
_DERIVED: Final = UUID("6f0c9d3e-5b7a-4c1e-9d52-0a8e4b7f1c26")


@dataclass(frozen=True, slots=True)
class Reimbursement:
    """What one remittance hands to the bank for one wallet."""

    remittance: str
    partner_id: int
    wallet: str
    amount_cents: int


def grant(
    connection: Connection,
    *,
    school_year: int,
    wallet: str,
    amount_cents: int,
    beneficiary_ids: Sequence[int],
) -> int:
    """Gives each beneficiary a wallet with its money, once; returns how many got it now (C10)."""
    assert amount_cents > 0, "a grant is a positive number of cents"
    operation_ids = [grant_id(who, school_year, wallet) for who in beneficiary_ids]
    given = connection.execute(
        text(
            "SELECT grant_many(CAST(:operation_ids AS uuid[]), CAST(:beneficiary_ids AS bigint[]),"
            " CAST(:school_year AS smallint), :wallet, :amount_cents)"
        ),
        {
            "operation_ids": operation_ids,
            "beneficiary_ids": list(beneficiary_ids),
            "school_year": school_year,
            "wallet": wallet,
            "amount_cents": amount_cents,
        },
    )
    return int(given.scalar_one())


def grant_id(beneficiary_id: int, school_year: int, wallet: str) -> UUID:
    """The identity of the one grant of a beneficiary, school year and wallet."""
    return uuid5(_DERIVED, f"grant/{beneficiary_id}/{school_year}/{wallet}")


def lapse(connection: Connection, limit: int) -> int:
    """Books the lapse of at most `limit` ended wallets; repeat until it returns 0 (C22)."""
    lapsed = connection.execute(text("SELECT lapse_some(CAST(:limit AS int))"), {"limit": limit})
    return int(lapsed.scalar_one())


def reimburse(connection: Connection, entries: Sequence[Reimbursement]) -> int:
    """Moves what is owed to "in transit" (C66); returns how many entries were booked now."""
    booked = connection.execute(
        text(
            "SELECT reimburse_many(CAST(:operation_ids AS uuid[]), CAST(:partner_ids AS bigint[]),"
            " CAST(:wallets AS text[]), CAST(:amounts AS bigint[]))"
        ),
        {
            "operation_ids": [
                reimbursement_id(entry.remittance, entry.wallet) for entry in entries
            ],
            "partner_ids": [entry.partner_id for entry in entries],
            "wallets": [entry.wallet for entry in entries],
            "amounts": [entry.amount_cents for entry in entries],
        },
    )
    return int(booked.scalar_one())


def reimbursement_id(remittance: str, wallet: str) -> UUID:
    """The identity of the one reimbursement of a remittance number and wallet."""
    return uuid5(_DERIVED, f"reimbursement/{remittance}/{wallet}")


def book_regularisation(connection: Connection, regularisation_id: int, *, agent_id: int) -> str:
    """Gives back what a regularisation says (C62): "booked", "replayed", or why not, as a code."""
    answer: str = connection.execute(
        text(
            "SELECT book_regularisation(CAST(:regularisation_id AS bigint), :operation_id,"
            " CAST(:agent_id AS bigint))"
        ),
        {
            "regularisation_id": regularisation_id,
            "operation_id": uuid5(_DERIVED, f"regularisation/{regularisation_id}"),
            "agent_id": agent_id,
        },
    ).scalar_one()
    return answer


def refuse_regularisation(connection: Connection, regularisation_id: int, *, agent_id: int) -> bool:
    """Turns down a regularisation that waits; False when it was decided before."""
    refused = connection.execute(
        text(
            "SELECT refuse_regularisation(CAST(:regularisation_id AS bigint),"
            " CAST(:agent_id AS bigint))"
        ),
        {"regularisation_id": regularisation_id, "agent_id": agent_id},
    )
    return bool(refused.scalar_one())


def reverse_regularisation(connection: Connection, regularisation_id: int, *, agent_id: int) -> str:
    """Undoes a booked regularisation, once: "booked", "replayed", or why not, as a code."""
    answer: str = connection.execute(
        text(
            "SELECT reverse_regularisation(CAST(:regularisation_id AS bigint), :operation_id,"
            " CAST(:agent_id AS bigint))"
        ),
        {
            "regularisation_id": regularisation_id,
            "operation_id": uuid5(_DERIVED, f"reversal/{regularisation_id}"),
            "agent_id": agent_id,
        },
    ).scalar_one()
    return answer


def close_day(connection: Connection, day: date) -> bool:
    """Writes the marker of a closed Paris day; False when it was closed before (C69)."""
    closed = connection.execute(text("SELECT close_day(CAST(:day AS date))"), {"day": day})
    return bool(closed.scalar_one())
