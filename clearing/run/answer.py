"""Books what the bank has answered about transfers, and moves their runs to where that leads.

The law: a run is paid when each of its transfers has its answer and one of them was paid; it is
rejected by the bank when every one has failed. A debit is never freed: what failed is owed again as
money to be presented again. Call it last in a transaction: booking holds the business day open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from cardservice.ledger import post
from cardservice.ledger.post import TransferAnswer
from clearing.run.record import move

__all__ = ["TransferAnswer", "accept_runs", "answer_transfers", "settle_run"]

_STANDING: Final = text(
    "SELECT r.state, count(m.remittance_id) FILTER (WHERE a.answers IS NULL) AS outstanding,"
    " count(*) FILTER (WHERE 'paid' = ANY(a.answers)) AS paid"
    " FROM reimbursement_run r"
    " LEFT JOIN remittance m ON m.run_id = r.run_id AND m.transfer_cents > 0"
    " LEFT JOIN LATERAL (SELECT array_agg(outcome) AS answers FROM transfer_answer"
    "  WHERE remittance_id = m.remittance_id) a ON m.remittance_id IS NOT NULL"
    " WHERE r.run_id = :run_id GROUP BY r.state"
)


def answer_transfers(
    connection: Connection,
    bank_message_id: int,
    answers: Sequence[TransferAnswer],
    *,
    run_ids: Sequence[int],
    by: str,
) -> None:
    """Books the answers, then settles the runs they belong to."""
    post.answer_transfers(connection, bank_message_id, answers)
    for run_id in sorted(set(run_ids)):
        settle_run(connection, run_id, by=by)


def settle_run(
    connection: Connection, run_id: int, *, by: str, has_nothing_to_pay: bool = False
) -> None:
    """Exported or accepted -> paid or bank_rejected, once nothing is outstanding any more."""
    standing = connection.execute(_STANDING, {"run_id": run_id}).one()
    if standing.state not in ("exported", "accepted") or standing.outstanding:
        return
    is_paid = standing.paid or has_nothing_to_pay
    move(connection, run_id, "paid" if is_paid else "bank_rejected", by=by)


def accept_runs(connection: Connection, run_ids: Sequence[int], *, by: str) -> None:
    """Exported -> accepted: the bank has taken the file, and has paid nobody yet."""
    still_exported = connection.execute(
        text(
            "SELECT run_id FROM reimbursement_run WHERE run_id = ANY(:run_ids)"
            " AND state = 'exported' ORDER BY run_id"
        ),
        {"run_ids": sorted(set(run_ids))},
    )
    for run_id in still_exported.scalars().all():
        move(connection, run_id, "accepted", by=by)
