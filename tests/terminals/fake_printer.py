"""A receipt printer at the other end of a pty: takes bytes, answers for its state, can vanish.

The law: it does what printers do. Real-time questions (DLE EOT) are answered at once whatever else
waits; GS r only when all before it is on paper; without paper it keeps what came, and prints it
when paper is back.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

from tests.terminals.paper import Paper

_QUESTION = b"\x10\x04"
_AFTER_PRINTING = b"\x1dr\x01"
_CUT = b"\x1dV"
_FIXED_BITS = 0x12


class FakePrinter:
    """State is set from the test; `data` is what reached the paper."""

    def __init__(self, folder: Path, *, talks: bool = True) -> None:
        # The name the box knows; what it points to comes and goes as a plug does.
        self.path = folder / "ttyPrinter"
        self.talks = talks
        self.paper_out = False
        self.near_end = False
        self.cover_open = False
        # Paper ends when so many more bytes are printed.
        self.bytes_of_paper: int | None = None
        self.data = b""
        self._waiting = b""
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._master = self._slave = -1
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        self._over.clear()
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None
            os.close(self._master)
            os.close(self._slave)
            self.path.unlink(missing_ok=True)

    def put_paper(self) -> None:
        """A new roll, the cover closed: what waited is printed."""
        with self._changed:
            self.paper_out = self.cover_open = False
            self.bytes_of_paper = None
            self._print()

    @property
    def tickets(self) -> list[bytes]:
        """What was printed, cut by cut."""
        parts = self.data.split(_CUT)
        return [part + _CUT + b"\x01" for part in parts[:-1]]

    def ticket(self, number: int, *, dots: int = 384) -> Paper:
        data = self.tickets[number]
        return Paper(dots).feed(data.removeprefix(b"\x01"))

    def wait_for(self, tickets: int, *, seconds: int = 20) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.tickets) >= tickets, seconds), (
                f"{len(self.tickets)} tickets, {len(self._waiting)} bytes wait"
            )

    def _work(self) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([self._master], [], [], 0.05)
            if not ready:
                continue
            try:
                came = os.read(self._master, 4096)
            except OSError:
                return
            with self._changed:
                self._take(came)

    def _take(self, came: bytes) -> None:
        self._waiting += came
        while (at := self._waiting.find(_QUESTION)) >= 0 and len(self._waiting) > at + 2:
            asked = self._waiting[at + 2]
            self._waiting = self._waiting[:at] + self._waiting[at + 3 :]
            if self.talks:
                os.write(self._master, bytes((self._status(asked),)))
        self._print()

    def _print(self) -> None:
        while self._waiting and not self.paper_out and not self.cover_open:
            if self._waiting.startswith(_AFTER_PRINTING):
                self._waiting = self._waiting[len(_AFTER_PRINTING) :]
                if self.talks:
                    os.write(self._master, b"\x00")
                continue
            end = self._waiting.find(_AFTER_PRINTING)
            room = len(self._waiting) if end < 0 else end
            if self.bytes_of_paper is not None:
                room = min(room, self.bytes_of_paper)
                self.bytes_of_paper -= room
                self.paper_out = self.bytes_of_paper == 0
            self.data += self._waiting[:room]
            self._waiting = self._waiting[room:]
        self._changed.notify_all()

    def _status(self, asked: int) -> int:
        stopped = self.paper_out or self.cover_open
        if asked == 1:
            return _FIXED_BITS | (0x08 if stopped else 0)
        if asked == 2:
            return _FIXED_BITS | (0x04 if self.cover_open else 0) | (0x20 if self.paper_out else 0)
        return _FIXED_BITS | (0x0C if self.near_end else 0) | (0x60 if self.paper_out else 0)


@contextlib.contextmanager
def plugged_printer(folder: Path, *, talks: bool = True) -> Iterator[FakePrinter]:
    """A printer, plugged in until the block ends."""
    printer = FakePrinter(folder, talks=talks)
    printer.plug()
    try:
        yield printer
    finally:
        printer.unplug()
