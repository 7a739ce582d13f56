"""A year's account on paper: its balance, its operations, its runs, and what was proved.

Laws kept: every table says what it adds up to and adds up to it; a difference that the proof has
found stands in words where everybody sees it. The same account gives the same bytes.
Refuses to know: where the figures come from.
"""

import io
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, TableStyle

from cardservice.domain.calendar import format_day
from cardservice.domain.money import format_euros
from clearing.documents.pdf_lines import PADDING
from clearing.documents.pdf_pages import paginate
from clearing.documents.pdf_pen import rule, write
from clearing.documents.pdf_style import (
    BLUE,
    BOTTOM,
    CONTENT_WIDTH,
    GRID,
    INK,
    LEFT,
    MIST,
    OCHRE,
    ON_BLUE,
    PAGE_HEIGHT,
    QUIET,
    RIGHT,
    RULE,
    TOP,
    WHITE,
)
from clearing.documents.pdf_tables import BASE_STYLE
from clearing.documents.pdf_text import BOLD, REGULAR, fit, load_fonts, text_width
from clearing.documents.wording import say, wallet_label
from clearing.year_figures import YearAccount

_FIRST_TOP = PAGE_HEIGHT - 30 * GRID
_SIZE = 7.5
# A text column is filled up to its width; every other column stands right.
_Rows = list[list[str]]


def render_account_pdf(account: YearAccount, *, scheme_name: str) -> bytes:
    """The bytes of the PDF."""
    load_fonts()
    blocks = [_balances(account), _operations(account), _runs(account), _evidence(account)]
    pages = paginate(
        blocks,
        width=CONTENT_WIDTH,
        first_top=_FIRST_TOP,
        top=TOP,
        bottom=BOTTOM,
        gap=2.5 * GRID,
    )
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=A4, invariant=1, pageCompression=1, lang="fr-FR")
    title = say("account.title", year=str(account.year))
    canvas.setTitle(title)
    canvas.setViewerPreference("DisplayDocTitle", "true")
    for number, page in enumerate(pages, start=1):
        if number == 1:
            _draw_head(canvas, account, scheme_name)
        else:
            write(canvas, title, LEFT, _down(6), font=BOLD, size=8, color=BLUE)
            rule(canvas, _down(7), left=LEFT, right=RIGHT)
        for table, lower_edge in page:
            table.drawOn(canvas, LEFT, lower_edge)
        rule(canvas, 5 * GRID, left=LEFT, right=RIGHT)
        write(canvas, say("account.note"), LEFT, 3.5 * GRID, size=7, color=QUIET)
        folio = say("document.page", page=str(number), pages=str(len(pages)))
        write(canvas, folio, RIGHT, 3.5 * GRID, size=8, color=INK, right=True)
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def _down(steps: float) -> float:
    return PAGE_HEIGHT - steps * GRID


def _draw_head(canvas: Canvas, account: YearAccount, scheme_name: str) -> None:
    write(canvas, scheme_name, LEFT, _down(6), font=BOLD, size=9, color=BLUE)
    canvas.setFillColor(OCHRE)
    canvas.rect(LEFT, _down(7.25), 4 * GRID, 3, stroke=0, fill=1)
    title = say("account.title", year=str(account.year))
    write(canvas, title, LEFT, _down(10.5), font=BOLD, size=17, color=BLUE)
    key = "whole" if account.is_whole else "until"
    span = say(f"account.{key}", day=format_day(account.last_day))
    write(canvas, span, LEFT, _down(12.75), size=11, color=QUIET)

    bottom, height = _down(26.5), 11 * GRID
    canvas.setFillColor(BLUE)
    canvas.roundRect(LEFT, bottom, CONTENT_WIDTH, height, 6, stroke=0, fill=1)
    shares = [
        (say("account.booked_debits"), _sum_of(account, "debit", "cancellation")),
        (say("account.sent"), sum(run.transfers_cents for run in account.runs)),
        (say("account.owed"), _closing(account, "partner_payable")),
    ]
    width = CONTENT_WIDTH / len(shares)
    for place, (label, cents) in enumerate(shares):
        left = LEFT + place * width + 2 * GRID
        canvas.setFillColor(OCHRE)
        canvas.rect(left, bottom + height - 2 * GRID, 3 * GRID, 3, stroke=0, fill=1)
        y = bottom + height - 4.25 * GRID
        write(canvas, label, left, y, size=8.5, color=ON_BLUE, width=width - 3 * GRID)
        amount = format_euros(cents)
        size = min(17.0, 17.0 * (width - 3 * GRID) / text_width(amount, font=BOLD, size=17.0))
        write(canvas, amount, left, bottom + 2.5 * GRID, font=BOLD, size=size, color=WHITE)


def _balances(account: YearAccount) -> LongTable:
    rows = [
        [
            say(f"accounts.{one.account}"),
            format_euros(one.opening_cents),
            format_euros(one.came_in_cents),
            format_euros(one.went_out_cents),
            format_euros(one.closing_cents),
        ]
        for one in account.balances
    ]
    total = [
        say("sections.total"),
        format_euros(sum(one.opening_cents for one in account.balances)),
        format_euros(sum(one.came_in_cents for one in account.balances)),
        format_euros(sum(one.went_out_cents for one in account.balances)),
        format_euros(sum(one.closing_cents for one in account.balances)),
    ]
    head = ["account", "opening", "came_in", "went_out", "closing"]
    return _table("balances", head, [168, 86, 86, 86, 86], [*rows, total], texts=1, has_total=True)


