"""The holder's photo in a terminal window, drawn with coloured half blocks, and gone afterwards.

The law: the photo is shown while the cashier compares and then erased; it is never a file.
"""

from __future__ import annotations

import io
import sys
import warnings
from typing import Final

import click
from PIL import Image

from api_client.transport import Line

_WIDTH: Final = 36
_MOST_PIXELS: Final = 4_000_000
_UPPER_HALF: Final = "\u2580"


def shown_photo(line: Line, photo_url: str | None) -> int:
    """Draws the photo on stderr if it is a screen; the number of lines drawn."""
    if photo_url is None or not sys.stderr.isatty():
        return 0
    content = line.photo(photo_url)
    drawn = _half_blocks(content) if isinstance(content, bytes) else []
    for row in drawn:
        click.echo(row, err=True)
    return len(drawn)


def erased(lines: int) -> None:
    """Takes what was drawn off the screen again, and what was written below it."""
    if lines:
        click.echo(f"\x1b[{lines}F\x1b[J", err=True, nl=False)


def _half_blocks(content: bytes) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
                if image.width * image.height > _MOST_PIXELS:
                    return []
                height = max(2, round(_WIDTH * image.height / image.width) // 2 * 2)
                small = image.convert("RGB").resize((_WIDTH, min(height, 60)))
    except Exception:
        # A codec may raise anything on a damaged file: the sale goes on without a photo.
        return []
    rows = []
    for y in range(0, small.height - 1, 2):
        cells = []
        for x in range(small.width):
            above, below = _colour(small, x, y), _colour(small, x, y + 1)
            cells.append(f"\x1b[38;2;{above}m\x1b[48;2;{below}m{_UPPER_HALF}")
        rows.append("".join(cells) + "\x1b[0m")
    return rows


def _colour(image: Image.Image, x: int, y: int) -> str:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return ";".join(str(int(part)) for part in pixel[:3])
