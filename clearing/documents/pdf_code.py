"""The verification code drawn on paper: a QR of squares, no picture, sharp at any size.

Laws kept: level M and at least 28 mm a side, so that it is read from a photocopy; one fixed mask,
because trying all eight costs more than the rest of a page and the text is as good as random.
Refuses to know: what the text says.
"""

from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData
from reportlab.pdfgen.canvas import Canvas

from clearing.documents.pdf_style import INK

SIDE = 84.0
_MASK = 0


def draw_code(canvas: Canvas, text: str, *, left: float, bottom: float, side: float = SIDE) -> None:
    """Draws `text` (capitals, digits and `/`) as a QR; the white around it is the caller's."""
    modules = _modules(text)
    size = side / len(modules)
    path = canvas.beginPath()
    for number, row in enumerate(modules):
        top = bottom + side - number * size
        for start, end in _runs(row):
            path.rect(left + start * size, top - size, (end - start) * size, size)
    canvas.setFillColor(INK)
    canvas.drawPath(path, stroke=0, fill=1)


@lru_cache(maxsize=4)
def _modules(text: str) -> list[list[bool]]:
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=_MASK)
    drawing.add_data(QRData(text, mode=MODE_ALPHA_NUM), optimize=0)
    drawing.make(fit=True)
    return [[bool(dark) for dark in row] for row in drawing.get_matrix()]


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """The dark stretches of a row, so that neighbours leave no hair between them."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for at, dark in enumerate([*row, False]):
        if dark and start is None:
            start = at
        elif not dark and start is not None:
            found.append((start, at))
            start = None
    return found
