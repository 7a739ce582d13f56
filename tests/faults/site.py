"""An instance of its own in real processes: its folder, its services, its private database.

The law: what is broken here is broken for real (SIGKILL, `pg_ctl -m immediate`, a stopped process),
and `end` leaves no process behind, whatever the test has done. Nothing sleeps and hopes: every wait
asks a question again and again, and gives up.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg

from cardservice.db.embedded.identity import server_identity
from tests.makers import HeldCard, Shop, Till

ROOT = Path(__file__).parents[2]
# Below the ports that the kernel lends to clients: a client must not sit on ours while it is down.
PORTS = range(18_000, 32_000)
# Who waits for this number waits for `held_commits`.
HELD = 77


def until(question: Callable[[], Any], *, within: float = 30.0) -> Any:
    """The first answer that is not falsy; an AssertionError when there is none in time."""
    deadline = time.monotonic() + within
    pace = threading.Event()
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        pace.wait(0.02)
    raise AssertionError(f"not in {within} seconds: {question}")


def free_port() -> int:
    """A port nobody listens on, not one that the kernel would lend."""
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment() -> dict[str, str]:
    """This process's own, without the settings of an instance that somebody works with."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CJEUNE_")}


def cjeune(data_dir: Path, *words: str) -> subprocess.Popen[str]:
    """A command of the product, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "cardservice.cli", *words, "--data-dir", str(data_dir)],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True)
class Cast:
    """Who sells and who pays: three terminals of two partners each, and twelve cards."""

    shops: tuple[Shop, ...]
    tills: tuple[Till, ...]
    cards: tuple[HeldCard, ...]


class Service:
    """One `cjeune serve`; it keeps its port over restarts."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._data_dir = data_dir
        self._log = data_dir / f"serve-{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> subprocess.Popen[bytes]:
        """Starts the process and waits for nothing."""
        assert not self.is_alive()
        words = ["serve", "--port", str(self.port), "--data-dir", str(self._data_dir)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cardservice.cli", *words],
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self.process

    def start(self) -> None:
        """Starts the process; ready when this returns."""
        self.launch()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Ready means /readyz says 200; a process that ended instead is told at once."""
        until(lambda: not self.is_alive() or self.status_of("/readyz") == 200, within=60)
        assert self.is_alive(), self._log.read_text()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def status_of(self, path: str) -> int | None:
        """The status of a page; None when nobody answers."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", path)
            return line.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            line.close()

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL; the process is gone when this returns."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(30)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.signal(signal.SIGTERM)
        return self.exit_status()

    def exit_status(self) -> int:
        assert self.process is not None
        return self.process.wait(40)

    def end(self) -> None:
        """For fixtures: gone, politely or not."""
        if self.is_alive():
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            assert self.process is not None
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class Site:
    """A data directory with its cast, and everything that runs on it."""

    data_dir: Path
    cast: Cast
    _services: list[Service] = field(default_factory=list)

    def new_service(self) -> Service:
        """A service that was not started yet, ended with the site."""
        service = Service(self.data_dir)
        self._services.append(service)
        return service

    def service(self) -> Service:
        """A service that is ready."""
        service = self.new_service()
        service.start()
        return service

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the product, to its end."""
        with cjeune(self.data_dir, *words) as process:
            output, errors = process.communicate(timeout=90)
        return subprocess.CompletedProcess(words, process.returncode, output, errors)

    def assert_proven(self) -> None:
        """`cjeune proof` finds no row that differs."""
        done = self.run("proof", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["ok"] is True

    def end(self) -> None:
        """No process and no file is left."""
        for service in self._services:
            service.end()
        socket_dir = self._socket_dir()
        if self.postmaster():
            self.stop_database()
        shutil.rmtree(self.data_dir, ignore_errors=True)
        if socket_dir is not None:
            shutil.rmtree(socket_dir, ignore_errors=True)

    # The private database

    @property
    def cluster(self) -> Path:
        return self.data_dir / "postgres"

    def postmaster(self) -> int | None:
        """The process id of the running server; None when there is none."""
        # An empty file is one that PostgreSQL has just made and not written yet.
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n")[0])
            os.kill(pid, 0)
            return pid
        return None

    def stop_database(self) -> None:
        """At once, as if its machine had lost power."""
        self._pg_ctl("-m", "immediate", "-w", "stop")
        assert self.postmaster() is None

    def start_database(self) -> None:
        """With the words it was last started with."""
        words = shlex.split((self.cluster / "postmaster.opts").read_text())
        options = shlex.join(words[words.index("-k") :])
        log = str(self.cluster / "server.log")
        self._pg_ctl("-l", log, "-w", "-t", "60", "-o", options, "start")
        assert self.postmaster()

    @contextlib.contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        """The superuser's connection to a server that runs, every statement a transaction."""
        address = f"host={self._socket_dir()} port=5432 user=postgres dbname=cjeune"
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the superuser reads."""
        with self.database() as connection:
            return connection.execute(statement.encode()).fetchall()

    def _socket_dir(self) -> str | None:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()[4] or None
        except (FileNotFoundError, IndexError):
            return None

    def _pg_ctl(self, *words: str) -> None:
        opts = shlex.split((self.cluster / "postmaster.opts").read_text())
        pg_ctl = str(Path(opts[0]).with_name("pg_ctl"))
        # Files, not pipes: a postmaster that is started keeps them open.
        done = subprocess.run(
            [*server_identity().prefix, pg_ctl, "-D", str(self.cluster), *words],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )
        assert done.returncode == 0, (self.cluster / "server.log").read_text()[-2000:]


class Held:
    """Commits that wait inside the database server until they are let go."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def wait_for_one(self) -> None:
        """Returns when a COMMIT of an operation is under way and waits."""
        until(self._somebody_waits)

    def let_go(self) -> None:
        self._connection.execute("SELECT pg_advisory_unlock_all()")

    def _somebody_waits(self) -> bool:
        found = self._connection.execute(
            "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted",
            [HELD],
        )
        return found.rowcount > 0


@contextlib.contextmanager
def held_commits(site: Site) -> Iterator[Held]:
    """While the block lasts, an operation's COMMIT stops half way: its rows are written, its
    deferred trigger waits for a lock of ours, nobody else sees anything yet."""
    with site.database() as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION hold_commit() RETURNS trigger LANGUAGE plpgsql"
            " SET lock_timeout = 0"
            f" AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared({HELD}); RETURN NULL; END $$"
        )
        connection.execute(
            "DROP TRIGGER IF EXISTS hold_commit ON operation;"
            "CREATE CONSTRAINT TRIGGER hold_commit AFTER INSERT ON operation"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold_commit()"
        )
        connection.execute("SELECT pg_advisory_lock(%s)", [HELD])
        try:
            yield Held(connection)
        finally:
            # A server that stops takes the lock with it; the trigger alone holds nobody up.
            with contextlib.suppress(psycopg.OperationalError):
                connection.execute("SELECT pg_advisory_unlock_all()")
                connection.execute("DROP TRIGGER hold_commit ON operation")
                connection.execute("DROP FUNCTION hold_commit()")
