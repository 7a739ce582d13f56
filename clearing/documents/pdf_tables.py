"""The tables of a remittance's PDF: lines with their subtotal, the total, the seals.

Laws kept: heading rows come back on each page; a row is at most two lines high, whatever
was typed; amounts stand right, in figures of one width, so that columns can be added up.
Plain strings in cells and heights known beforehand: a run prints five thousand of these.

Refuses to know: pages, and the meaning of any figure.
"""

from typing import Any

from reportlab.platypus import LongTable, TableStyle

from clearing.documents.bordereau_view import BordereauView, Row, Section
from clearing.documents.pdf_style import (
    BLUE,
    CONTENT_WIDTH,
    GRID,
    INK,
    MIST,
    OCHRE,
    ON_BLUE,
    QUIET,
    RULE,
    WHITE,
)
from clearing.documents.pdf_text import BOLD, REGULAR, fit
from clearing.documents.wording import say

_SIZE = 7.5
_LEADING = 9.5
PADDING = 4.0
_SEAL_SIZE = 6.0

COLUMNS = (
    ("reference", 72.0),
    ("date", 52.0),
    ("hour", 34.0),
    ("outlet", 112.0),
    ("terminal", 60.0),
    ("delegate", 72.0),
    ("card", 50.0),
    ("amount", 60.0),
)
_WIDTHS = [width for _, width in COLUMNS]
_HEADING_ROWS = 2

BASE_STYLE: list[tuple[Any, ...]] = [
    ("FONT", (0, 0), (-1, -1), REGULAR, _SIZE, _LEADING),
    ("TEXTCOLOR", (0, 0), (-1, -1), INK),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
    ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]
_SECTION_STYLE = TableStyle(
    [
        *BASE_STYLE,
        ("FONT", (0, 0), (-1, 0), BOLD, 10, 12),
        ("TEXTCOLOR", (0, 0), (-1, 0), BLUE),
        ("FONT", (-1, 0), (-1, 0), REGULAR, _SIZE, _LEADING),
        ("TEXTCOLOR", (-1, 0), (-1, 0), QUIET),
        ("TEXTCOLOR", (0, 1), (-1, 1), QUIET),
        ("LINEBELOW", (0, 1), (-1, 1), 1, OCHRE),
        ("LINEBELOW", (0, 2), (-1, -3), 0.4, RULE),
        # First lines stand on one level, so that a reference and its amount are read together.
        ("VALIGN", (0, 2), (-1, -2), "TOP"),
        ("TOPPADDING", (0, 2), (-1, -2), 3.5),
        ("ALIGN", (-1, 0), (-1, -1), "RIGHT"),
        ("BACKGROUND", (0, -1), (-1, -1), MIST),
        ("FONT", (0, -1), (-1, -1), BOLD, 8, 10),
        ("TEXTCOLOR", (0, -1), (-1, -1), BLUE),
        # A subtotal alone at the head of a page says nothing of what it adds up.
        ("NOSPLIT", (0, -2), (-1, -1)),
    ]
)


def section_table(section: Section) -> LongTable:
    """The lines of one wallet, or the corrections, under a heading and over a subtotal."""
    title = _one(section.title, font=BOLD, size=10, width=CONTENT_WIDTH - 120)
    subtotal = _one(section.subtotal_label, font=BOLD, size=8, width=CONTENT_WIDTH - 120)
    cells = [
        _across(title, section.count),
        [say(f"columns.{name}") for name, _ in COLUMNS],
        *(_cells(row) for row in section.rows),
        _across(subtotal, section.subtotal),
    ]
    heights = [3 * GRID, 2 * GRID, *(_height(row) for row in cells[2:-1]), 2.5 * GRID]
    return LongTable(cells, _WIDTHS, heights, style=_SECTION_STYLE, repeatRows=_HEADING_ROWS)


def empty_table() -> LongTable:
    """What stands in the place of the sections when the fortnight had no operation."""
    style = TableStyle([*BASE_STYLE, ("TEXTCOLOR", (0, 0), (-1, -1), QUIET)])
    return LongTable([[say("sections.none")]], [CONTENT_WIDTH], [3 * GRID], style=style)