def _operations(account: YearAccount) -> LongTable:
    """By kind and wallet over the whole year; the months are in the CSV."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in account.booked:
        entry = sums[one.kind, one.wallet]
        entry[0] += one.count
        entry[1] += one.cents
    order = {kind: place for place, kind in enumerate(_kinds(account))}
    rows = [
        [say(f"kinds.{kind}"), wallet_label(wallet), _grouped(count), format_euros(cents)]
        for (kind, wallet), (count, cents) in sorted(
            sums.items(), key=lambda item: (order[item[0][0]], item[0][1])
        )
    ]
    head = ["kind", "wallet", "operations", "amount"]
    return _table("operations", head, [192, 152, 68, 100], rows, texts=2)


def _runs(account: YearAccount) -> LongTable:
    rows = [
        [
            run.period_key,
            say(f"run_states.{run.state}"),
            _grouped(run.partners),
            format_euros(run.gross_cents),
            format_euros(run.corrections_cents),
            format_euros(run.carried_in_cents + run.re_presented_cents - run.carried_out_cents),
            format_euros(run.transfers_cents),
        ]
        for run in account.runs
    ]
    runs = account.runs
    total = [
        say("sections.total"),
        "",
        _grouped(sum(run.partners for run in runs)),
        format_euros(sum(run.gross_cents for run in runs)),
        format_euros(sum(run.corrections_cents for run in runs)),
        format_euros(
            sum(
                run.carried_in_cents + run.re_presented_cents - run.carried_out_cents
                for run in runs
            )
        ),
        format_euros(sum(run.transfers_cents for run in runs)),
    ]
    head = ["run", "state", "remittances", "gross", "corrections", "between", "transfers"]
    widths = [58, 92, 62, 78, 70, 72, 80]
    return _table("runs", head, widths, [*rows, total], texts=2, has_total=True)


def _evidence(account: YearAccount) -> LongTable:
    found = account.evidence
    ledger = sum(one.closing_cents for one in account.balances)
    rows = [
        [
            say("account.replayed", count=_grouped(found.operations)),
            say("account.no_difference")
            if found.difference is None
            else say("account.differs", what=found.difference),
        ],
        [
            say("account.zero_sum"),
            say("account.no_difference")
            if ledger == 0
            else say("account.differs", what=format_euros(ledger)),
        ],
        [
            say("account.sealed", count=_grouped(found.sealed_days)),
            say("account.no_difference")
            if found.missing_days == 0
            else say("account.days_missing", count=_grouped(found.missing_days)),
        ],
        [
            say("account.papers", count=_grouped(found.papers)),
            say("account.no_difference")
            if found.changed_papers == 0
            else say("account.papers_changed", count=_grouped(found.changed_papers)),
        ],
        [say("account.last_seal", seal=found.last_seal), ""],
    ]
    return _table("evidence", ["checked", "found"], [380, 132], rows, texts=1)


def _table(
    name: str,
    head: list[str],
    widths: Sequence[float],
    rows: _Rows,
    *,
    texts: int,
    has_total: bool = False,
) -> LongTable:
    """A titled table; its first `texts` columns are words, the others figures."""
    cells = [
        [say(f"account.{name}"), *([""] * (len(head) - 1))],
        [say(f"columns.{column}") for column in head],
    ]
    for row in rows:
        shown = [
            fit(text, font=REGULAR, size=_SIZE, width=width - 2 * PADDING)[0]
            for text, width in zip(row[:texts], widths, strict=False)
        ]
        cells.append([*shown, *row[texts:]])
    style: list[tuple[Any, ...]] = [
        *BASE_STYLE,
        ("FONT", (0, 0), (-1, 0), BOLD, 10, 12),
        ("TEXTCOLOR", (0, 0), (-1, 0), BLUE),
        ("TEXTCOLOR", (0, 1), (-1, 1), QUIET),
        ("LINEBELOW", (0, 1), (-1, 1), 1, OCHRE),
        ("LINEBELOW", (0, 2), (-1, -1), 0.4, RULE),
        ("ALIGN", (texts, 0), (-1, -1), "RIGHT"),
    ]
    if has_total:
        style += [
            ("BACKGROUND", (0, -1), (-1, -1), MIST),
            ("FONT", (0, -1), (-1, -1), BOLD, _SIZE, 9.5),
            ("TEXTCOLOR", (0, -1), (-1, -1), BLUE),
            ("NOSPLIT", (0, max(len(cells) - 2, 2)), (-1, -1)),
        ]
    heights = [3 * GRID, 2 * GRID, *([2.25 * GRID] * len(rows))]
    return LongTable(cells, list(widths), heights, style=TableStyle(style), repeatRows=2)


def _kinds(account: YearAccount) -> list[str]:
    """The kinds in the order in which money goes on: from the grant to the bank."""
    from_first = [
        "grant", "debit", "cancellation", "regularisation", "late_regularisation",
        "regularisation_reversal", "late_regularisation_reversal", "lapse", "reimbursement",
        "payment_confirmed", "transfer_return", "paid_transfer_return",
    ]  # fmt: skip
    return from_first + sorted({one.kind for one in account.booked} - set(from_first))


def _sum_of(account: YearAccount, plus: str, minus: str) -> int:
    return sum(one.cents for one in account.booked if one.kind == plus) - sum(
        one.cents for one in account.booked if one.kind == minus
    )


def _closing(account: YearAccount, name: str) -> int:
    return next(one.closing_cents for one in account.balances if one.account == name)


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u00a0")
