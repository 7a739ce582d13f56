"""What the proof reads and says: a stored row as an `Operation`, a difference in three words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cardservice.domain.operation import Operation


@dataclass(frozen=True)
class Difference:
    """The first row that is not what the operations say: its table, key and column.

    `field` is `hash` when the row was changed in a way that does not tell which column.
    """

    table: str
    id: str
    field: str


def operation_of(row: Row[Any]) -> Operation:
    """A row of the table `operation`, all columns."""
    return Operation(
        operation_no=row.operation_no,
        operation_id=row.operation_id,
        kind=row.kind,
        outcome=row.outcome,
        code=row.code,
        partner_id=row.partner_id,
        outlet_id=row.outlet_id,
        terminal_id=row.terminal_id,
        actor_id=row.actor_id,
        card_id=row.card_id,
        beneficiary_id=row.beneficiary_id,
        school_year=row.school_year,
        wallet=row.wallet,
        amount_cents=row.amount_cents,
        balance_after_cents=row.balance_after_cents,
        wallet_seq=row.wallet_seq,
        tries_left=row.tries_left,
        pin_checked=row.pin_checked,
        target_id=row.target_id,
        accepted_at=row.accepted_at,
        business_day=row.business_day,
        hash=bytes(row.hash),
    )
