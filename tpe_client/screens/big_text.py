"""Words and amounts in letters four lines high, for a person a metre away.

Two pixels share a character cell (upper and lower half block), signs that a Linux console has.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Final

_ROWS: Final = 7
_HALVES: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
# The two pixel rows above a letter.
_ACCENTS: Final = {"\u0301": ("...###", "..###."), "\u0302": ("..##..", ".#..#.")}


def big(text: str) -> list[str]:
    """The text's lines: four, or five where a letter has an accent."""
    glyphs = [_glyph(letter) for letter in text.replace("\u00a0", " ")]
    has_accent = any(accent for _, accent in glyphs)
    # An odd number of pixel rows above keeps letters on the same cell border.
    top = 3 if has_accent else 1
    rows = [""] * (top + _ROWS)
    for rows_of_glyph, accent in glyphs:
        width = len(rows_of_glyph[0])
        above = ["." * width] * top
        above[: len(accent)] = accent
        for number, pixels in enumerate([*above, *rows_of_glyph]):
            rows[number] += pixels + "."
    return [
        "".join(
            _HALVES[upper == "#", lower == "#"]
            for upper, lower in zip(rows[number], rows[number + 1], strict=True)
        ).rstrip()
        for number in range(0, len(rows), 2)
    ]


def is_spelled(text: str) -> bool:
    """Whether every letter of it has been drawn."""
    letters = unicodedata.normalize("NFD", text)
    return all(letter in _letters() or letter in _ACCENTS for letter in letters)


def _glyph(letter: str) -> tuple[list[str], tuple[str, ...]]:
    bare, *marks = list(unicodedata.normalize("NFD", letter))
    return [_bold(row) for row in _letters()[bare]], _ACCENTS[marks[0]] if marks else ()


def _bold(row: str) -> str:
    """One pixel wider: each ink runs into its right neighbour."""
    pairs = zip(f"{row}.", f".{row}", strict=True)
    return "".join("#" if "#" in pair else "." for pair in pairs)


@cache
def _letters() -> dict[str, list[str]]:
    text = resources.files(__package__).joinpath("big_letters.toml").read_text("utf-8")
    return {letter: drawn.split() for letter, drawn in tomllib.loads(text).items()}
