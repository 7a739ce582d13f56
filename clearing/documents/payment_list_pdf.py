"""The payment list on paper: A4 across, its total in letters, and room for two signatures.

Laws kept: the same list gives the same bytes; headings come back on every page; the accounts are
printed whole and grouped by four, because a person compares them; the code at the head is signed.
Refuses to know: where the figures come from; it only adds up columns.
"""

import io
from collections.abc import Callable

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, TableStyle

from cardservice.domain.calendar import format_day
from cardservice.domain.money import format_euros
from clearing.documents.amount_in_words import amount_in_words
from clearing.documents.payment_list import ListRow, PaymentList
from clearing.documents.pdf_code import SIDE, draw_code
from clearing.documents.pdf_lines import PADDING
from clearing.documents.pdf_pages import paginate
from clearing.documents.pdf_pen import rule, write
from clearing.documents.pdf_style import BLUE, GRID, INK, MIST, OCHRE, QUIET, RULE, WHITE
from clearing.documents.pdf_tables import BASE_STYLE
from clearing.documents.pdf_text import BOLD, REGULAR, fit, load_fonts, text_width
from clearing.documents.wording import say, wallet_label

_WIDTH, _HEIGHT = landscape(A4)
_CONTENT = 95 * GRID
LEFT = (_WIDTH - _CONTENT) / 2
RIGHT = LEFT + _CONTENT
FIRST_TOP = _HEIGHT - 32 * GRID
_TOP = _HEIGHT - 9 * GRID
_BOTTOM = 7 * GRID
_SIZE = 7.5
_HEADING = 2 * GRID
_ROW = 3 * GRID

COLUMNS = (
    ("order", 32.0),
    ("remittance", 106.0),
    ("creditor", 184.0),
    ("list_iban", 150.0),
    ("gross", 62.0),
    ("corrections", 62.0),
    ("carried_in", 50.0),
    ("re_presented", 50.0),
    ("to_pay", 64.0),
)
_WIDTHS = [width for _, width in COLUMNS]
_TOTAL_STYLE = (
    ("BACKGROUND", (0, -1), (-1, -1), MIST),
    ("FONT", (0, -1), (-1, -1), BOLD, _SIZE, 9.5),
    ("TEXTCOLOR", (0, -1), (-1, -1), BLUE),
    ("NOSPLIT", (0, -2), (-1, -1)),
)
_AMOUNTS: tuple[Callable[[ListRow], int], ...] = (
    lambda row: row.gross_cents,
    lambda row: row.corrections_cents,
    lambda row: row.carried_in_cents,
    lambda row: row.re_presented_cents,
    lambda row: row.transfer_cents,
)


