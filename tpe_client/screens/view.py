"""What one state of the till shows, as words: the screen only draws it.

The law: a colour never speaks alone: each tone has its word. Nothing here knows Textual.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["calm", "busy", "good", "bad", "doubt"]
# What a line is: `strong` in the tone's own colour, `chosen` under the cursor, `aside` small talk.
Weight = Literal["plain", "strong", "chosen", "aside", "warning"]


@dataclass(frozen=True)
class Shown:
    """A line of the body."""

    text: str = field(repr=False)
    weight: Weight = "plain"


@dataclass(frozen=True)
class KeyHint:
    """A key and what it does now."""

    key: str
    does: str


@dataclass(frozen=True)
class View:
    """A whole screen: title, big word or amount, lines, and the keys that mean something."""

    tone: Tone
    title: str
    big: str | None = field(default=None, repr=False)
    lines: tuple[Shown, ...] = ()
    keys: tuple[KeyHint, ...] = ()
