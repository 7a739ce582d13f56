"""A process that is killed (-9) at its n-th step towards the database, whatever it is doing.

Each statement is a point, before it is sent; so is each commit, before it is asked for; and so is
the moment when all is done and nobody has been told yet.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from cardservice.db.engine import make_engine

_LONGEST_SECONDS = 60
_fork = multiprocessing.get_context("fork")


@dataclass
class _Points:
    """Counts the points of this process and ends it at one of them."""

    last: int
    passed: int = 0

    def reach(self, *_: Any) -> None:
        self.passed += 1
        if self.passed == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def dies_at(point: int, work: Callable[[Engine], object], *, url: str) -> bool:
    """Whether the work was killed at that point (from 1); False when it has fewer and was done.

    The work runs in a process of its own, on an engine of its own.
    """
    process = _fork.Process(target=_run, args=(point, work, url))
    process.start()
    process.join(_LONGEST_SECONDS)
    if process.is_alive():
        process.kill()
        raise AssertionError(f"the work hung on its way to point {point}")
    if process.exitcode == -signal.SIGKILL:
        return True
    assert process.exitcode == 0, f"the work failed before point {point}"
    return False


def _run(point: int, work: Callable[[Engine], object], url: str) -> None:
    points = _Points(point)
    engine = make_engine(url, serving=False)
    event.listen(engine, "before_cursor_execute", points.reach)
    event.listen(engine, "commit", points.reach)
    work(engine)
    points.reach()
    # What this process has of its parent is the parent's to close.
    os._exit(0)
