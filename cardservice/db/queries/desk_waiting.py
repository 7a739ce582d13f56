"""What waits at the Département's desk, in numbers: one question for its first page.

The law: each figure counts what somebody there can do something about; what waits for a day or for
the bank is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

_WAITING: Final = text("""
SELECT
  (SELECT count(*) FROM failed_transfer WHERE into_remittance_id IS NULL),
  (SELECT coalesce(sum(transfer_cents), 0)::bigint FROM failed_transfer
     WHERE into_remittance_id IS NULL),
  (SELECT count(*) FROM regularisation WHERE state = 'waiting'),
  (SELECT count(*) FROM regularisation_file f WHERE f.state = 'open'
     AND (f.opened_by IS NOT NULL OR NOT EXISTS (SELECT FROM operation c
       WHERE c.target_id = f.operation_id AND c.kind = 'cancellation'
       AND c.outcome = 'cancelled'))),
  (SELECT count(*) FROM bank_account WHERE state = 'unverified' AND usable_from <= ledger_now()),
  (SELECT count(*) FROM bank_account WHERE state = 'unverified' AND usable_from > ledger_now()),
  (SELECT count(*) FROM partner_hold WHERE released_at IS NULL),
  (SELECT count(DISTINCT p.member_id) FROM proof_file p JOIN member m USING (member_id)
     WHERE p.state = 'waiting' AND m.closed_at IS NULL)
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Counts, and the cents of what the bank sent back; `accounts_soon` are still on hold."""

    failed: int
    failed_cents: int
    second_decisions: int
    open_files: int
    accounts: int
    accounts_soon: int
    held: int
    proofs: int


def waiting_at_desk(connection: Connection) -> Waiting:
    """Everything at once."""
    return Waiting(*connection.execute(_WAITING).one())
