"""One line of text and one rule on a page, as every paper draws them.

Law kept: a text is cut to its room, never drawn over its neighbour. Refuses to know: which paper.
"""

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from clearing.documents.pdf_style import CONTENT_WIDTH, RULE
from clearing.documents.pdf_text import REGULAR, fit


def write(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    *,
    font: str = REGULAR,
    size: float,
    color: Color,
    width: float = CONTENT_WIDTH,
    right: bool = False,
) -> None:
    """`text` on one line from `x`, or up to `x` when `right`."""
    shown = fit(text, font=font, size=size, width=width)[0]
    canvas.setFont(font, size)
    canvas.setFillColor(color)
    if right:
        canvas.drawRightString(x, y, shown)
    else:
        canvas.drawString(x, y, shown)


def rule(canvas: Canvas, y: float, *, left: float, right: float) -> None:
    """A thin line across."""
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.6)
    canvas.line(left, y, right, y)
