"""What surrounds the tables on paper: the head of page one, the running head, the foot.

Laws kept (design §6): who is paid, for which days, when and how much can be read on page
one without turning it; « Page x / y » stands on every page; the IBAN comes masked.
Refuses to know: the lines. It draws the figures that the view gives and adds up none.
"""

from reportlab.pdfgen.canvas import Canvas

from clearing.documents.bordereau_view import BordereauView
from clearing.documents.pdf_code import SIDE, draw_code
from clearing.documents.pdf_pen import rule, write
from clearing.documents.pdf_style import (
    BLUE,
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
    WHITE,
)
from clearing.documents.pdf_text import BOLD, REGULAR, fit, text_width
from clearing.documents.wording import say

FIRST_PAGE_TOP = PAGE_HEIGHT - 43 * GRID

_COLUMN = 30 * GRID
_FACTS_LEFT = RIGHT - 30 * GRID
_PANEL_HEIGHT = 13 * GRID
_TRANSFER_WIDTH = 25 * GRID


def draw_first_page(canvas: Canvas, view: BordereauView) -> None:
    """Scheme, title, the two parties, the summary and the transfer."""
    write(canvas, view.scheme_name, LEFT, _down(6), font=BOLD, size=9, color=BLUE, width=400)
    canvas.setFillColor(OCHRE)
    canvas.rect(LEFT, _down(7.25), 4 * GRID, 3, stroke=0, fill=1)
    write(canvas, say("document.title"), LEFT, _down(10.5), font=BOLD, size=17, color=BLUE)
    write(canvas, view.number, LEFT, _down(12.75), size=11, color=QUIET)
    draw_code(canvas, view.signed_text, left=RIGHT - SIDE, bottom=_down(13.5))
    write(canvas, say("verification.short"), RIGHT, _down(14.5), size=6, color=QUIET, right=True)

    _draw_partner(canvas, view)
    _draw_facts(canvas, view)
    _draw_summary(canvas, view)
    _draw_transfer(canvas, view)


def draw_running_head(canvas: Canvas, view: BordereauView) -> None:
    """Later pages say whose they are, in case they part from the first."""
    write(canvas, view.running_title, LEFT, _down(6), font=BOLD, size=8, color=BLUE, width=320)
    partner = fit(view.partner_name, font=REGULAR, size=8, width=180)[0]
    write(canvas, partner, RIGHT, _down(6), size=8, color=QUIET, right=True)
    rule(canvas, _down(7), left=LEFT, right=RIGHT)


def draw_footer(canvas: Canvas, view: BordereauView, *, page: int, pages: int) -> None:
    """The number of the paper, the note about its amounts, the page."""
    rule(canvas, 5 * GRID, left=LEFT, right=RIGHT)
    write(canvas, say("document.amounts_note"), LEFT, 3.5 * GRID, size=7, color=QUIET)
    folio = say("document.page", page=str(page), pages=str(pages))
    write(canvas, folio, RIGHT, 3.5 * GRID, size=8, color=INK, right=True)


def _draw_partner(canvas: Canvas, view: BordereauView) -> None:
    write(canvas, say("labels.partner"), LEFT, _down(16.5), size=7.5, color=QUIET)
    y = _down(18.25)
    for line in fit(view.partner_name, font=BOLD, size=11, width=_COLUMN, max_lines=2):
        write(canvas, line, LEFT, y, font=BOLD, size=11, color=INK)
        y -= 14
    for line in fit(view.partner_address, font=REGULAR, size=8.5, width=_COLUMN, max_lines=2):
        write(canvas, line, LEFT, y, size=8.5, color=INK)
        y -= 12
    write(canvas, view.partner_siret, LEFT, y, size=8.5, color=INK, width=_COLUMN)


def _draw_facts(canvas: Canvas, view: BordereauView) -> None:
    y = _down(16.5)
    for label, value in view.facts:
        write(canvas, label, _FACTS_LEFT, y, size=7.5, color=QUIET)
        room = _COLUMN - text_width(label, font=REGULAR, size=7.5) - 2 * GRID
        shown = fit(value, font=REGULAR, size=8.5, width=room)[0]
        write(canvas, shown, RIGHT, y, size=8.5, color=INK, right=True)
        rule(canvas, y - 6, left=_FACTS_LEFT, right=RIGHT)
        y -= 2.25 * GRID


def _draw_summary(canvas: Canvas, view: BordereauView) -> None:
    bottom = _down(26.5) - _PANEL_HEIGHT
    width = CONTENT_WIDTH - _TRANSFER_WIDTH
    canvas.setFillColor(MIST)
    canvas.roundRect(LEFT, bottom, width + GRID, _PANEL_HEIGHT, 6, stroke=0, fill=1)
    step = (_PANEL_HEIGHT - 2 * GRID) / len(view.summary)
    y = bottom + _PANEL_HEIGHT - GRID - step / 2 - 3
    for label, amount in view.summary:
        write(canvas, label, LEFT + 2 * GRID, y, size=8.5, color=INK)
        write(canvas, amount, LEFT + width - 2 * GRID, y, size=8.5, color=INK, right=True)
        y -= step


def _draw_transfer(canvas: Canvas, view: BordereauView) -> None:
    bottom = _down(26.5) - _PANEL_HEIGHT
    left = RIGHT - _TRANSFER_WIDTH
    canvas.setFillColor(BLUE)
    canvas.roundRect(left, bottom, _TRANSFER_WIDTH, _PANEL_HEIGHT, 6, stroke=0, fill=1)
    inner_left, inner_right = left + 2 * GRID, RIGHT - 2 * GRID
    canvas.setFillColor(OCHRE)
    canvas.rect(inner_left, bottom + _PANEL_HEIGHT - 2 * GRID, 3 * GRID, 3, stroke=0, fill=1)
    top = bottom + _PANEL_HEIGHT - 4.25 * GRID
    write(canvas, say("summary.transfer"), inner_left, top, font=BOLD, size=10, color=WHITE)
    size = _size_that_fits(view.transfer, width=inner_right - inner_left)
    write(
        canvas,
        view.transfer,
        inner_right,
        bottom + 4 * GRID,
        font=BOLD,
        size=size,
        color=WHITE,
        right=True,
    )
    write(
        canvas, view.promised, inner_right, bottom + 1.75 * GRID, size=8, color=ON_BLUE, right=True
    )


def _size_that_fits(amount: str, *, width: float) -> float:
    # An amount is never cut: it shrinks.
    wanted = 26.0
    return min(wanted, wanted * width / text_width(amount, font=BOLD, size=wanted))


def _down(steps: float) -> float:
    return PAGE_HEIGHT - steps * GRID
