"""A run's payment list, rendered with its papers, stored, and handed out once the run is exported.

The law: stored bytes are what everybody gets for ten years. Before the export nobody gets them: a
run that may still be cancelled must not be paid by hand.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.calendar import paris_day
from cardservice.domain.refusal import Refused
from clearing.documents.payment_list import (
    ListRow,
    PaymentList,
    list_claim,
    render_list_csv,
)
from clearing.documents.payment_list_pdf import render_list_pdf
from clearing.documents.signed_text import Sign, signed_text
from clearing.run.read_remittance import remittance_number
from clearing.run.record import Run
from clearing.run.stored import run_document

KINDS: Final = ("payment_list_csv", "payment_list_pdf")

_HEAD: Final = text(
    "SELECT r.period_key, r.attempt, f.starts_on, f.ends_before - 1 AS last_day,"
    " (SELECT at FROM run_event WHERE run_id = r.run_id AND state = 'approved'"
    "  ORDER BY event_id DESC LIMIT 1) AS approved_at,"
    " s.email AS prepared_by, a.email AS approved_by"
    " FROM reimbursement_run r JOIN fortnight f USING (period_key)"
    " JOIN agent s ON s.agent_id = r.submitted_by JOIN agent a ON a.agent_id = r.approved_by"
    " WHERE r.run_id = :run_id"
)
_ROWS: Final = text(
    "SELECT m.*, p.siret FROM remittance m JOIN partner p USING (partner_id)"
    " WHERE m.run_id = :run_id AND m.transfer_cents > 0 ORDER BY m.number"
)
_BY_WALLET: Final = text(
    "SELECT l.wallet, sum(l.amount_cents)::bigint AS cents"
    " FROM remittance_line l JOIN remittance m USING (remittance_id)"
    " WHERE m.run_id = :run_id AND m.transfer_cents > 0 GROUP BY l.wallet ORDER BY l.wallet"
)
_LACKS: Final = text(
    "SELECT EXISTS (SELECT FROM remittance WHERE run_id = :run_id AND transfer_cents > 0)"
    " AND (SELECT count(*) FROM document WHERE run_id = :run_id AND remittance_id IS NULL"
    "  AND kind IN ('payment_list_csv', 'payment_list_pdf')) < 2"
)


def list_lacks(connection: Connection, run_id: int) -> bool:
    """Whether a run pays somebody and has no payment list yet."""
    return bool(connection.execute(_LACKS, {"run_id": run_id}).scalar_one())


def read_payment_list(connection: Connection, run_id: int) -> PaymentList:
    """The list of a run that was approved."""
    head = connection.execute(_HEAD, {"run_id": run_id}).one()
    rows = connection.execute(_ROWS, {"run_id": run_id})
    return PaymentList(
        name=f"CJP-{head.period_key}-{head.attempt}",
        period_key=head.period_key,
        starts_on=head.starts_on,
        last_day=head.last_day,
        approved_on=paris_day(head.approved_at),
        prepared_by=head.prepared_by,
        approved_by=head.approved_by,
        rows=tuple(
            ListRow(
                number=remittance_number(row.number_year, row.number),
                creditor=row.holder_name,
                siret=row.siret,
                iban=row.iban,
                gross_cents=row.gross_cents,
                corrections_cents=row.corrections_cents,
                carried_in_cents=row.carried_in_cents,
                re_presented_cents=row.re_presented_cents,
                transfer_cents=row.transfer_cents,
            )
            for row in rows
        ),
        by_wallet=tuple(
            (row.wallet, row.cents) for row in connection.execute(_BY_WALLET, {"run_id": run_id})
        ),
    )


def render_list(payments: PaymentList, *, scheme_name: str, sign: Sign) -> dict[str, bytes]:
    """Both forms of the list, by kind of document."""
    code = signed_text(list_claim(payments), sign)
    pdf = render_list_pdf(payments, scheme_name=scheme_name, signed_text=code)
    return {"payment_list_csv": render_list_csv(payments), "payment_list_pdf": pdf}


def payment_list_of(connection: Connection, run: Run, kind: str) -> bytes | Refused | None:
    """The stored bytes (`kind` is one of KINDS); None for a run that pays nobody.

    Refused: run_not_exported.
    """
    assert kind in KINDS
    if run.exported_at is None:
        return Refused("run_not_exported", {"period": run.period_key})
    return run_document(connection, run.run_id, kind)
