"""How a printer writes: columns, dots and code page, and a text made to fit that code page.

The law: a letter the printer does not have becomes the nearest letters it has (`œ` → `oe`), before
lines are laid out, so that columns stay straight; nothing prints as a question mark in silence.
"""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from escpos.capabilities import get_profile

from tpe_client.ticket import Block, Pair, Qr, Text

# Paper width in mm: (columns of font A, printable dots) at 203 dpi.
WIDTHS: Final = {58: (32, 384), 80: (48, 576)}
NARROW_80_COLUMNS: Final = 42
CODE_PAGES: Final = ("cp1252", "cp858", "iso8859-15", "cp850", "cp437")
# What the usual ESC/POS table calls them, where a profile does not say.
_USUAL_NUMBERS: Final = {"cp437": 0, "cp850": 2, "cp1252": 16, "cp858": 19, "iso8859-15": 40}
_PROFILE_NAMES: Final = {"iso8859-15": "ISO_8859-15"}
# No-break spaces are for screens: many printers have a strange sign in their place.
_NEAREST: Final = {
    "\u00a0": " ", "\u202f": " ", "œ": "oe", "Œ": "OE", "’": "'", "•": "*", "€": "EUR",
    "–": "-", "—": "-", "…": "...", "«": '"', "»": '"', "·": "-",
}  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """One printer's way of writing. `page_number` is what the printer calls the code page."""

    columns: int
    dots: int
    code_page: str
    page_number: int
    native_qr: bool
    profile: str


def paper_of(
    width_mm: int,
    *,
    code_page: str = "cp1252",
    profile: str = "default",
    native_qr: bool | None = None,
    columns: int | None = None,
) -> Paper:
    """The paper of an operator's settings; ValueError when a profile or code page is unknown.

    `code_page` may name the printer's own number: `cp1252=71`.
    """
    name, _, number = code_page.partition("=")
    if name not in CODE_PAGES:
        raise ValueError(code_page)
    try:
        known = get_profile(profile)
    except KeyError as unknown:
        raise ValueError(profile) from unknown
    usual_columns, dots = WIDTHS[width_mm]
    if native_qr is None:
        native_qr = bool(known.supports("qrCode"))
    page_number = int(number) if number else _number_of(known.get_code_pages(), name)
    return Paper(columns or usual_columns, dots, name, page_number, native_qr, profile)


def legible(text: str, *, code_page: str) -> str:
    """The text in letters that the code page has."""
    return "".join(_legible_letter(letter, code_page) for letter in text)


def legible_block(block: Block, *, code_page: str) -> Block:
    """A block in letters that the code page has; a QR holds its own alphabet."""
    if isinstance(block, Text):
        return replace(block, text=legible(block.text, code_page=code_page))
    if isinstance(block, Pair):
        label = legible(block.label, code_page=code_page)
        return replace(block, label=label, value=legible(block.value, code_page=code_page))
    assert isinstance(block, Qr) or not hasattr(block, "text")
    return block


def _legible_letter(letter: str, code_page: str) -> str:
    if letter in "\u00a0\u202f":
        return " "
    if _has(letter, code_page):
        return letter
    if letter in _NEAREST:
        return _NEAREST[letter]
    bare = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in bare if _has(part, code_page)) or "?"


def _has(letter: str, code_page: str) -> bool:
    # Controls would be commands to the printer.
    if unicodedata.category(letter) == "Cc":
        return False
    try:
        codecs.encode(letter, code_page)
    except UnicodeEncodeError:
        return False
    return True


def _number_of(pages: dict[str, int], name: str) -> int:
    found = pages.get(_PROFILE_NAMES.get(name, name.upper()))
    return _USUAL_NUMBERS[name] if found is None else int(found)
