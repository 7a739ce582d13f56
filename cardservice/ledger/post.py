"""The pen: the only Python that books an operation (grants, lapses, reimbursements,
the bank's answers, regularisations, day markers).

The law: an operation that nobody typed gets an identity derived from what it is about, so that a
rerun after any cut books nothing twice. The SQL functions decide; this file carries.

A call holds the business day open until its transaction ends (functions/hold_day_open.sql), and a
day that cannot close makes every till wait: call with a few hundred rows and commit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import Connection, text

from cardservice.domain.operation import WALLETS
from cardservice.ledger.derived import DERIVED, answer_id


@dataclass(frozen=True, slots=True)
class Reimbursement:
    """What one remittance hands to the bank for one wallet."""

    remittance: str
    partner_id: int
    wallet: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class TransferAnswer:
    """What the bank says of one transfer: `outcome` is paid, or failed for a reason (an ISO code).
    `with_file`: the whole file was refused, nothing is wrong with this transfer."""

    remittance_id: int
    remittance: str
    outcome: str
    happened_on: date
    reason_code: str | None = None
    with_file: bool = False


def grant(
    connection: Connection,
    *,
    school_year: int,
    wallet: str,
    amount_cents: int,
    beneficiary_ids: Sequence[int],
) -> int | None:
    """Gives each beneficiary a wallet with its money, once; returns how many got it now (C10).

    None, and nobody gets anything, when the budget of the year and wallet does not hold them all.
    """
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
    ).scalar_one()
    return None if given is None else int(given)


def grant_id(beneficiary_id: int, school_year: int, wallet: str) -> UUID:
    """The identity of the one grant of a beneficiary, school year and wallet."""
    return uuid5(DERIVED, f"grant/{beneficiary_id}/{school_year}/{wallet}")


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
    return uuid5(DERIVED, f"reimbursement/{remittance}/{wallet}")


def answer_transfers(
    connection: Connection, bank_message_id: int, answers: Sequence[TransferAnswer]
) -> int:
    """Writes and books what a message of the bank says (C67, C68); returns how many were new."""
    answered = connection.execute(
        text(
            "SELECT answer_transfers(CAST(:bank_message_id AS bigint),"
            " CAST(:remittance_ids AS bigint[]), CAST(:outcomes AS text[]),"
            " CAST(:reasons AS text[]), CAST(:with_file AS boolean[]), CAST(:days AS date[]),"
            " CAST(CAST(:operation_ids AS text[]) AS jsonb[]))"
        ),
        {
            "bank_message_id": bank_message_id,
            "remittance_ids": [answer.remittance_id for answer in answers],
            "outcomes": [answer.outcome for answer in answers],
            "reasons": [answer.reason_code for answer in answers],
            "with_file": [answer.with_file for answer in answers],
            "days": [answer.happened_on for answer in answers],
            "operation_ids": [_ids_by_wallet(answer) for answer in answers],
        },
    )
    return int(answered.scalar_one())


def _ids_by_wallet(answer: TransferAnswer) -> str:
    ids = {wallet: answer_id(answer.remittance, wallet, answer.outcome) for wallet in WALLETS}
    return json.dumps({wallet: str(derived) for wallet, derived in ids.items()})


def book_regularisation(connection: Connection, regularisation_id: int, *, agent_id: int) -> str:
    """Gives back what a regularisation says (C62): "booked", "replayed", or why not, as a code."""
    answer: str = connection.execute(
        text(
            "SELECT book_regularisation(CAST(:regularisation_id AS bigint), :operation_id,"
            " CAST(:agent_id AS bigint))"
        ),
        {
            "regularisation_id": regularisation_id,
            "operation_id": uuid5(DERIVED, f"regularisation/{regularisation_id}"),
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
            "operation_id": uuid5(DERIVED, f"reversal/{regularisation_id}"),
            "agent_id": agent_id,
        },
    ).scalar_one()
    return answer


def close_day(connection: Connection, day: date) -> bool:
    """Writes the marker of a closed Paris day; False when it was closed before (C69)."""
    closed = connection.execute(text("SELECT close_day(CAST(:day AS date))"), {"day": day})
    return bool(closed.scalar_one())
