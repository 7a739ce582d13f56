"""Cuts what a reader sends into readings, wherever the bytes happen to be split.

An end is CR, LF, CRLF, Tab, or 100 ms of silence; a CRLF cut in two is still one end. More than 256
characters without an end are noise and dropped up to the next end. Pure: bytes and times come in.

The law: no reading is ever made of two, nor of the tail of one that was too long. Bytes that are no
text are noise of the line and left out; what they were part of, the check characters judge.
"""

from __future__ import annotations

from typing import Final

SILENCE_SECONDS: Final = 0.100
MOST_BYTES: Final = 256
_ENDS: Final = b"\r\n\t"


class TooLong:
    """Stands for a reading that was dropped."""


class LineSplitter:
    """Bytes in, readings out; `at` is in seconds of a clock that only goes forward."""

    def __init__(self, *, silence_ends: bool = True) -> None:
        self._silence_ends = silence_ends
        self._waiting = bytearray()
        self._dropping = False
        self._last_at = 0.0

    def take(self, arrived: bytes, at: float) -> list[str | TooLong]:
        """The readings that these bytes, or the silence before them, have ended."""
        found = self.quiet(at)
        for byte in arrived:
            if byte in _ENDS:
                found += self.end()
            elif len(self._waiting) < MOST_BYTES:
                self._waiting.append(byte)
            else:
                self._dropping = True
        if arrived:
            self._last_at = at
        return found

    def quiet(self, at: float) -> list[str | TooLong]:
        """To be asked when nothing comes: what silence has ended."""
        silent = self._silence_ends and at - self._last_at >= SILENCE_SECONDS
        return self.end() if silent else []

    def end(self) -> list[str | TooLong]:
        """Ends what is waiting: nothing will come any more."""
        whole, dropped = bytes(self._waiting), self._dropping
        self.forget()
        if dropped:
            return [TooLong()]
        text = _text(whole)
        return [text] if text.strip() else []

    def forget(self) -> None:
        """Half a reading of a reader that was unplugged is no reading."""
        self._waiting.clear()
        self._dropping = False

    @property
    def is_waiting(self) -> bool:
        """Whether something has begun that has not ended yet."""
        return bool(self._waiting)


def _text(whole: bytes) -> str:
    text = whole.decode("utf-8", "ignore")
    # Framing: STX, NUL, ETX are in no code.
    return "".join(character for character in text if character.isprintable())
