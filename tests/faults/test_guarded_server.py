"""A private server that dies under its users is started again, whatever stands in the way first."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cardservice.db.embedded import PrivateServer, guarded_server, running_server
from cardservice.db.embedded.guard import has_died
from tests.faults.site import Site, until

_PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture
def folder(fresh_site: Site) -> Path:
    return fresh_site.data_dir


def answers(server: PrivateServer) -> bool:
    try:
        with psycopg.connect(server.url("postgres")) as connection:
            return connection.execute("SELECT true").fetchone() == (True,)
    except psycopg.OperationalError:
        return False


def killed(folder: Path) -> None:
    os.kill(
        int((folder / "postgres" / "postmaster.pid").read_text().split("\n")[0]), signal.SIGKILL
    )


@contextlib.contextmanager
def inheriting_orphans() -> Iterator[None]:
    """As process 1 of a container does."""
    prctl = ctypes.CDLL(None).prctl
    assert prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        assert prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0


def test_a_start_that_failed_is_tried_again(folder: Path) -> None:
    """The failed postmaster has taken the dead one's pid file with it."""
    settings, log = folder / "postgres" / "postgresql.auto.conf", folder / "postgres" / "server.log"
    before = settings.read_text()
    with running_server(folder) as server, guarded_server(folder, server):
        settings.write_text(before + "shared_preload_libraries = 'no_such_library'\n")
        killed(folder)
        until(lambda: "no_such_library" in log.read_text())
        settings.write_text(before)
        assert until(lambda: answers(server))


def test_an_error_of_the_machine_is_outlived(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lock = folder / "postgres.change"
    with running_server(folder) as server, guarded_server(folder, server):
        lock.unlink()
        lock.mkdir()
        killed(folder)
        until(lambda: "Is a directory" in caplog.text)
        lock.rmdir()
        assert until(lambda: answers(server))


def test_it_comes_back_where_its_users_look_for_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first user has other temporary folders than the one who looks after the server."""
    with tempfile.TemporaryDirectory(prefix="cj-") as elsewhere:
        Path(elsewhere).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", elsewhere)
        with running_server(folder) as first:
            monkeypatch.undo()
            with running_server(folder) as adopted, guarded_server(folder, adopted):
                assert adopted.socket_dir == first.socket_dir
                killed(folder)
                until(lambda: not answers(adopted))
                assert until(lambda: answers(adopted))


def test_a_dead_one_that_only_the_service_can_bury_is_buried(folder: Path) -> None:
    with inheriting_orphans(), running_server(folder) as server, guarded_server(folder, server):
        killed(folder)
        until(lambda: not answers(server))
        assert until(lambda: answers(server))


def test_one_that_was_stopped_stays_stopped(folder: Path) -> None:
    pid_file = folder / "postgres" / "postmaster.pid"
    (folder / "postgres").mkdir(exist_ok=True)
    pid_file.unlink(missing_ok=True)
    assert not has_died(folder)
    gone = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True)
    for written, died in (
        (f"{gone.stdout.strip()}\n/data\n", True),
        (f"{os.getpid()}\n/data\n", False),
        # It is being started; somebody repairs it alone.
        ("", False),
        (f"-{gone.stdout.strip()}\n/data\n", False),
    ):
        pid_file.write_text(written)
        assert has_died(folder) is died, written
    pid_file.unlink()
