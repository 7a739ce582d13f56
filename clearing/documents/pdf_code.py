"""The verification code drawn on paper: a QR of squares, no picture, sharp at any size.

Laws kept: level M and at least 28 mm a side, so that it is read from a photocopy. Made by the
library that also reads codes: ten times quicker than in Python, and a run draws five thousand.
Refuses to know: what the text says.
"""

from functools import lru_cache
from typing import Any

import zxingcpp
from reportlab.pdfgen.canvas import Canvas

from clearing.documents.pdf_style import INK

SIDE = 84.0


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
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = made.to_image(scale=1, add_quiet_zones=False)
    side, octets = image.shape[1], memoryview(image).tobytes()
    return [
        [brightness == 0 for brightness in octets[row : row + side]]
        for row in range(0, len(octets), side)
    ]


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
