"""Spreadsheets with typed dates and amounts: one bordereau, or a run's partners.

Laws kept: amounts are numbers, so that they sum, and exact: cents become a decimal, never a float
of ours; a text is written as text, whatever it begins with. The same rows give the same bytes. Not
for a whole run's lines: a sheet holds a million rows, and the CSV any number.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]
from sqlalchemy import Connection, text
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from cardservice.domain.calendar import PARIS
from cardservice.ledger.streams import STREAMED
from clearing.documents.wording import say, wallet_label
from clearing.remittance import Remittance
from clearing.run.read_remittance import remittance_number

# In a file that is made twice, the time of making would be the one difference.
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_WIDTHS: Final = {"text": 28, "amount": 14, "day": 12, "count": 10}

_LINES: Final = (
    ("reference", "text"),
    ("date", "day"),
    ("hour", "text"),
    ("outlet", "text"),
    ("terminal", "text"),
    ("delegate", "text"),
    ("card", "text"),
    ("wallet", "text"),
    ("nature", "text"),
    ("amount", "amount"),
    ("origin", "text"),
)
_PARTNERS: Final = (
    ("remittance", "text"),
    ("partner", "text"),
    ("siret", "text"),
    ("debits", "count"),
    ("gross", "amount"),
    ("corrections", "amount"),
    ("carried_in", "amount"),
    ("re_presented", "amount"),
    ("to_pay", "amount"),
    ("carried_out", "amount"),
)
_OF_RUN: Final = text(
    "SELECT m.*, p.trade_name, p.siret, (SELECT count(*) FROM remittance_line l"
    "  WHERE l.remittance_id = m.remittance_id AND l.nature = 'debit') AS debits"
    " FROM remittance m JOIN partner p USING (partner_id)"
    " WHERE m.run_id = :run_id ORDER BY m.number NULLS LAST, m.remittance_id"
)


def bordereau_xlsx(remittance: Remittance) -> bytes:
    """One bordereau's lines: debits by wallet, then corrections, as on its paper."""
    lines = [line for wallet in remittance.wallet_totals() for line in remittance.lines_of(wallet)]
    lines += remittance.correction_lines()
    rows = (
        (
            line.reference,
            line.accepted_at.astimezone(PARIS).replace(tzinfo=None),
            line.accepted_at.astimezone(PARIS).strftime("%H:%M"),
            line.outlet,
            line.terminal,
            line.delegate or "",
            say("csv.card_masked", last4=line.card_last4),
            wallet_label(line.wallet),
            say(f"natures.{line.nature}"),
            line.amount_cents,
            line.origin_reference or "",
        )
        for line in lines
    )
    return _sheet(remittance.number, _LINES, rows)


def run_partners_xlsx(connection: Connection, run_id: int) -> bytes:
    """A run's partners, one row each, with what makes up each transfer."""
    rows = (
        (
            "" if row.number is None else remittance_number(row.number_year, row.number),
            row.trade_name,
            row.siret,
            row.debits,
            row.gross_cents,
            row.corrections_cents,
            row.carried_in_cents,
            row.re_presented_cents,
            row.transfer_cents,
            row.carried_out_cents,
        )
        for row in connection.execute(_OF_RUN, {"run_id": run_id}, execution_options=STREAMED)
    )
    return _sheet(say("sheets.partners"), _PARTNERS, rows)


def _sheet(name: str, columns: tuple[tuple[str, str], ...], rows: Any) -> bytes:
    output = io.BytesIO()
    # Each row leaves memory when the next one begins.
    book = xlsxwriter.Workbook(output, {"constant_memory": True})
    book.set_properties({"created": _MADE})
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bottom": 1})
    formats = {
        "amount": book.add_format({"num_format": '#,##0.00\\ "€"'}),
        "day": book.add_format({"num_format": "dd/mm/yyyy"}),
    }
    for column, (title, kind) in enumerate(columns):
        sheet.set_column(column, column, _WIDTHS[kind])
        sheet.write_string(0, column, say(f"columns.{title}"), head)
    sheet.freeze_panes(1, 0)
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, ((_, kind), value) in enumerate(zip(columns, row, strict=True)):
            _write_cell(sheet, last, column, kind, value, formats)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    book.close()
    return output.getvalue()


def _write_cell(
    sheet: Worksheet, row: int, column: int, kind: str, value: Any, formats: dict[str, Format]
) -> None:
    if kind == "amount":
        sheet.write_number(row, column, Decimal(value).scaleb(-2), formats["amount"])
    elif kind == "day":
        sheet.write_datetime(
            row, column, value.replace(hour=0, minute=0, second=0, microsecond=0), formats["day"]
        )
    elif kind == "count":
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, value)
