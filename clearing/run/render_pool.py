"""Renderers side by side, each in a process of its own, and what becomes of one that dies.

The law: a renderer holds nothing that matters. One that dies or hangs over a paper is replaced and
the paper tried once more; a second time is that paper's failure, and no other's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Final

from clearing.documents.renderer import NotRendered, PaperOrder, Papers, receive, send

_START: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from clearing.documents.renderer import serve; serve()"
)
_HOME: Final = str(Path(__file__).parents[2])
_TRIES: Final = 2
# Each has a thread with a connection of the pool (db/engine.py).
_MOST: Final = 8
# The longest paper known, 4,800 lines, takes a second.
LONGEST_SECONDS: Final = 120.0


def cores() -> int:
    """How many renderers can draw at once on this machine."""
    return len(os.sched_getaffinity(0))


def renderers() -> int:
    """How many renderers keep this machine busy: one for each core, and two more, because a paper
    that is read or stored leaves its renderer idle. No more than one process can feed."""
    return min(cores() + 2, _MOST)


class RenderProcess:
    """One renderer in its own process, for one thread; started when it is first needed."""

    def __init__(self, *, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._longest_seconds = longest_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RenderProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def render(self, order: PaperOrder) -> Papers | NotRendered:
        """The papers, or why there are none."""
        for _ in range(_TRIES):
            answer = self._ask(order)
            if answer is not None:
                return answer
            self._end()
        return NotRendered("renderer_died")

    def _ask(self, order: PaperOrder) -> Papers | NotRendered | None:
        process = self._process or self._begin()
        assert process.stdin is not None and process.stdout is not None
        patience = threading.Timer(self._longest_seconds, process.kill)
        patience.start()
        try:
            send(process.stdin, order)
            answer: Papers | NotRendered | None = receive(process.stdout)
        except BrokenPipeError:
            return None
        finally:
            patience.cancel()
        return answer

    def _begin(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, _HOME],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
