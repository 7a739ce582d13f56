"""The yardsticks of the clearing: the same work with nothing of ours around it.

Bare SQL for the draft, a bare ReportLab table for a bordereau, COPY for the CSV of a run.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.platypus import LongTable, SimpleDocTemplate
from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work

_TABLES = (
    "CREATE TABLE bare_remittance (remittance_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " partner_id bigint NOT NULL, amount_cents bigint NOT NULL)",
    "CREATE TABLE bare_line (remittance_id bigint NOT NULL, operation_id uuid NOT NULL,"
    " wallet text NOT NULL, amount_cents bigint NOT NULL)",
    "CREATE UNIQUE INDEX ON bare_line (operation_id)",
    "CREATE INDEX ON bare_line (remittance_id)",
)
_DRAFT = (
    "INSERT INTO bare_remittance (partner_id, amount_cents) SELECT partner_id, sum(amount_cents)"
    " FROM operation WHERE kind = 'debit' AND outcome = 'approved' GROUP BY partner_id",
    "INSERT INTO bare_line SELECT r.remittance_id, o.operation_id, o.wallet, o.amount_cents"
    " FROM operation o JOIN bare_remittance r USING (partner_id)"
    " WHERE o.kind = 'debit' AND o.outcome = 'approved'",
    "SELECT count(*), sum(amount_cents) FROM bare_line",
    "SELECT count(*), sum(amount_cents) FROM bare_remittance",
)
_COLUMNS = 8
_CSV = (
    "COPY (SELECT o.operation_no, to_char(o.accepted_at AT TIME ZONE 'Europe/Paris',"
    " 'DD/MM/YYYY'), to_char(o.accepted_at AT TIME ZONE 'Europe/Paris', 'HH24:MI'), u.name,"
    " t.label, c.last4, l.wallet, l.nature,"
    " replace(to_char(l.amount_cents / 100.0, 'FM999999990.00'), '.', ',')"
    " FROM remittance_line l JOIN operation o USING (operation_id)"
    " JOIN outlet u USING (outlet_id) JOIN terminal t USING (terminal_id)"
    " JOIN card c USING (card_id)) TO STDOUT (FORMAT csv, DELIMITER ';', HEADER)"
)


def bare_draft_seconds(owner: Engine) -> float:
    """Remittances and lines of every debit by bare SQL, in tables of their own, then removed."""
    with unit_of_work(owner) as connection:
        for table in _TABLES:
            connection.execute(text(table))
    started = monotonic()
    with unit_of_work(owner) as connection:
        for statement in _DRAFT:
            connection.execute(text(statement))
    seconds = monotonic() - started
    with unit_of_work(owner) as connection:
        connection.execute(text("DROP TABLE bare_line, bare_remittance"))
    return seconds


def bare_bordereau_seconds(*, lines: int, papers: int = 40) -> float:
    """One bordereau as a bare table of eight columns, one process: the mean of some."""
    row = ["TX26000001", "22/11/2026", "14:32", "Le Club", "Caisse 1", "A. Durand", "7QXR", "10,55"]
    assert len(row) == _COLUMNS
    started = monotonic()
    for _ in range(papers):
        paper = SimpleDocTemplate(BytesIO(), pagesize=A4, invariant=1)
        paper.build([LongTable([row] * lines, repeatRows=1)])
    return (monotonic() - started) / papers


def bare_copy_seconds(engine: Engine, path: Path) -> float:
    """The same rows, written for a French spreadsheet by the server, by COPY into a file."""
    with unit_of_work(engine) as connection, path.open("wb") as sink:
        driver: Any = connection.connection.driver_connection
        started = monotonic()
        with driver.cursor() as cursor, cursor.copy(_CSV) as copy:
            for part in copy:
                sink.write(part)
        return monotonic() - started
