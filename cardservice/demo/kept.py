"""What only a demonstration may keep: codes, PINs, keys and passwords, in one private file.

The law: `demo.json` (mode 0600) appears whole and last, so that its presence means "built"; the
marker `demo.making` stands for as long as a build lasts. A real instance has neither, and nothing
here ever removes anything from a folder without one of them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cardservice.db.embedded import running_server

BUILT = "demo.json"
MAKING = "demo.making"
# All that an instance and its demonstration put into a data directory.
_OURS = (
    "postgres", "postgres.making", "postgres.users", "postgres.change", "master.key", "exports",
    "mail", "demo.log",
)  # fmt: skip


class DemoRefused(Exception):
    """The demonstration cannot start here; `code` names a sentence of words_fr.toml."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card as its holder knows it; the PIN of a card that waits is the one he means to choose."""

    serial: str
    code: str
    pin: str


@dataclass(frozen=True, slots=True)
class KeptTerminal:
    """A terminal's public id and its key."""

    terminal_id: str
    key: str


@dataclass(frozen=True, slots=True)
class KeptUser:
    """Somebody who signs in, with all that it takes; `partner` is that of a delegate, `card` the
    serial of a youth's own, who has no second factor."""

    role: str
    email: str
    password: str
    totp_secret: str | None
    partner: str | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The secrets of a built demonstration."""

    cards: list[KeptCard]
    terminals: list[KeptTerminal]
    users: list[KeptUser]


def read_kept(data_dir: Path) -> Kept | None:
    """The secrets of a demonstration that was built here, or None."""
    try:
        facts = json.loads((data_dir / BUILT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Kept(
        [KeptCard(**row) for row in facts["cards"]],
        [KeptTerminal(**row) for row in facts["terminals"]],
        [KeptUser(**row) for row in facts["users"]],
    )


def write_kept(data_dir: Path, kept: Kept) -> None:
    """Says "built": from now on a start finds the demonstration instead of making it."""
    write_private(data_dir / BUILT, asdict(kept))


def write_private(path: Path, content: dict[str, Any]) -> None:
    """A JSON file that only its owner reads, under its name only when whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file with mode 0600: no moment at which somebody else could read it.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def making(data_dir: Path, postgres_bin: Path | None) -> Iterator[None]:
    """The time of a build: an empty place at its start, no marker once it has succeeded.

    Raises DemoRefused: data_is_real, being_made, still_used.
    """
    marker = data_dir / MAKING
    if not marker.exists():
        if any((data_dir / name).exists() for name in ("postgres", "master.key")):
            raise DemoRefused("data_is_real", folder=data_dir)
        data_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(marker, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # The kernel drops the lock of a build that was killed: what it left is nobody's.
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRefused("being_made", folder=data_dir) from None
        _throw_away(data_dir, postgres_bin)
        yield
        marker.unlink()
    finally:
        os.close(handle)


def _throw_away(data_dir: Path, postgres_bin: Path | None) -> None:
    """Removes what a build that was cut has left, its surviving server stopped first."""
    assert (data_dir / MAKING).exists(), "nothing is removed from a folder that is not ours"
    if (data_dir / "postgres" / "PG_VERSION").exists():
        with running_server(data_dir, postgres_bin):
            pass  # found again, and stopped on the way out by its last user
        if (data_dir / "postgres" / "postmaster.pid").exists():
            raise DemoRefused("still_used", folder=data_dir)
    for name in _OURS:
        path = data_dir / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