def note_table(note: str) -> LongTable:
    """A sentence between the lines and their total."""
    lines = fit(note, font=REGULAR, size=_SIZE, width=CONTENT_WIDTH - 2 * PADDING, max_lines=3)
    style = TableStyle([*BASE_STYLE, ("TEXTCOLOR", (0, 0), (-1, -1), INK)])
    height = GRID + _LEADING * len(lines)
    return LongTable([["\n".join(lines)]], [CONTENT_WIDTH], [height], style=style)


def total_table(view: BordereauView) -> LongTable:
    """The sum of all lines, in a band that cannot be missed."""
    style = TableStyle(
        [
            *BASE_STYLE,
            ("BACKGROUND", (0, 0), (-1, -1), BLUE),
            ("ROUNDEDCORNERS", [4, 4, 4, 4]),
            ("TEXTCOLOR", (0, 0), (-1, -1), WHITE),
            ("TEXTCOLOR", (1, 0), (1, 0), ON_BLUE),
            ("FONT", (0, 0), (0, 0), BOLD, 11, 14),
            ("FONT", (1, 0), (1, 0), REGULAR, 8, 10),
            ("FONT", (2, 0), (2, 0), BOLD, 14, 17),
            ("LEFTPADDING", (0, 0), (0, 0), 2 * GRID),
            ("RIGHTPADDING", (2, 0), (2, 0), 2 * GRID),
            ("ALIGN", (2, 0), (2, 0), "RIGHT"),
        ]
    )
    cells = [[say("sections.total"), view.total_count, view.total]]
    return LongTable(cells, [112, 160, 240], [4 * GRID], style=style)


def seal_table(view: BordereauView) -> LongTable:
    """The seals of the days in small print: dull to read, good to have in ten years."""
    rows = [
        [say("seals.title"), ""],
        [say("seals.why"), ""],
        *([day, _one(seal, font=REGULAR, size=_SEAL_SIZE, width=440)] for day, seal in view.seals),
    ]
    style = TableStyle(
        [
            *BASE_STYLE,
            ("FONT", (0, 0), (-1, -1), REGULAR, _SEAL_SIZE, GRID),
            ("TEXTCOLOR", (0, 0), (-1, -1), QUIET),
            ("FONT", (0, 0), (-1, 0), BOLD, _SIZE, _LEADING),
            ("TEXTCOLOR", (0, 0), (-1, 0), BLUE),
        ]
    )
    heights = [2 * GRID, 1.5 * GRID, *([GRID + 1] * len(view.seals))]
    # Two heading rows come back and at least one seal stands under them.
    return LongTable(rows, [52, CONTENT_WIDTH - 52], heights, style=style, repeatRows=2)


def _cells(row: Row) -> list[str]:
    origin = say("sections.origin", reference=row.origin) if row.origin else ""
    return [
        _lines(row.reference, origin, width=_WIDTHS[0]),
        row.day,
        row.hour,
        _lines(row.outlet, row.wallet, width=_WIDTHS[3]),
        _lines(row.terminal, "", width=_WIDTHS[4]),
        _lines(row.delegate, "", width=_WIDTHS[5]),
        _one(row.card, font=REGULAR, size=_SIZE, width=_WIDTHS[6] - 2 * PADDING),
        row.amount,
    ]


def _lines(text: str, second: str, *, width: float) -> str:
    """Two lines at most: the text wrapped, or the text on one and `second` under it."""
    room = width - 2 * PADDING
    lines = fit(text, font=REGULAR, size=_SIZE, width=room, max_lines=1 if second else 2)
    if second:
        lines += fit(second, font=REGULAR, size=_SIZE, width=room)
    return "\n".join(lines)


def _one(text: str, *, font: str, size: float, width: float) -> str:
    return fit(text, font=font, size=size, width=width)[0]


def _across(left: str, right: str) -> list[str]:
    # No SPAN: an empty neighbour lets the text run on, and spans are slow to lay out.
    return [left, *([""] * (len(COLUMNS) - 2)), right]


def _height(cells: list[str]) -> float:
    return 3 * GRID if any("\n" in cell for cell in cells) else 2 * GRID
