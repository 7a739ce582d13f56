"""Blocks laid out on a paper of so many columns: the same lines are printed and previewed.

The law: nothing is cut off; what does not fit goes on in the next line.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tpe_client.ticket import Align, Block, Pair, Qr, Rule, Space, Text


@dataclass(frozen=True)
class Line:
    """One printed line; `text` is not padded where the paper centres it."""

    text: str
    align: Align = "left"
    bold: bool = False
    width: int = 1
    height: int = 1
    inverted: bool = False


def laid_out(blocks: Iterable[Block], *, columns: int) -> Iterator[Line | Qr]:
    """The lines of a ticket, each at most `columns` wide."""
    for block in blocks:
        if isinstance(block, Qr):
            yield block
        elif isinstance(block, Pair):
            yield from _pair(block, columns)
        elif isinstance(block, Text):
            yield from _text(block, columns)
        elif isinstance(block, Rule):
            yield Line("-" * columns)
        else:
            assert isinstance(block, Space)
            yield Line("")


def preview(blocks: Iterable[Block], *, columns: int) -> list[str]:
    """The ticket as plain lines for a screen; a QR shows as its content in brackets."""
    shown = []
    for line in laid_out(blocks, columns=columns):
        if isinstance(line, Qr):
            shown.append(f"[QR {line.content}]".center(columns).rstrip())
        else:
            # Double width does not exist on a screen: letters are spaced out instead.
            text = " ".join(line.text) if line.width == 2 else line.text
            shown.append(text.center(columns).rstrip() if line.align == "center" else text)
    return shown


def _text(block: Text, columns: int) -> Iterator[Line]:
    for part in _wrapped(block.text, columns // block.width) or [""]:
        text = f" {part} " if block.inverted and len(part) + 2 <= columns // block.width else part
        yield Line(text, block.align, block.bold, block.width, block.height, block.inverted)


def _pair(block: Pair, columns: int) -> Iterator[Line]:
    room = columns - len(block.label) - 1
    if len(block.value) <= room:
        gap = " " * (columns - len(block.label) - len(block.value))
        yield Line(f"{block.label}{gap}{block.value}", bold=block.bold)
        return
    yield from (Line(part, bold=block.bold) for part in _wrapped(block.label, columns))
    for part in _wrapped(block.value, columns):
        yield Line(part.rjust(columns), bold=block.bold)


def _wrapped(text: str, columns: int) -> list[str]:
    # Aix-en-Provence is one word.
    return textwrap.wrap(text, columns, break_on_hyphens=False)
