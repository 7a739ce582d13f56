"""The one protocol of every source of readings: ask, get a reading or what happened, close.

The law: a source yields text as it came and judges nothing; what a reading means is
scanner.card_payload's affair. `next` waits at most as long as it is told, so that a program stays
answerable to its user. A source that loses its reader says so and finds it again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self


@dataclass(frozen=True)
class Reading:
    """A text that was read, and by which source."""

    source: str
    text: str


class Happening(StrEnum):
    """What a source has to say beside readings."""

    LOST = "lost"
    """The reader is gone: unplugged, or taken by another program."""
    FOUND = "found"
    """It is back."""
    OVER = "over"
    """Nothing will come any more: the end of a file."""
    TOO_LONG = "too_long"
    """More characters without an end than any code has: dropped."""


class Source(Protocol):
    """A reader of any kind. Use it in a `with`; closing twice does no harm."""

    name: str

    def next(self, *, seconds: float) -> Reading | Happening | None:
        """The next reading or happening; None when nothing came in that time."""

    def close(self) -> None:
        """Lets go of the reader."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class SourceFailed(Exception):
    """A source that cannot be opened. `code`: not_found, not_allowed, busy, unreadable."""

    def __init__(self, code: str, place: str) -> None:
        super().__init__(f"{code}: {place}")
        self.code = code
        self.place = place
