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

import psutil

from cardservice.db.embedded.identity import CannotStepDown
from cardservice.db.embedded.server import PrivateServer, ServerFailed, start_again

_LOOK_SECONDS: Final = 1.0

log = logging.getLogger("cjeune.database")


@contextlib.contextmanager
def guarded_server(data_dir: Path, server: PrivateServer) -> Iterator[None]:
    """Looks after the running server of `data_dir` for as long as the block lasts."""
    leaving = threading.Event()

    def look_after() -> None:
        # A start that fails may take the pid file with it: the death is remembered.
        is_dead = False
        while not leaving.wait(_LOOK_SECONDS):
            is_dead = is_dead or has_died(data_dir)
            if not is_dead:
                continue
            log.warning("the private PostgreSQL server has died: starting it again")
            try:
                start_again(data_dir, server)
                is_dead = False
                log.warning("the private PostgreSQL server runs again")
            except (ServerFailed, CannotStepDown, OSError) as failure:
                # Its last backends may still be leaving, or memory, disk or handles be short: it is
                # tried again at the next look.
                log.warning("%s", failure)

    guard = threading.Thread(target=look_after, name="server-guard", daemon=True)
    guard.start()
    try:
        yield
    finally:
        leaving.set()
        guard.join()


def has_died(data_dir: Path) -> bool:
    """Whether the postmaster that the pid file of `data_dir` names is gone."""
    try:
        pid = int((data_dir / "postgres" / "postmaster.pid").read_text().partition("\n")[0])
    except (OSError, ValueError):
        # No file: stopped. An empty one: starting.
        return False
    if pid < 0:
        # Somebody repairs it alone (`postgres --single`).
        return False
    with contextlib.suppress(ChildProcessError):
        # A service that is process 1 of a container inherits it, and nobody else would bury it.
        os.waitpid(pid, os.WNOHANG)
    return not psutil.pid_exists(pid)
