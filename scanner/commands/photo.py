"""The holder's photo in a terminal window, drawn with coloured half blocks, and gone afterwards.

The law: the photo is there while the cashier compares, on the terminal's second screen, and leaves
no trace on the first; it is never a file.
"""

from __future__ import annotations

import io
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click
from PIL import Image

from api_client.transport import Line

# What stands below the photo: the holder, two or three wallets, the question.
_LINES_BELOW: Final = 8
_MOST_ROWS: Final = 30
_MOST_PIXELS: Final = 4_000_000
_UPPER_HALF: Final = "\u2580"
# The terminal's second screen: what was on it is in no scrollback afterwards.
_OTHER_SCREEN: Final = "\x1b[?1049h\x1b[H\x1b[2J"
_SCREEN_AGAIN: Final = "\x1b[?1049l"


@contextmanager
def photo_shown(line: Line, photo_url: str | None) -> Iterator[None]:
    """Draws the photo for as long as the block lasts, if there is one and stderr is a screen."""
    content = line.photo(photo_url) if photo_url and sys.stderr.isatty() else None
    drawn = _half_blocks(content) if isinstance(content, bytes) else []
    if not drawn:
        yield
        return
    click.echo(_OTHER_SCREEN + "\n".join(drawn), err=True)
    try:
        yield
    finally:
        click.echo(_SCREEN_AGAIN, err=True, nl=False)


def _half_blocks(content: bytes) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
                if image.width * image.height > _MOST_PIXELS:
                    return []
                small = image.convert("RGB").resize(_fitting(image.width, image.height))
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


def _fitting(width: int, height: int) -> tuple[int, int]:
    """A row shows two pixels, one above the other; what is asked below must stay in sight."""
    screen = shutil.get_terminal_size()
    rows = min(_MOST_ROWS, max(4, screen.lines - _LINES_BELOW))
    scale = min(2 * rows / height, (screen.columns - 1) / width)
    return max(1, round(width * scale)), max(2, round(height * scale) // 2 * 2)


def _colour(image: Image.Image, x: int, y: int) -> str:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return ";".join(str(int(part)) for part in pixel[:3])
