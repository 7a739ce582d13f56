"""cjeune-scan as its user starts it: a process of its own, with a pipe or with a terminal.

The law: nothing is called inside; what counts is what a person or a script sees, and the status.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "scanner")
_MOST_SECONDS = 60


@dataclass(frozen=True)
class Ended:
    """What a process has left behind."""

    status: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        """The one line of JSON."""
        (line,) = self.out.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


def environment(folder: Path, **more: str) -> dict[str, str]:
    """As little as the program needs."""
    return {
        "PATH": os.environ["PATH"],
        "CJEUNE_SCAN_FOLDER": str(folder),
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
    } | more


def run(
    *arguments: str,
    folder: Path,
    typed: str = "",
    pass_fds: Sequence[int] = (),
    more: dict[str, str] | None = None,
) -> Ended:
    """Runs a command to its end, `typed` on standard input through a pipe."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=typed.encode(),
        capture_output=True,
        env=environment(folder, **(more or {})),
        timeout=_MOST_SECONDS,
        pass_fds=pass_fds,
        cwd=folder.parent,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def soak(*values: object) -> list[object]:
    """Variants of a parameter whose rule is tested elsewhere as well: `make soak` starts them."""
    return [pytest.param(value, marks=pytest.mark.soak) for value in values]


class Console:
    """A command under a terminal: wait for a question, type the answer."""

    def __init__(self, arguments: Sequence[str], *, folder: Path) -> None:
        self.process_id, self._screen = pty.fork()
        if self.process_id == 0:
            # A suite that runs in the background was started deaf to Ctrl+C, and hands that on.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execve(COMMAND[0], [*COMMAND, *arguments], environment(folder))
        self.seen = ""
        self._read_to = 0

    def expect(self, text: str) -> None:
        """Waits until this text is written after what was expected last."""
        until = time.monotonic() + _MOST_SECONDS
        while text not in self.seen[self._read_to :]:
            assert time.monotonic() < until, f"{text!r} never came in:\n{self.seen}"
            if not self._look(1.0):
                raise AssertionError(f"ended before {text!r}:\n{self.seen}")
        self._read_to = self.seen.index(text, self._read_to) + len(text)

    def type(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def status(self) -> int:
        """Reads to the end; the exit status. The end is the program's, not the screen's: a reader
        that looks for its lost port elsewhere may have opened a screen of the same name."""
        until = time.monotonic() + _MOST_SECONDS
        while True:
            ended, status = os.waitpid(self.process_id, os.WNOHANG)
            if ended:
                self._look(0.0)
                self.process_id = 0
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < until, self.seen
            if not self._look(0.2):
                # Its screen is closed, and it is about to end.
                _, status = os.waitpid(self.process_id, 0)
                self.process_id = 0
                return os.waitstatus_to_exitcode(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process_id:
            os.kill(self.process_id, signal.SIGKILL)
            os.waitpid(self.process_id, 0)
        os.close(self._screen)

    def _look(self, seconds: float) -> bool:
        """Takes what is on the screen; False at its end."""
        ready, _, _ = select.select([self._screen], [], [], seconds)
        if not ready:
            return True
        try:
            came = os.read(self._screen, 4096)
        except OSError:
            return False
        self.seen += re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", came.decode("utf-8", "replace"))
        return bool(came)
