"""Tables cut into pages, before the first page is drawn: so « Page x / y » is known from the start.

Law kept: a block goes on where there is room and is cut between two rows, never inside one.
Refuses to know: what the tables say and what surrounds them.
"""

from collections.abc import Sequence
from typing import Protocol

from reportlab.pdfgen.canvas import Canvas


class Block(Protocol):
    """What can be cut into pages: reportlab's tables, and ours."""

    def wrap(self, width: float, room: float, /) -> tuple[float, float]:
        """Its width and height."""

    def split(self, width: float, room: float, /) -> "Sequence[Block]":
        """What fits into `room` and the rest; nothing when nothing fits."""

    def drawOn(self, canvas: Canvas, x: float, y: float, /) -> object:
        """Draws it with its lower left corner at `x`, `y`."""


# What stands on a page: a table and the height of its lower edge.
Page = list[tuple[Block, float]]


def paginate(
    blocks: Sequence[Block],
    *,
    width: float,
    first_top: float,
    top: float,
    bottom: float,
    gap: float,
) -> list[Page]:
    """The blocks one under the other; `first_top` is where they begin on page one."""
    pages: list[Page] = [[]]
    y = first_top
    for block in blocks:
        rest: Block | None = block
        while rest is not None:
            _, height = rest.wrap(width, y - bottom)
            # Splitting a table that fits would cost time and change nothing.
            fits = height <= y - bottom
            parts = [rest] if fits else rest.split(width, y - bottom)
            if parts:
                _, height = parts[0].wrap(width, y - bottom)
                y -= height
                pages[-1].append((parts[0], y))
                y -= gap
            else:
                assert pages[-1] or len(pages) == 1, "a row is never higher than a page"
            rest = None if fits else (parts[1] if parts else rest)
            if rest is not None:
                pages.append([])
                y = top
    return pages
