"""The real `cjeune-tpe` in a terminal of its own (a pty), with keys in and a screen out.

The law: a test waits for words on the screen, never for a time; every process ends with its test.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api_client.key_file import TerminalKey, write_key_file

_SEQUENCE = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|P[^\x1b]*\x1b\\|[@-_])"
)
_ROOT = Path(__file__).parents[2]
_LONGEST_SECONDS = 40
# The beginning of what the box says when the keys it was given are no card.
_AGAIN = "n’est pas un code de carte"


class BoxProcess:
    """A running program; `screen` is all it has written, as words."""

    def __init__(
        self,
        *arguments: str,
        environment: dict[str, str] | None = None,
        program: tuple[str, ...] = ("-m", "tpe_client"),
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=_ROOT,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
        )
        os.close(slave)
        self.written = b""
        self._seen = 0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def screen(self) -> str:
        text = _SEQUENCE.sub("", self.written.decode("utf-8", "replace"))
        return text.replace("\u00a0", " ")

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read_card(self, code: str) -> None:
        """As a reader types it. A busy machine may part the keys, and the box then asks for the
        card again, as it would ask a cashier."""
        for _ in range(5):
            self.type(code + "\r")
            if self._wait_for_one("Est-ce bien cette personne ?", _AGAIN) != _AGAIN:
                return
        raise AssertionError("the card was never read whole")

    def _wait_for_one(self, *words: str) -> str:
        """The first of these to be written after what was waited for before."""

        def written() -> list[tuple[int, str]]:
            screen = self.screen
            return [(at, one) for one in words if (at := screen.find(one, self._seen)) >= 0]

        with self._changed:
            assert self._changed.wait_for(written, _LONGEST_SECONDS), (
                f"never one of {words!r}; last seen:\n{self.screen[-1500:]}"
            )
            at, found = min(written())
            self._seen = at + len(found)
        return found

    def wait_for(self, words: str) -> None:
        """Waits until these words are written, after those waited for before."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: self.screen.find(words, self._seen) >= 0, _LONGEST_SECONDS
            ), f"never {words!r}; last seen:\n{self.screen[-1500:]}"
            self._seen = self.screen.find(words, self._seen) + len(words)

    def kill(self) -> None:
        """kill -9: nothing is tidied up."""
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        self._thread.join(5)
        os.close(self._master)

    def _read(self) -> None:
        while True:
            try:
                came = os.read(self._master, 65536)
            except OSError:
                came = b""
            with self._changed:
                self.written += came
                self._changed.notify_all()
            if not came:
                return


@contextlib.contextmanager
def started_box(*arguments: str, **options: Any) -> Iterator[BoxProcess]:
    """The program, ended with the block whatever happens."""
    box = BoxProcess(*arguments, **options)
    try:
        yield box
    finally:
        box.close()


def give_key(folder: Path, *, base_url: str, terminal_id: str, key: str) -> None:
    """Makes the folder that of an activated box."""
    write_key_file(folder / "terminal_key.json", TerminalKey(base_url, terminal_id, key))
