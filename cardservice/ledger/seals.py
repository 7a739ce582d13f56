"""Seals a closed day: every row of it, refusals too, has a share in one number.

The law: a seal is computed from the operations alone, is chained to the day before, and is printed
outside the database (log, bordereau, day mail), where nobody who can write rows can reach it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, text

from cardservice.domain.merkle import DEPARTMENT, FIRST_SEAL, day_leaf, day_seal, merkle_root
from cardservice.ledger.streams import STREAMED

_ROWS_OF_DAY = text(
    "SELECT coalesce(partner_id, 0) AS partner_id, kind, outcome, wallet, amount_cents, hash"
    " FROM operation WHERE business_day = :day"
    " ORDER BY coalesce(partner_id, 0), operation_no"
)


@dataclass
class PartnerDay:
    """One partner's closed day (`DEPARTMENT` for the department); amounts in cents, net of
    cancellations. `wallets` maps wallet to (debits, cents)."""

    partner_id: int
    operations: int = 0
    debits: int = 0
    amount_cents: int = 0
    wallets: dict[str, tuple[int, int]] = field(default_factory=dict)
    root: bytes = b""

    def leaf(self, day: date) -> bytes:
        """Its share in the day's tree (32 bytes)."""
        return day_leaf(
            day,
            self.partner_id,
            operation_count=self.operations,
            net_debit_count=self.debits,
            net_amount_cents=self.amount_cents,
            root=self.root,
        )


@dataclass(frozen=True)
class DaySeal:
    """What sealing a day makes of its operations."""

    day: date
    partners: tuple[PartnerDay, ...]
    operations: int
    root: bytes
    previous_seal: bytes
    seal: bytes


def compute_seal(
    connection: Connection, day: date, *, partner_ids: set[int], previous_seal: bytes
) -> DaySeal:
    """The seal of a day from its operations; every partner of `partner_ids` gets a leaf, empty
    days too. Memory: one leaf per partner, whatever the number of rows."""
    rows = connection.execute(_ROWS_OF_DAY, {"day": day}, execution_options=STREAMED)
    found = {
        partner_id: _partner_day(partner_id, group)
        for partner_id, group in groupby(rows, key=lambda row: row.partner_id)
    }
    everybody = sorted({DEPARTMENT, *partner_ids, *found})
    partners = tuple(
        found.get(partner_id) or _partner_day(partner_id, iter(())) for partner_id in everybody
    )
    root = merkle_root(partner.leaf(day) for partner in partners)
    return DaySeal(
        day=day,
        partners=partners,
        operations=sum(partner.operations for partner in partners),
        root=root,
        previous_seal=previous_seal,
        seal=day_seal(previous_seal, day, root),
    )


def seal_day(connection: Connection, day: date) -> DaySeal | None:
    """Seals a closed day and stores its leaves; None when it was sealed before."""
    block = connection.execute(
        text("SELECT seal FROM day_block WHERE business_day = :day FOR NO KEY UPDATE"),
        {"day": day},
    ).one()
    if block.seal is not None:
        return None
    partner_ids = set(connection.execute(text("SELECT partner_id FROM partner")).scalars())
    sealed = compute_seal(
        connection, day, partner_ids=partner_ids, previous_seal=_seal_before(connection, day)
    )
    _store(connection, sealed)
    return sealed


def _seal_before(connection: Connection, day: date) -> bytes:
    before = connection.execute(
        text("SELECT seal FROM day_block WHERE business_day = :day"),
        {"day": day - timedelta(days=1)},
    ).one_or_none()
    if before is None:
        return FIRST_SEAL
    assert before.seal is not None, "days are sealed oldest first"
    return bytes(before.seal)


def _partner_day(partner_id: int, rows: Iterator[Row[Any]]) -> PartnerDay:
    partner_day = PartnerDay(partner_id)

    def hashes() -> Iterator[bytes]:
        for row in rows:
            partner_day.operations += 1
            sign = _net_sign(row)
            if sign:
                debits, cents = partner_day.wallets.get(row.wallet, (0, 0))
                amount_cents = sign * row.amount_cents
                partner_day.debits += sign
                partner_day.amount_cents += amount_cents
                partner_day.wallets[row.wallet] = (debits + sign, cents + amount_cents)
            yield bytes(row.hash)

    partner_day.root = merkle_root(hashes())
    return partner_day


def _net_sign(row: Row[Any]) -> int:
    """+1 for a debit, -1 for its cancellation (always of the same day), 0 for all else."""
    if row.kind == "debit" and row.outcome == "approved":
        return 1
    if row.kind == "cancellation" and row.outcome == "cancelled" and row.amount_cents is not None:
        return -1
    return 0


def _store(connection: Connection, sealed: DaySeal) -> None:
    connection.execute(
        text(
            "INSERT INTO day_close VALUES"
            " (:day, :partner_id, :operations, :debits, :amount_cents, :root, :leaf)"
        ),
        [
            {
                "day": sealed.day,
                "partner_id": partner.partner_id,
                "operations": partner.operations,
                "debits": partner.debits,
                "amount_cents": partner.amount_cents,
                "root": partner.root,
                "leaf": partner.leaf(sealed.day),
            }
            for partner in sealed.partners
        ],
    )
    by_wallet = [
        {
            "day": sealed.day,
            "partner_id": partner.partner_id,
            "wallet": wallet,
            "debits": debits,
            "amount_cents": cents,
        }
        for partner in sealed.partners
        for wallet, (debits, cents) in sorted(partner.wallets.items())
    ]
    if by_wallet:
        connection.execute(
            text(
                "INSERT INTO day_close_wallet VALUES"
                " (:day, :partner_id, :wallet, :debits, :amount_cents)"
            ),
            by_wallet,
        )
    connection.execute(
        text(
            "UPDATE day_block SET operations = :operations, root = :root,"
            " previous_seal = :previous_seal, seal = :seal"
            " WHERE business_day = :day AND seal IS NULL"
        ),
        {
            "day": sealed.day,
            "operations": sealed.operations,
            "root": sealed.root,
            "previous_seal": sealed.previous_seal,
            "seal": sealed.seal,
        },
    )