def render_list_pdf(payments: PaymentList, *, scheme_name: str, signed_text: str) -> bytes:
    """The bytes of the PDF; `signed_text` stands in its QR."""
    load_fonts()
    pages = paginate(
        [*_rows_tables(payments), _closing_table(payments)],
        width=_CONTENT,
        first_top=FIRST_TOP,
        top=_TOP,
        bottom=_BOTTOM,
        gap=2 * GRID,
    )
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=(_WIDTH, _HEIGHT), invariant=1, pageCompression=1, lang="fr")
    canvas.setTitle(say("payment_list.running_title", name=payments.name))
    canvas.setViewerPreference("DisplayDocTitle", "true")
    for number, page in enumerate(pages, start=1):
        if number == 1:
            _draw_head(canvas, payments, scheme_name, signed_text)
        else:
            _draw_running_head(canvas, payments)
        for table, lower_edge in page:
            table.drawOn(canvas, LEFT, lower_edge)
        _draw_foot(canvas, page=number, pages=len(pages))
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def iban_in_fours(iban: str) -> str:
    """`FR76 3000 4000 …`, as people compare account numbers."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def _down(steps: float) -> float:
    top: float = _HEIGHT - steps * GRID
    return top


def _draw_head(canvas: Canvas, payments: PaymentList, scheme: str, code: str) -> None:
    write(canvas, scheme, LEFT, _down(6), font=BOLD, size=9, color=BLUE)
    canvas.setFillColor(OCHRE)
    canvas.rect(LEFT, _down(7.25), 4 * GRID, 3, stroke=0, fill=1)
    title = say("payment_list.title")
    write(canvas, title, LEFT, _down(10.5), font=BOLD, size=17, color=BLUE)
    number = say("document.number", number=payments.name)
    write(canvas, number, LEFT, _down(12.75), size=11, color=QUIET)
    draw_code(canvas, code, left=RIGHT - SIDE, bottom=_down(13.5))
    caption = say("payment_list.short")
    write(canvas, caption, RIGHT, _down(14.5), size=6, color=QUIET, right=True)
    _draw_facts(canvas, payments)
    _draw_total(canvas, payments)


def _draw_facts(canvas: Canvas, payments: PaymentList) -> None:
    first, last = format_day(payments.starts_on), format_day(payments.last_day)
    facts = [
        (say("labels.period"), say("document.period", first=first, last=last)),
        (say("payment_list.approved"), format_day(payments.approved_on)),
        (say("payment_list.prepared_by"), payments.prepared_by),
        (say("payment_list.approved_by"), payments.approved_by),
    ]
    right = LEFT + 38 * GRID
    y = _down(18.5)
    for label, value in facts:
        write(canvas, label, LEFT, y, size=7.5, color=QUIET)
        write(canvas, value, right, y, size=8.5, color=INK, width=26 * GRID, right=True)
        rule(canvas, y - 6, left=LEFT, right=right)
        y -= 2.4 * GRID


def _draw_total(canvas: Canvas, payments: PaymentList) -> None:
    """How much goes to which wallet, and what is paid in all."""
    panel_left, bottom, height = LEFT + 42 * GRID, _down(29), 13 * GRID
    canvas.setFillColor(MIST)
    panel_right = RIGHT - 25 * GRID
    canvas.roundRect(panel_left, bottom, 29 * GRID, height, 6, stroke=0, fill=1)
    before = sum(row.carried_in_cents + row.re_presented_cents for row in payments.rows)
    shares = [(wallet_label(wallet), cents) for wallet, cents in payments.by_wallet]
    shares.append((say("payment_list.before"), before))
    y = bottom + height - 2.5 * GRID
    write(canvas, say("payment_list.shares"), panel_left + 16, y, size=7.5, color=QUIET)
    for label, cents in shares:
        y -= 2.75 * GRID
        write(canvas, label, panel_left + 16, y, size=8, color=INK, width=130)
        amount = format_euros(cents)
        write(canvas, amount, panel_right - 16, y, size=8, color=INK, right=True)

    left = RIGHT - 25 * GRID
    canvas.setFillColor(BLUE)
    canvas.roundRect(left, bottom, 25 * GRID, height, 6, stroke=0, fill=1)
    canvas.setFillColor(OCHRE)
    canvas.rect(left + 16, bottom + height - 2 * GRID, 3 * GRID, 3, stroke=0, fill=1)
    y = bottom + height - 4.25 * GRID
    write(canvas, say("payment_list.total"), left + 16, y, font=BOLD, size=10, color=WHITE)
    total = format_euros(payments.total_cents)
    size = min(24.0, 24.0 * 21 * GRID / text_width(total, font=BOLD, size=24.0))
    y = bottom + 4 * GRID
    write(canvas, total, RIGHT - 16, y, font=BOLD, size=size, color=WHITE, right=True)
    y = bottom + 1.75 * GRID
    write(canvas, _count(payments), RIGHT - 16, y, size=8, color=WHITE, right=True)


def _draw_running_head(canvas: Canvas, payments: PaymentList) -> None:
    title = say("payment_list.running_title", name=payments.name)
    write(canvas, title, LEFT, _down(6), font=BOLD, size=8, color=BLUE)
    write(canvas, _count(payments), RIGHT, _down(6), size=8, color=QUIET, right=True)
    rule(canvas, _down(7), left=LEFT, right=RIGHT)


def _draw_foot(canvas: Canvas, *, page: int, pages: int) -> None:
    rule(canvas, 5 * GRID, left=LEFT, right=RIGHT)
    write(canvas, say("payment_list.note"), LEFT, 3.5 * GRID, size=7, color=QUIET)
    folio = say("document.page", page=str(page), pages=str(pages))
    write(canvas, folio, RIGHT, 3.5 * GRID, size=8, color=INK, right=True)


def _rows_tables(payments: PaymentList) -> list[LongTable]:
    """A table for each page: one over all pages would be measured again at every cut."""
    cells: list[list[str]] = []
    for order, row in enumerate(payments.rows, start=1):
        room = _WIDTHS[2] - 2 * PADDING
        creditor = fit(row.creditor, font=REGULAR, size=_SIZE, width=room, max_lines=2)
        siret = say("labels.siret", siret=row.siret)
        amounts = [format_euros(amount(row)) for amount in _AMOUNTS]
        cells.append(
            [
                str(order),
                f"{row.number}\n{siret}",
                "\n".join(creditor),
                iban_in_fours(row.iban),
                *amounts,
            ]
        )
    totals = [format_euros(sum(map(amount, payments.rows))) for amount in _AMOUNTS]
    tables = []
    room = FIRST_TOP - _BOTTOM
    while cells:
        fitting = int((room - _HEADING) // _ROW)
        page, cells = cells[:fitting], cells[fitting:]
        tables.append(_rows_table(page, is_last=not cells, totals=totals))
        room = _TOP - _BOTTOM
    return tables


def _rows_table(rows: list[list[str]], *, is_last: bool, totals: list[str]) -> LongTable:
    cells = [[say(f"columns.{name}") for name, _ in COLUMNS], *rows]
    heights = [_HEADING, *([_ROW] * len(rows))]
    if is_last:
        cells.append([say("sections.total"), "", "", "", *totals])
        heights.append(2.75 * GRID)
    last = -2 if is_last else -1
    style = TableStyle(
        [
            *BASE_STYLE,
            ("TEXTCOLOR", (0, 0), (-1, 0), QUIET),
            ("LINEBELOW", (0, 0), (-1, 0), 1, OCHRE),
            ("LINEBELOW", (0, 1), (-1, last), 0.4, RULE),
            ("VALIGN", (0, 1), (-1, last), "TOP"),
            ("TOPPADDING", (0, 1), (-1, last), 3.5),
            ("ALIGN", (4, 0), (-1, -1), "RIGHT"),
            ("FONT", (-1, 1), (-1, -1), BOLD, _SIZE, 9.5),
            *(_TOTAL_STYLE if is_last else ()),
        ]
    )
    return LongTable(cells, _WIDTHS, heights, style=style, repeatRows=1)


def _closing_table(payments: PaymentList) -> LongTable:
    """The total in letters, and where the two signatures go; never cut in two."""
    words = say("payment_list.closed_at", words=amount_in_words(payments.total_cents))
    lines = fit(words, font=BOLD, size=9, width=_CONTENT - 4 * GRID, max_lines=2)
    cells = [
        ["\n".join(lines), ""],
        [say("payment_list.orderer"), say("payment_list.accountant")],
        [say("payment_list.signature"), say("payment_list.signature")],
    ]
    style = TableStyle(
        [
            *BASE_STYLE,
            ("FONT", (0, 0), (-1, 0), BOLD, 9, 12),
            ("TEXTCOLOR", (0, 0), (-1, 0), BLUE),
            ("FONT", (0, 1), (-1, 1), BOLD, 8, 10),
            ("TEXTCOLOR", (0, 2), (-1, 2), QUIET),
            ("VALIGN", (0, 2), (-1, 2), "TOP"),
            ("LEFTPADDING", (0, 1), (-1, -1), 2 * GRID),
            ("BOX", (0, 1), (0, 2), 0.6, RULE),
            ("BOX", (1, 1), (1, 2), 0.6, RULE),
            ("NOSPLIT", (0, 0), (-1, -1)),
        ]
    )
    heights = [2 * GRID + 12.0 * len(lines), 2.5 * GRID, 9 * GRID]
    return LongTable(cells, [_CONTENT / 2] * 2, heights, style=style)


def _count(payments: PaymentList) -> str:
    key = "count_one" if len(payments.rows) == 1 else "count_many"
    return say(f"payment_list.{key}", count=str(len(payments.rows)))
