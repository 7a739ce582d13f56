"""Readings from standard input: a pipe, a file, or a reader that types into this very window.

The law: a line is a reading; silence ends nothing here, since a pipe pauses where it likes. Input
that ends without a line end has been read all the same.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections import deque
from typing import Final, Self

from scanner.sources.line_splitter import LineSplitter, TooLong
from scanner.sources.reading import Happening, Reading

_MOST_AT_ONCE: Final = 65_536


class StandardInput:
    """Reads a file descriptor, standard input unless another is given; it is never closed."""

    name = "stdin"

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._splitter = LineSplitter(silence_ends=False)
        self._ready: deque[Reading | Happening] = deque()
        self._over = False

    def next(self, *, seconds: float) -> Reading | Happening | None:
        """The next reading or happening; None when nothing came in that time."""
        until = time.monotonic() + seconds
        while not self._ready:
            if self._over:
                return Happening.OVER
            if not self._is_ready(max(0.0, until - time.monotonic())):
                return None
            self._read()
        return self._ready.popleft()

    def close(self) -> None:
        """Nothing to let go of: the descriptor is the program's."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_ready(self, seconds: float) -> bool:
        if os.name == "nt":
            # Windows waits for sockets alone: there a reading is simply waited for.
            return True
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        return bool(ready)

    def _read(self) -> None:
        try:
            arrived = os.read(self._descriptor, _MOST_AT_ONCE)
        except OSError:
            # A terminal that was closed under us: nothing will come any more.
            arrived = b""
        self._over = not arrived
        found = self._splitter.take(arrived, 0.0) if arrived else self._splitter.end()
        for one in found:
            self._ready.append(
                Happening.TOO_LONG if isinstance(one, TooLong) else Reading(self.name, one)
            )
