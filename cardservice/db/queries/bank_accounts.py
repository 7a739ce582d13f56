"""Questions about the bank accounts of a partner: the one in use, the one that waits (C68, C70)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from cardservice.domain.iban import masked_iban


@dataclass(frozen=True, slots=True)
class Account:
    """An account as pages may know it: its number is masked from here on."""

    bank_account_id: int
    masked: str
    holder_name: str
    changed_by: str
    changed_at: datetime
    usable_from: datetime
    verified_at: datetime | None


def live_accounts(connection: Connection, partner_id: int) -> dict[str, Account]:
    """By state: `verified` is in use, `unverified` waits; either may be missing."""
    found = connection.execute(
        text(
            "SELECT state, bank_account_id, iban, holder_name, changed_by, changed_at,"
            " usable_from, verified_at FROM bank_account"
            " WHERE partner_id = :partner_id AND state <> 'replaced'"
            " ORDER BY bank_account_id LIMIT 2"
        ),
        {"partner_id": partner_id},
    )
    return {
        row.state: Account(
            row.bank_account_id,
            masked_iban(row.iban),
            row.holder_name,
            row.changed_by,
            row.changed_at,
            row.usable_from,
            row.verified_at,
        )
        for row in found
    }
