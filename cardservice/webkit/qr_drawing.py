"""A QR drawn into a page as SVG: no image to fetch, no style attribute, nothing kept anywhere.

The law: what a QR says may open something (a second factor, a day's pass): it is part of the page
of whoever may see it, and has no address of its own.
"""

from __future__ import annotations

from itertools import groupby

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M

_QUIET_ZONE_MODULES = 4
# What is put into it is escaped by Markup itself.
_SVG = Markup(
    '<svg role="img" aria-label="{label}" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
    '<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{dark}"/></svg>'
)


def qr_svg(content: str, *, label: str, mask: int | None = None) -> Markup:
    """An <svg> that a phone can read; `label` says what it is to whoever does not see it.

    The best of eight masks is sought unless one is given: readers know all of them, and seeking
    costs ten times the drawing, which counts where a page holds twenty.
    """
    drawing = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M, border=_QUIET_ZONE_MODULES, mask_pattern=mask
    )
    drawing.add_data(content)
    drawing.make(fit=True)
    modules = drawing.get_matrix()
    side = len(modules)
    dark = "".join(
        f"M{column} {line}h{length}v1h-{length}z"
        for line, row in enumerate(modules)
        for column, length in _runs(row)
    )
    # Always dark on white, also on a dark page: some readers know nothing else.
    return _SVG.format(label=label, side=side, dark=dark)


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Where dark modules begin in a line, and how many stand side by side."""
    runs, column = [], 0
    for is_dark, modules in groupby(row):
        length = len(list(modules))
        if is_dark:
            runs.append((column, length))
        column += length
    return runs
