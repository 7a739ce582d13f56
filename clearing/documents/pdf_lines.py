"""The lines of a section on paper: a heading that comes back on every page, rows, a subtotal.

Laws kept: a row is at most two lines high, whatever was typed, and never cut; the subtotal is never
parted from its last line; amounts stand right, in figures of one width, so that columns can be
added up. Drawn as one run of text for each page: a run prints five thousand of these, and a table
of cells that each know their style takes twice the time (docs/decisions/0035).

Refuses to know: pages, and the meaning of any figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NamedTuple

from clearing.documents.bordereau_view import Row, Section
from clearing.documents.pdf_canvas import PaperCanvas, PaperText
from clearing.documents.pdf_style import BLUE, CONTENT_WIDTH, GRID, INK, MIST, OCHRE, QUIET, RULE
from clearing.documents.pdf_text import BOLD, REGULAR, fit, text_width
from clearing.documents.wording import say

SIZE: Final = 7.5
LEADING: Final = 9.5
PADDING: Final = 4.0

COLUMNS: Final = (
    ("reference", 72.0),
    ("date", 52.0),
    ("hour", 34.0),
    ("outlet", 106.0),
    ("terminal", 60.0),
    ("delegate", 72.0),
    ("card", 56.0),
    ("amount", 60.0),
)
_WIDTHS: Final = tuple(width for _, width in COLUMNS)
# Where each column's text begins; the amount's ends at the right edge.
_LEFTS: Final = tuple(sum(_WIDTHS[:n]) + PADDING for n in range(len(COLUMNS) - 1))
_RIGHT: Final = CONTENT_WIDTH - PADDING

_TITLE_HEIGHT: Final = 3 * GRID
_NAMES_HEIGHT: Final = 2 * GRID
_ROW_HEIGHTS: Final = (2 * GRID, 3 * GRID)  # of one line, of two
_SUBTOTAL_HEIGHT: Final = 2.5 * GRID
# First lines stand on one level, so that a reference and its amount are read together.
_ROW_TOP: Final = 3.5 + SIZE


class Cells(NamedTuple):
    """What stands under each heading, on one line or two, and the height that takes."""

    height: float
    texts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SectionLines:
    """A section, or what of it stands on one page; `ends` with its subtotal."""

    title: str
    count: str
    rows: Sequence[Cells]
    subtotal_label: str
    subtotal: str
    ends: bool = True

    @property
    def height(self) -> float:
        """Points from the upper edge of the title to the lower edge of the last row."""
        rows = sum(row.height for row in self.rows)
        return _TITLE_HEIGHT + _NAMES_HEIGHT + rows + (_SUBTOTAL_HEIGHT if self.ends else 0)

    def wrap(self, width: float, _room: float) -> tuple[float, float]:
        """Its own width and height, whatever room there is."""
        return width, self.height

    def split(self, _width: float, room: float) -> list[SectionLines]:
        """What fits into `room` and the rest; nothing when not even one row fits."""
        room -= _TITLE_HEIGHT + _NAMES_HEIGHT
        fitting = 0
        # The last row waits for its subtotal: alone at the head of a page it adds up nothing.
        for row in self.rows[:-1]:
            room -= row.height
            if room < 0:
                break
            fitting += 1
        if not fitting:
            return []
        return [
            replace(self, rows=self.rows[:fitting], ends=False),
            replace(self, rows=self.rows[fitting:]),
        ]

    def drawOn(self, canvas: PaperCanvas, x: float, y: float) -> None:
        """Draws it with its lower left corner at `x`, `y`."""
        canvas.saveState()
        canvas.translate(x, y)
        self._draw_rules(canvas)
        text = canvas.beginText()
        self._write_heading(text)
        self._write_rows(text)
        if self.ends:
            text.setFont(BOLD, 8, 10)
            text.setFillColor(BLUE)
            base = _middle(0, _SUBTOTAL_HEIGHT, size=8, leading=10)
            text.put(PADDING, base, self.subtotal_label)
            _put_right(text, base, self.subtotal, font=BOLD, size=8)
        canvas.drawText(text)
        canvas.restoreState()

    def _draw_rules(self, canvas: PaperCanvas) -> None:
        if self.ends:
            canvas.setFillColor(MIST)
            canvas.rect(0, 0, CONTENT_WIDTH, _SUBTOTAL_HEIGHT, stroke=0, fill=1)
        y = self.height - _TITLE_HEIGHT - _NAMES_HEIGHT
        canvas.setStrokeColor(OCHRE)
        canvas.setLineWidth(1)
        canvas.line(0, y, CONTENT_WIDTH, y)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.4)
        under = []
        for row in self.rows[:-1] if self.ends else self.rows:
            y -= row.height
            under.append((0, y, CONTENT_WIDTH, y))
        canvas.lines(under)

    def _write_heading(self, text: PaperText) -> None:
        y = self.height - _TITLE_HEIGHT
        text.setFont(BOLD, 10, 12)
        text.setFillColor(BLUE)
        text.put(PADDING, _middle(y, _TITLE_HEIGHT, size=10, leading=12), self.title)
        text.setFont(REGULAR, SIZE, LEADING)
        text.setFillColor(QUIET)
        base = _middle(y, _TITLE_HEIGHT, size=SIZE, leading=LEADING)
        _put_right(text, base, self.count, font=REGULAR, size=SIZE)
        base = _middle(y - _NAMES_HEIGHT, _NAMES_HEIGHT, size=SIZE, leading=LEADING)
        *names, amount = (say(f"columns.{name}") for name, _ in COLUMNS)
        for left, name in zip(_LEFTS, names, strict=True):
            text.put(left, base, name)
        _put_right(text, base, amount, font=REGULAR, size=SIZE)

    def _write_rows(self, text: PaperText) -> None:
        text.setFillColor(INK)
        top = self.height - _TITLE_HEIGHT - _NAMES_HEIGHT
        for row in self.rows:
            base = top - _ROW_TOP
            *cells, (amount,) = row.texts
            for left, lines in zip(_LEFTS, cells, strict=True):
                text.put(left, base, *lines)
            _put_right(text, base, amount, font=REGULAR, size=SIZE)
            top -= row.height


def section_lines(section: Section) -> SectionLines:
    """The lines of one wallet, or the corrections, under a heading and over a subtotal."""
    room = CONTENT_WIDTH - 120
    return SectionLines(
        title=fit(section.title, font=BOLD, size=10, width=room)[0],
        count=section.count,
        rows=[_cells(row) for row in section.rows],
        subtotal_label=fit(section.subtotal_label, font=BOLD, size=8, width=room)[0],
        subtotal=section.subtotal,
    )


def _cells(row: Row) -> Cells:
    origin = say("sections.origin", reference=row.origin) if row.origin else ""
    texts = (
        _reference(row.reference, origin),
        (row.day,),
        (row.hour,),
        _lines(row.outlet, row.wallet, width=_WIDTHS[3]),
        _lines(row.terminal, "", width=_WIDTHS[4]),
        _lines(row.delegate, "", width=_WIDTHS[5]),
        fit(row.card, font=REGULAR, size=SIZE, width=_WIDTHS[6] - 2 * PADDING),
        (row.amount,),
    )
    return Cells(_ROW_HEIGHTS[max(map(len, texts)) - 1], texts)


def _reference(reference: str, origin: str) -> tuple[str, ...]:
    # Eight of our characters have room however wide they are; the ninth comes with a billion sales.
    if not origin and len(reference) <= 8:
        return (reference,)
    return _lines(reference, origin, width=_WIDTHS[0])


def _lines(text: str, second: str, *, width: float) -> tuple[str, ...]:
    """Two lines at most: the text wrapped, or the text on one and `second` under it."""
    room = width - 2 * PADDING
    lines = fit(text, font=REGULAR, size=SIZE, width=room, max_lines=1 if second else 2)
    return (*lines, *fit(second, font=REGULAR, size=SIZE, width=room)) if second else lines


def _middle(lower: float, height: float, *, size: float, leading: float) -> float:
    """Where one line stands that is in the middle of a row."""
    return lower + (height + leading) / 2 - size


def _put_right(text: PaperText, y: float, line: str, *, font: str, size: float) -> None:
    text.put(_RIGHT - _width_of(line, font, size), y, line)


@lru_cache(maxsize=4096)
def _width_of(amount: str, font: str, size: float) -> float:
    """Prices come again and again, and are short."""
    return text_width(amount, font=font, size=size)
