"""The small tables of a remittance's PDF: the total, a note, the seals; the style of all papers.

Laws kept: heading rows come back on each page. Plain strings in cells and heights known beforehand.

Refuses to know: pages, and the meaning of any figure.
"""

from typing import Any

from reportlab.platypus import LongTable, TableStyle

from clearing.documents.bordereau_view import BordereauView
from clearing.documents.pdf_lines import LEADING, PADDING, SIZE
from clearing.documents.pdf_style import (
    BLUE,
    CONTENT_WIDTH,
    GRID,
    INK,
    ON_BLUE,
    QUIET,
    WHITE,
)
from clearing.documents.pdf_text import BOLD, REGULAR, fit
from clearing.documents.wording import say

_SEAL_SIZE = 6.0

BASE_STYLE: list[tuple[Any, ...]] = [
    ("FONT", (0, 0), (-1, -1), REGULAR, SIZE, LEADING),
    ("TEXTCOLOR", (0, 0), (-1, -1), INK),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
    ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


def empty_table() -> LongTable:
    """What stands in the place of the sections when the fortnight had no operation."""
    style = TableStyle([*BASE_STYLE, ("TEXTCOLOR", (0, 0), (-1, -1), QUIET)])
    return LongTable([[say("sections.none")]], [CONTENT_WIDTH], [3 * GRID], style=style)


def note_table(note: str) -> LongTable:
    """A sentence between the lines and their total."""
    lines = fit(note, font=REGULAR, size=SIZE, width=CONTENT_WIDTH - 2 * PADDING, max_lines=3)
    style = TableStyle([*BASE_STYLE, ("TEXTCOLOR", (0, 0), (-1, -1), INK)])
    height = GRID + LEADING * len(lines)
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
            ("FONT", (0, 0), (-1, 0), BOLD, SIZE, LEADING),
            ("TEXTCOLOR", (0, 0), (-1, 0), BLUE),
        ]
    )
    heights = [2 * GRID, 1.5 * GRID, *([GRID + 1] * len(view.seals))]
    # Two heading rows come back and at least one seal stands under them.
    return LongTable(rows, [52, CONTENT_WIDTH - 52], heights, style=style, repeatRows=2)


def _one(text: str, *, font: str, size: float, width: float) -> str:
    return fit(text, font=font, size=size, width=width)[0]
