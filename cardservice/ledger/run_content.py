"""What a submitted run froze: one digest over all that will be paid.

The law: approval, export and `cjeune proof` recompute it from the rows; one cent, account or line
that moved since the submission is found, as long as the digest beside it has not moved with it
(docs/decisions/0007).
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

from cardservice.ledger.streams import STREAMED

_REMITTANCES = text(
    "SELECT partner_id, gross_cents, corrections_cents, carried_in_cents, re_presented_cents,"
    " transfer_cents, carried_out_cents, iban, holder_name FROM remittance"
    " WHERE run_id = :run_id ORDER BY partner_id"
)
_LINES = text(
    "SELECT m.partner_id, l.operation_id, l.wallet, l.nature, l.amount_cents"
    " FROM remittance_line l JOIN remittance m USING (remittance_id)"
    " WHERE m.run_id = :run_id ORDER BY m.partner_id, l.operation_id"
)
# Without any, the digest is that of a run before money could be presented again.
_PRESENTED_AGAIN = text(
    "SELECT p.from_remittance_id, m.partner_id, m.presentation FROM remittance_re_presentation p"
    " JOIN remittance m ON m.remittance_id = p.into_remittance_id"
    " WHERE m.run_id = :run_id ORDER BY p.from_remittance_id"
)


def content_hash(connection: Connection, run_id: int) -> bytes:
    """SHA-256 (32 bytes) of a run's remittances, lines and what is presented again, streamed in a
    fixed order.

    Each field is written with its length, so that no two contents spell the same bytes.
    """
    digest = hashlib.sha256()
    for query in (_REMITTANCES, _LINES, _PRESENTED_AGAIN):
        for row in connection.execute(query, {"run_id": run_id}, execution_options=STREAMED):
            for value in row:
                field = str(value).encode()
                digest.update(len(field).to_bytes(4, "big"))
                digest.update(field)
    return digest.digest()
