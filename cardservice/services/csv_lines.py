"""Reading a `;` CSV file line by line, so that one bad line never spoils the next.

The law: UTF-8 with or without BOM, the columns named by the first line exactly, one record per
line (a quoted field cannot run over it), nothing invisible in a field. Everything else is told by
line number and code. Any bytes whatever give an answer; nothing here raises.

It refuses to know what the columns mean.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from cardservice.domain.refusal import Refused

MAX_MEBIBYTES: Final = 64
MAX_LINES: Final = 1_000_000

# Controls, line and paragraph separators, and the marks that turn the direction of writing.
_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
)
_ISO_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FRENCH_DAY: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_LONGEST_EMAIL: Final = 254


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be taken: its number in the file (the header is 1), why, and where."""

    number: int
    code: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the right shape: `fields` by column, white space trimmed."""

    number: int
    fields: dict[str, str]


def lines_of(content: bytes, columns: tuple[str, ...]) -> Refused | Iterator[Line | BadLine]:
    """The lines after the header in order, or why the file as a whole is refused.

    Refused: file_too_large, file_too_long, file_columns_differ. Empty lines are passed over.
    """
    if len(content) > MAX_MEBIBYTES * 1024 * 1024:
        return Refused("file_too_large", {"limit": MAX_MEBIBYTES})
    if content.count(b"\n") > MAX_LINES:
        return Refused("file_too_long", {"limit": MAX_LINES})
    header, *raw_lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    named = _fields(header, 1)
    if isinstance(named, BadLine) or tuple(name.lower() for name in named) != columns:
        return Refused("file_columns_differ", {"columns": ";".join(columns)})
    return _read_lines(raw_lines, columns)


def day_written(text: str) -> date | None:
    """A day written `2014-03-21` or `21/03/2014`; None for anything else. Never raises."""
    if match := _ISO_DAY.fullmatch(text):
        year, month, day = match.groups()
    elif match := _FRENCH_DAY.fullmatch(text):
        day, month, year = match.groups()
    else:
        return None
    try:
        written = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return written if written.year >= 1900 else None


def email_is_plausible(text: str) -> bool:
    """Whether a mail could be sent there: one @, a domain with a dot, ASCII, no white space."""
    return len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


def _read_lines(raw_lines: list[bytes], columns: tuple[str, ...]) -> Iterator[Line | BadLine]:
    for number, raw in enumerate(raw_lines, start=2):
        fields = _fields(raw, number)
        if isinstance(fields, BadLine):
            yield fields
        elif any(fields):
            yield _line(number, fields, columns)


def _line(number: int, fields: list[str], columns: tuple[str, ...]) -> Line | BadLine:
    if len(fields) != len(columns):
        return BadLine(number, "line_columns_miscounted")
    for column, field in zip(columns, fields, strict=True):
        if _INVISIBLE.search(field):
            return BadLine(number, "field_has_control_characters", column)
    return Line(number, dict(zip(columns, fields, strict=True)))


def _fields(raw: bytes, number: int) -> list[str] | BadLine:
    try:
        text = raw.removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError:
        return BadLine(number, "line_not_utf8")
    if '"' not in text:
        fields = text.split(";")
    else:
        try:
            # A list of one line: a quote left open ends here and not at the end of the file.
            fields = next(csv.reader([text], delimiter=";", strict=True), [""])
        except csv.Error:
            return BadLine(number, "line_quotes_broken")
    return [unicodedata.normalize("NFC", field).strip(" \u00a0\u202f") for field in fields]
