"""What the ledger booked for a remittance: the reimbursements under the identities made from it."""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.domain.operation import WALLETS
from cardservice.ledger.post import reimbursement_id


def booked_cents(connection: Connection, number: str) -> int:
    """The cents that left the partner's accounts for the bank under this number."""
    cents: int = connection.execute(
        text(
            "SELECT coalesce(sum(amount_cents), 0)::bigint FROM ledger_entry"
            " WHERE account = 'in_transit' AND kind = 'reimbursement'"
            " AND operation_id = ANY(CAST(:operation_ids AS uuid[]))"
        ),
        {"operation_ids": [reimbursement_id(number, wallet) for wallet in WALLETS]},
    ).scalar_one()
    return cents
