"""The papers of an approved run: every remittance as PDF, CSV and page, rendered once and stored.

The law: what is stored is what everybody gets for ten years; a paper that exists is never rendered
again. One transaction per remittance, so that a cut costs one paper and a rerun makes the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.short_code import operation_reference
from clearing.documents.bordereau_csv import render_csv
from clearing.documents.bordereau_page import render_page
from clearing.documents.bordereau_pdf import render_pdf
from clearing.remittance import Remittance, RemittanceLine

_LACKING = text(
    "SELECT m.remittance_id FROM remittance m WHERE m.run_id = :run_id"
    " AND (SELECT count(*) FROM document d WHERE d.remittance_id = m.remittance_id) < 3"
    " ORDER BY m.partner_id"
)
_HEAD = text(
    "SELECT m.*, r.period_key, f.starts_on, f.ends_before - 1 AS last_day, p.trade_name, p.siret,"
    " p.address, p.postal_code, p.commune"
    " FROM remittance m JOIN reimbursement_run r USING (run_id)"
    " JOIN fortnight f USING (period_key) JOIN partner p USING (partner_id)"
    " WHERE m.remittance_id = :remittance_id"
)
_LINES = text(
    "SELECT o.operation_no, o.accepted_at, coalesce(u.name, '–') AS outlet,"
    " coalesce(t.label, '–') AS terminal, c.last4,"
    " l.wallet, l.nature, l.amount_cents, origin.operation_no AS origin_no,"
    " nullif(concat_ws(' ', d.first_name, d.last_name), '') AS delegate"
    " FROM remittance_line l JOIN operation o USING (operation_id)"
    # Who acts in a debit is a delegate; in a regularisation it is an agent of the department.
    " LEFT JOIN delegate d ON d.delegate_id = o.actor_id AND o.kind = 'debit'"
    " LEFT JOIN outlet u ON u.outlet_id = o.outlet_id"
    " LEFT JOIN terminal t ON t.terminal_id = o.terminal_id"
    " JOIN card c ON c.card_id = o.card_id"
    " LEFT JOIN operation origin ON origin.operation_id = o.target_id"
    " WHERE l.remittance_id = :remittance_id ORDER BY o.operation_no"
)
# Every sealed day that a line of the remittance comes from, late ones included.
_SEALS = text(
    "SELECT b.business_day, b.seal FROM day_block b WHERE b.business_day IN ("
    "  SELECT o.business_day FROM remittance_line l JOIN operation o USING (operation_id)"
    "  WHERE l.remittance_id = :remittance_id) ORDER BY b.business_day"
)


def remittance_number(year: int, number: int) -> str:
    """The number that people read: `BR-2026-000123`."""
    return f"BR-{year}-{number:06d}"


def complete_papers(
    engine: Engine,
    run_id: int,
    *,
    scheme_name: str,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> int:
    """Renders and stores what is missing of a run's papers; returns how many remittances."""
    with unit_of_work(engine) as connection:
        lacking = list(connection.execute(_LACKING, {"run_id": run_id}).scalars())
    for done, remittance_id in enumerate(lacking, start=1):
        with unit_of_work(engine) as connection:
            _store_papers(connection, run_id, remittance_id, scheme_name)
        progress(done, len(lacking))
    return len(lacking)


def papers_are_complete(connection: Connection, run_id: int) -> bool:
    """Whether every remittance of a run has all its papers."""
    return connection.execute(_LACKING, {"run_id": run_id}).first() is None


def read_remittance(connection: Connection, remittance_id: int) -> Remittance:
    """A numbered remittance as its papers show it."""
    head = connection.execute(_HEAD, {"remittance_id": remittance_id}).one()
    lines = connection.execute(_LINES, {"remittance_id": remittance_id}).all()
    seals = connection.execute(_SEALS, {"remittance_id": remittance_id}).all()
    return Remittance(
        number=remittance_number(head.number_year, head.number),
        period_key=head.period_key,
        starts_on=head.starts_on,
        last_day=head.last_day,
        partner_name=head.trade_name,
        partner_siret=head.siret,
        partner_address=f"{head.address}, {head.postal_code} {head.commune}",
        holder_name=head.holder_name,
        iban=head.iban,
        lines=tuple(_line(row) for row in lines),
        carried_in_cents=head.carried_in_cents,
        re_presented_cents=head.re_presented_cents,
        seals=tuple((row.business_day, bytes(row.seal).hex()) for row in seals),
        paid_on=None,
    )


def _line(row: Row[Any]) -> RemittanceLine:
    return RemittanceLine(
        reference=operation_reference(row.operation_no),
        accepted_at=row.accepted_at,
        outlet=row.outlet,
        terminal=row.terminal,
        delegate=row.delegate,
        card_last4=row.last4,
        wallet=row.wallet,
        nature=row.nature,
        amount_cents=row.amount_cents,
        origin_reference=None if row.origin_no is None else operation_reference(row.origin_no),
    )


def _store_papers(
    connection: Connection, run_id: int, remittance_id: int, scheme_name: str
) -> None:
    remittance = read_remittance(connection, remittance_id)
    papers = {
        "pdf": render_pdf(remittance, scheme_name=scheme_name),
        "csv": render_csv(remittance),
        "html": render_page(remittance, scheme_name=scheme_name),
    }
    for kind, content in papers.items():
        store_document(connection, run_id, remittance_id, kind=kind, content=content)


def store_document(
    connection: Connection, run_id: int, remittance_id: int | None, *, kind: str, content: bytes
) -> str:
    """Stores a document unless it is there already; returns the SHA-256 of `content`."""
    sha256 = hashlib.sha256(content).hexdigest()
    connection.execute(
        text(
            "INSERT INTO document (run_id, remittance_id, kind, content, sha256, stored_at)"
            " VALUES (:run_id, :remittance_id, :kind, :content, :sha256, ledger_now())"
            " ON CONFLICT DO NOTHING"
        ),
        {
            "run_id": run_id,
            "remittance_id": remittance_id,
            "kind": kind,
            "content": content,
            "sha256": sha256,
        },
    )
    return sha256
