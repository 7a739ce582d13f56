"""The journal's file: made private, opened by one program, checked before it is trusted.

The law: whatever SQLite or the disk finds wrong becomes one of four reasons that a screen has a
sentence for; none of them is repaired or worked around here, because a journal that was mended by
guessing is no journal.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# "CJTJ": what `PRAGMA application_id` says of a file of ours.
_APPLICATION_ID = 0x434A544A
_VERSION = 1

_PRAGMAS = (
    # The lock is taken with the first read and kept until the file is closed or the process dies.
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    # What is forgotten leaves the file, not only its index.
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA journal_size_limit = 1048576",
)
_SCHEMA = (
    """
    CREATE TABLE sale (
        sale_no INTEGER PRIMARY KEY,
        operation_id TEXT NOT NULL UNIQUE,
        identification TEXT NOT NULL,
        wallet TEXT NOT NULL,
        amount_cents INTEGER NOT NULL CHECK (typeof(amount_cents) = 'integer' AND amount_cents > 0),
        last4 TEXT NOT NULL CHECK (length(last4) <= 4),
        identity_checked INTEGER NOT NULL CHECK (identity_checked IN (0, 1)),
        pin_given INTEGER NOT NULL CHECK (pin_given IN (0, 1)),
        state TEXT NOT NULL
            CHECK (state IN ('written', 'approved', 'declined', 'cancelled', 'unknown')),
        code TEXT,
        message TEXT,
        reference TEXT,
        accepted_at TEXT,
        business_day TEXT,
        cancellation_reference TEXT,
        cancelled_at TEXT,
        written_at TEXT NOT NULL,
        written_day TEXT NOT NULL,
        settled_at TEXT,
        CHECK (state <> 'approved' OR (reference IS NOT NULL AND business_day IS NOT NULL)),
        CHECK (state IN ('written', 'unknown') OR identification = '')
    )
    """,
    "CREATE INDEX sale_of_day ON sale (COALESCE(business_day, written_day))",
    "CREATE INDEX sale_open ON sale (state) WHERE state IN ('written', 'unknown')",
    """
    CREATE TABLE cancellation_asked (
        operation_id TEXT PRIMARY KEY,
        reason TEXT NOT NULL,
        asked_at TEXT NOT NULL
    )
    """,
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_VERSION}",
)


class JournalFailed(Exception):
    """The journal cannot be trusted with a sale, so nothing is sold. `code` says why; a screen
    has a sentence for each.

    JournalFailed
    ├── JournalDamaged       damaged: not, or no longer, a journal of ours
    ├── JournalInUse         in_use: another program has it open
    ├── JournalNotWritable   not_writable: disk full, read-only, or no right to write
    └── JournalTooNew        too_new: written by a later version of this program
    """

    code = "failed"

    def __init__(self, detail: str) -> None:
        super().__init__(f"journal {self.code}: {detail}")


class JournalDamaged(JournalFailed):
    """The file is not, or no longer, a journal of ours."""

    code = "damaged"


class JournalInUse(JournalFailed):
    """Another program has this journal open."""

    code = "in_use"


class JournalNotWritable(JournalFailed):
    """Disk full, read-only, or no right to write."""

    code = "not_writable"


class JournalTooNew(JournalFailed):
    """Written by a later version of this program."""

    code = "too_new"


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def told_as_journal_failure() -> Iterator[None]:
    """What SQLite and the disk say, as one of the four reasons."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        # A constraint of ours, or a journal that was closed: a defect of this program.
        raise
    except sqlite3.DatabaseError as failure:
        number = getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        name = getattr(failure, "sqlite_errorname", type(failure).__name__)
        if number in _DAMAGED:
            raise JournalDamaged(name) from failure
        if number in _IN_USE:
            raise JournalInUse(name) from failure
        raise JournalNotWritable(name) from failure
    except OSError as failure:
        raise JournalNotWritable(type(failure).__name__) from failure


def opened_file(path: Path) -> sqlite3.Connection:
    """A connection to a journal that is whole, ours, private and nobody else's."""
    with told_as_journal_failure():
        _make_private(path)
        # Only the thread that holds the journal's lock uses it at a time.
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def written_through(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction; on the disk when the block ends, or undone."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _make_private(path: Path) -> None:
    try:
        # SQLite gives its -wal file the mode of the file itself.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # Not opened here: closing it again would give up the locks of a journal this process has.
        if stat.S_IMODE(path.stat().st_mode) != 0o600:
            path.chmod(0o600)
        return
    if os.name == "posix":
        # The name of a new file is on the disk when its folder is.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    # Reading the file's own marks takes the lock; writing nothing proves that one could write.
    ours = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    with written_through(connection):
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables == 0 and ours == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
        elif ours != _APPLICATION_ID:
            raise JournalDamaged("not a journal")
    if version > _VERSION:
        raise JournalTooNew(str(version))
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise JournalDamaged("integrity_check")
