"""A USB reader in serial mode (CDC): bytes as they are encoded, no keyboard between (design §7).

The law: a reader that is unplugged is not an error: it is told once, looked for again with growing
pauses, told once more when it is back, and half a reading dies with the plug. pyserial's own
read-until is not used: a short time-out there cuts a reading in two.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Self

import serial
from serial.tools import list_ports

from scanner.sources.line_splitter import LineSplitter, TooLong
from scanner.sources.reading import Happening, Reading, SourceFailed

_BLINK_SECONDS: Final = 0.02
_MOST_AT_ONCE: Final = 4_096
_PAUSES_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)


def _pauses() -> Iterator[float]:
    yield from _PAUSES_SECONDS
    while True:
        yield _PAUSES_SECONDS[-1]


def likely_ports() -> list[str]:
    """The serial ports that a USB reader may be on, in the order they were found."""
    return [port.device for port in list_ports.comports() if port.vid is not None]


class SerialReader:
    """Reads a serial port. SourceFailed when it cannot be opened the first time."""

    name = "serial"

    def __init__(
        self,
        port: str,
        *,
        bits_per_second: int = 9_600,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._port_name = port
        self._bits_per_second = bits_per_second
        self._clock, self._wait = clock, wait
        self._splitter = LineSplitter()
        self._ready: deque[Reading | Happening] = deque()
        self._port: Any = self._opened()
        self._tries = _pauses()
        self._next_try_at = 0.0

    def next(self, *, seconds: float) -> Reading | Happening | None:
        """The next reading or happening; None when nothing came in that time."""
        until = self._clock() + seconds
        while not self._ready:
            left = until - self._clock()
            if left <= 0 and not self._splitter.is_waiting:
                return None
            if self._port is None:
                self._look_for_it(left)
            else:
                self._listen(max(0.0, min(left, _BLINK_SECONDS)))
            if left <= 0:
                # What has begun goes on in the next call: bytes and their times are kept.
                break
        return self._ready.popleft() if self._ready else None

    def close(self) -> None:
        """Lets go of the port."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self, seconds: float) -> None:
        try:
            self._port.timeout = seconds
            arrived = self._port.read(1)
            if arrived:
                arrived += self._port.read(min(self._port.in_waiting, _MOST_AT_ONCE))
        except (OSError, serial.SerialException, TypeError):
            # TypeError: pyserial's own, when the port is closed under a read.
            self._lose()
            return
        at = self._clock()
        found = self._splitter.take(arrived, at) if arrived else self._splitter.quiet(at)
        for one in found:
            self._ready.append(
                Happening.TOO_LONG if isinstance(one, TooLong) else Reading(self.name, one)
            )

    def _lose(self) -> None:
        self.close()
        self._splitter.forget()
        self._tries = _pauses()
        self._next_try_at = self._clock() + next(self._tries)
        self._ready.append(Happening.LOST)

    def _look_for_it(self, left: float) -> None:
        now = self._clock()
        if now < self._next_try_at:
            self._wait(max(0.0, min(left, self._next_try_at - now)))
            return
        try:
            self._port = self._opened()
        except SourceFailed:
            self._next_try_at = now + next(self._tries)
        else:
            self._ready.append(Happening.FOUND)

    def _opened(self) -> Any:
        try:
            # `exclusive`: a second program on the same port would steal every other byte.
            return serial.Serial(
                self._port_name,
                self._bits_per_second,
                timeout=_BLINK_SECONDS,
                exclusive=True,
            )
        except (OSError, ValueError) as failure:
            raise SourceFailed(_why(failure, self._port_name), self._port_name) from None


def _why(failure: Exception, port: str) -> str:
    number = getattr(failure, "errno", None)
    if number == 13:
        return "not_allowed"
    if number in (11, 16) or "lock" in str(failure):
        return "busy"
    return "unreadable" if Path(port).exists() else "not_found"
