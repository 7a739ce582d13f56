"""A holder's photo in coloured half blocks, small; never stored, nothing when it is no image."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, UnidentifiedImageError
from rich.style import Style
from rich.text import Text

COLUMNS: Final = 26
_ROWS: Final = 15


def photo_text(data: bytes) -> Text | None:
    """The photo, two pixels to a character; None when it cannot be read."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.thumbnail((COLUMNS, _ROWS * 2))
            small = image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    text = Text(no_wrap=True)
    for row in range(0, small.height - 1, 2):
        for column in range(small.width):
            upper, lower = small.getpixel((column, row)), small.getpixel((column, row + 1))
            text.append("▀", Style(color=_hex(upper), bgcolor=_hex(lower)))
        text.append("\n")
    return text


def _hex(pixel: object) -> str:
    assert isinstance(pixel, tuple)
    return "#{:02x}{:02x}{:02x}".format(*pixel)
