"""Starts the private server again when it dies under the service that uses it.

The law: a server that somebody stopped stays stopped (its pid file is gone with it); one that died
has left that file behind, and nobody else would start it: the tills would wait for a person.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cardservice.db.embedded.server import ServerFailed, started_again

_LOOK_SECONDS: Final = 1.0

log = logging.getLogger("cjeune.database")


@contextlib.contextmanager
def guarded_server(data_dir: Path, bin_dir: Path | None = None) -> Iterator[None]:
    """Looks after the running server of `data_dir` for as long as the block lasts."""
    leaving = threading.Event()

    def look_after() -> None:
        while not leaving.wait(_LOOK_SECONDS):
            if not _has_died(data_dir):
                continue
            log.warning("the private PostgreSQL server has died: starting it again")
            try:
                started_again(data_dir, bin_dir)
                log.warning("the private PostgreSQL server runs again")
            except ServerFailed as failure:
                # Its last backends may still be leaving: it is tried again at the next look.
                log.warning("%s", failure)

    guard = threading.Thread(target=look_after, name="server-guard", daemon=True)
    guard.start()
    try:
        yield
    finally:
        leaving.set()
        guard.join()


def _has_died(data_dir: Path) -> bool:
    try:
        pid = int((data_dir / "postgres" / "postmaster.pid").read_text().partition("\n")[0])
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        # No file: stopped. An empty one: starting. Another user's process: running.
        return False
    return False
