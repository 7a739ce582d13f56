"""Text on paper: the embedded font, what it can write, and how much of it fits.

Law kept: nothing typed by a person can break a page. What the font lacks is replaced by a
visible mark, what is too long is wrapped, then cut with an ellipsis; U+00A0 is the only
no-break space (reportlab draws it as a plain one). The font is the one inside the reportlab
package, embedded in the file, so that a paper reads the same in ten years on a machine
without it.

Refuses to know: remittances and where on the page a text stands.
"""

import re
import unicodedata
from functools import lru_cache
from importlib import resources

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR = "CJeuneVera"
BOLD = "CJeuneVeraBold"
MISSING = "◊"

_FILES = {REGULAR: "Vera.ttf", BOLD: "VeraBd.ttf"}
_NO_BREAK_SPACE = "\u00a0"
_ELLIPSIS = "…"
# No field of a page holds more, even of the narrowest letter; wrapping a novel costs time.
_LONGEST = 1000


@lru_cache(maxsize=1)
def load_fonts() -> None:
    """Registers both weights with reportlab; safe to call before every document."""
    # Streams as they are, not spelled in letters: a fifth less to keep for ten years.
    rl_config.useA85 = 0
    folder = resources.files("reportlab") / "fonts"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))


def printable(text: str) -> str:
    """`text` in the signs of the font: base letter for an unknown accent, else a lozenge."""
    return unicodedata.normalize("NFC", text).translate(_signs())


def fit(text: str, *, font: str, size: float, width: float, max_lines: int = 1) -> tuple[str, ...]:
    """`text` on at most `max_lines` lines of `width` points; one empty line for no text."""
    # Cut before the cache, or a hostile name would be kept there whole.
    short = f"{text[:_LONGEST]}{_ELLIPSIS}" if len(text) > _LONGEST else text
    return _fit(short, font, size, width, max_lines)


@lru_cache(maxsize=4096)
def _fit(text: str, font: str, size: float, width: float, max_lines: int) -> tuple[str, ...]:
    remaining = re.sub(" +", " ", printable(text)).strip(" ")
    lines: list[str] = []
    while len(lines) < max_lines - 1:
        end = _longest_prefix(remaining, font, size, width)
        if end == len(remaining):
            break
        # After a space or a hyphen where there is one: a word cut in two is the last resort.
        gap = max(remaining.rfind(" ", 1, end + 1), remaining.rfind("-", 1, end) + 1)
        end = gap if gap > 0 else end
        lines.append(remaining[:end].rstrip(" "))
        remaining = remaining[end:].lstrip(" ")

    if _longest_prefix(remaining, font, size, width) < len(remaining):
        room = width - text_width(_ELLIPSIS, font=font, size=size)
        remaining = remaining[: _longest_prefix(remaining, font, size, room)].rstrip() + _ELLIPSIS
    return (*lines, remaining)


def text_width(text: str, *, font: str, size: float) -> float:
    """Points that `text` takes on one line."""
    load_fonts()
    return float(pdfmetrics.stringWidth(text, font, size))


def _longest_prefix(text: str, font: str, size: float, width: float) -> int:
    if text_width(text, font=font, size=size) <= width:
        return len(text)
    used = 0.0
    for position, sign in enumerate(text):
        used += text_width(sign, font=font, size=size)
        if used > width:
            return position
    return len(text)


class _Signs(dict[int, str]):
    """How each code point is written, decided when it is first met."""

    def __init__(self, drawn: frozenset[int]) -> None:
        super().__init__()
        self._drawn = drawn

    def __missing__(self, code_point: int) -> str:
        sign = chr(code_point)
        self[code_point] = written = self._written(sign)
        return written

    def _written(self, sign: str) -> str:
        if sign in "\u00a0\u202f\u2007\u2060":
            return _NO_BREAK_SPACE
        if sign.isspace():
            return " "
        if self._can_draw(sign):
            return sign
        # Better « Stefan » than a hole: only the accent is lost, and it stays readable.
        base = unicodedata.normalize("NFKD", sign)[0]
        return base if base.isalnum() and self._can_draw(base) else MISSING

    def _can_draw(self, sign: str) -> bool:
        # Controls and unassigned signs have glyphs in some fonts; none of them says anything.
        return ord(sign) in self._drawn and unicodedata.category(sign)[0] != "C"


@lru_cache(maxsize=1)
def _signs() -> _Signs:
    load_fonts()
    in_both = [frozenset(pdfmetrics.getFont(name).face.charToGlyph) for name in _FILES]
    return _Signs(in_both[0] & in_both[1])
