"""The icon of the phone terminal on a home screen: our card on the département's colour, as PNG.

The law: what matters lies inside the circle of 80 % that phones may cut an icon to. Drawn once at
four times its size, when it is first asked for.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

ICON_SIDES: Final = (180, 192, 512)
_COLOUR: Final = "#12457f"
_ACCENT: Final = "#d99a2b"
_FINER: Final = 4


@lru_cache(maxsize=len(ICON_SIDES))
def drawn_icon(side: int, colour: str | None, accent: str | None) -> bytes:
    """A PNG file of `side` pixels each way: a card with its band, and the waves of a reading."""
    ground, glow = colour or _COLOUR, accent or _ACCENT
    unit = side * _FINER // 64
    image = Image.new("RGB", (64 * unit, 64 * unit), ground)
    pen = ImageDraw.Draw(image)

    def box(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
        return (left * unit, top * unit, right * unit, bottom * unit)

    pen.rounded_rectangle(box(13, 21, 51, 46), radius=4 * unit, fill="#ffffff")
    pen.rectangle(box(13, 27, 51, 31), fill=glow)
    for left, top in ((18, 35), (25, 35), (18, 41), (32, 41)):
        pen.rectangle(box(left, top, left + 4, top + 3), fill=ground)
    pen.rounded_rectangle(box(38, 36, 47, 42), radius=unit, fill=ground)
    for reach in (5, 10):
        pen.arc(box(32 - reach, 16 - reach, 32 + reach, 16 + reach), 215, 325, "#ffffff", 2 * unit)
    file = io.BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS).save(file, "PNG")
    return file.getvalue()
