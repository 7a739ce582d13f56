"""The proof of what was paid: runs, remittances and papers are what the operations make of them.

The law: a line is its operation, a remittance its lines, a reimbursement its remittance, and a
stored paper its own digest; what was submitted has not moved since; no partner is paid more than he
is owed, and nothing twice.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

from cardservice.ledger.proof_answers import first_answer_difference
from cardservice.ledger.proof_rows import Difference
from cardservice.ledger.run_content import content_hash
from cardservice.ledger.streams import STREAMED

# Each query finds the keys of rows that break one law, the first one first: (table, field, query).
_LAWS: tuple[tuple[str, str, str], ...] = (
    (
        "remittance_line",
        "amount_cents",
        # A line says what its operation says, and only what can be owed is on a line.
        "SELECT l.operation_id FROM remittance_line l"
        " LEFT JOIN owed_operation o USING (operation_id)"
        " WHERE o.operation_id IS NULL OR l.wallet <> o.wallet OR l.nature <> o.nature"
        " OR l.amount_cents <> o.amount_cents"
        " ORDER BY l.operation_id LIMIT 1",
    ),
    (
        "remittance_line",
        "operation_id",
        # The unique key holds for live lines; this holds for whatever happened to `live`. A debit
        # that went to the bank is never freed: what comes back is presented again as money.
        "SELECT l.operation_id FROM remittance_line l JOIN remittance m USING (remittance_id)"
        " JOIN reimbursement_run r USING (run_id) WHERE r.state <> 'cancelled'"
        " GROUP BY l.operation_id HAVING count(*) > 1 ORDER BY 1 LIMIT 1",
    ),
    (
        "remittance",
        "gross_cents",
        "SELECT m.remittance_id FROM remittance m LEFT JOIN remittance_line l USING (remittance_id)"
        " GROUP BY m.remittance_id"
        " HAVING m.gross_cents"
        "     <> coalesce(sum(l.amount_cents) FILTER (WHERE l.nature = 'debit'), 0)"
        " OR m.corrections_cents"
        "     <> coalesce(sum(l.amount_cents) FILTER (WHERE l.nature <> 'debit'), 0)"
        " ORDER BY 1 LIMIT 1",
    ),
    (
        "reimbursement_run",
        "transfers_cents",
        "SELECT r.run_id FROM reimbursement_run r LEFT JOIN remittance m USING (run_id)"
        " GROUP BY r.run_id HAVING r.transfers_cents <> coalesce(sum(m.transfer_cents), 0)"
        " OR r.gross_cents <> coalesce(sum(m.gross_cents), 0) ORDER BY 1 LIMIT 1",
    ),
    (
        "operation",
        "amount_cents",
        # What left a partner's account for the bank is what his exported remittances were paid.
        "SELECT coalesce(booked.partner_id, paid.partner_id) FROM"
        " (SELECT partner_id, wallet, sum(amount_cents) AS cents FROM operation"
        "  WHERE kind = 'reimbursement' AND outcome = 'approved' GROUP BY 1, 2) booked"
        " FULL JOIN (SELECT m.partner_id, p.wallet, sum(p.amount_cents) AS cents"
        "  FROM remittance_payment p JOIN remittance m USING (remittance_id) GROUP BY 1, 2) paid"
        " USING (partner_id, wallet)"
        " WHERE booked.cents IS DISTINCT FROM paid.cents ORDER BY 1 LIMIT 1",
    ),
    (
        "remittance",
        "transfer_cents",
        # And that is the one sum of its transfer.
        "SELECT m.remittance_id FROM remittance m JOIN reimbursement_run r USING (run_id)"
        " LEFT JOIN remittance_payment p USING (remittance_id)"
        " GROUP BY m.remittance_id, r.exported_at HAVING coalesce(sum(p.amount_cents), 0) <>"
        "  CASE WHEN r.exported_at IS NOT NULL THEN m.transfer_cents ELSE 0 END"
        " ORDER BY 1 LIMIT 1",
    ),
    (
        "remittance",
        "carried_in_cents",
        # What is carried in is what earlier ones of the same partner could not take back.
        "SELECT m.remittance_id FROM remittance m JOIN reimbursement_run r USING (run_id)"
        " LEFT JOIN remittance_carry c ON c.into_remittance_id = m.remittance_id"
        " LEFT JOIN remittance before ON before.remittance_id = c.from_remittance_id"
        "  AND before.partner_id = m.partner_id"
        # A cancelled run keeps its figures, and carries nothing any more.
        " WHERE r.state <> 'cancelled'"
        " GROUP BY m.remittance_id"
        " HAVING m.carried_in_cents <> coalesce(sum(before.carried_out_cents), 0)"
        " ORDER BY 1 LIMIT 1",
    ),
)


def first_run_difference(connection: Connection) -> Difference | None:
    """The first row of the clearing house that the operations do not bear out."""
    for table, field, query in _LAWS:
        broken = connection.execute(text(query)).scalar_one_or_none()
        if broken is not None:
            return Difference(table, str(broken), field)
    return (
        first_answer_difference(connection)
        or _first_moved_content(connection)
        or _first_changed_paper(connection)
    )


def _first_moved_content(connection: Connection) -> Difference | None:
    """What was submitted, to the accounts it is paid to, is what is paid."""
    runs = connection.execute(
        text(
            "SELECT run_id, content_hash FROM reimbursement_run"
            " WHERE state NOT IN ('draft', 'rejected', 'cancelled') ORDER BY run_id"
        )
    ).all()
    for run in runs:
        if content_hash(connection, run.run_id) != run.content_hash:
            return Difference("reimbursement_run", str(run.run_id), "content_hash")
    return None


def _first_changed_paper(connection: Connection) -> Difference | None:
    papers = connection.execute(
        text("SELECT document_id, content, sha256 FROM document ORDER BY document_id"),
        execution_options={**STREAMED, "yield_per": 20},
    )
    for paper in papers:
        if hashlib.sha256(bytes(paper.content)).hexdigest() != paper.sha256:
            return Difference("document", str(paper.document_id), "content")
    return None
