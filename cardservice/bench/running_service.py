"""The service as shipped, in a process of its own, and the CPU that it and its database take."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psutil

from cardservice.bench.database_load import LoadFailed


@contextmanager
def running_service(data_dir: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Its address and its process, ready, for as long as the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "cardservice.cli", "serve", "--port", str(port)]
    running = subprocess.Popen([*command, "--data-dir", str(data_dir)], stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz", running)
        yield f"http://127.0.0.1:{port}", psutil.Process(running.pid)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)


def postmaster(data_dir: Path) -> psutil.Process:
    """The private database server of this instance."""
    pid_file = data_dir / "postgres" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().splitlines()[0]))


def _wait_until_ready(address: str, running: subprocess.Popen[bytes]) -> None:
    pause = Event()
    for _ in range(300):
        if running.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            pause.wait(0.1)
    raise LoadFailed("the service did not start")
