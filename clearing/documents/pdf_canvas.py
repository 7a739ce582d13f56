"""A canvas that spells a text and a place once: most cells of a bordereau come many times.

Law kept: the same operators as reportlab's own canvas writes, sooner. A text that was spelled is
kept for one file: the numbers of the signs are given out anew in each.

Refuses to know: what is written and where.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from reportlab.lib.rl_accel import fp_str
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

# A text in a font after a state of it, and its operators with the state they leave behind.
_Spelled = dict[tuple[str, str, float, float, int], tuple[str, int]]


class PaperCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas whose text objects share what they have spelled."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._spelled: _Spelled = {}
        super().__init__(*arguments, **named)

    def beginText(self, x: float = 0, y: float = 0, direction: str | None = None) -> PaperText:
        """A fresh text object."""
        return PaperText(self, self._spelled, x, y, direction)


class PaperText(PDFTextObject):  # type: ignore[misc]
    """A text object of a PaperCanvas."""

    _curSubset: int
    _code: list[str]

    def __init__(
        self, canvas: Canvas, spelled: _Spelled, x: float, y: float, direction: str | None
    ) -> None:
        self._spelled = spelled
        super().__init__(canvas, x, y, direction=direction)

    def put(self, x: float, y: float, *lines: str) -> None:
        """Lines one under the other from a place: what setTextOrigin and textLine write, without
        remembering where the pen stands; whoever moves it afterwards says where to."""
        self._code.append(f"1 0 0 1 {_number(x)} {_number(y)} Tm")
        for line in lines:
            self._code.append(f"{self._spell(line)} T*")

    def _spell(self, text: str) -> str:
        # Which part of the font is set already decides whether it is named again.
        key = (text, self._fontname, self._fontsize, self._leading, self._curSubset)
        known = self._spelled.get(key)
        if known is None:
            known = (self._formatText(text), self._curSubset)
            self._spelled[key] = known
        operators, self._curSubset = known
        return operators


@lru_cache(maxsize=4096)
def _number(points: float) -> str:
    spelled: str = fp_str(points)
    return spelled
