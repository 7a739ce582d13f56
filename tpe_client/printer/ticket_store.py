"""Tickets that wait for paper, and what is needed to print the tickets of today once more.

The law: a ticket is on disk before it is tried, so that no crash and no paper end loses it; one
whose printing had begun says DUPLICATA when it is printed again, because the first may have come
out. Facts only: no name, no PIN; the holder's balance goes with the ticket that needs it, and at
the latest with its day. A file that cannot be read is set aside: no ticket stops a sale.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from api_client.wall_clock import paris_day
from tpe_client.ticket import Copy, Place, TicketFacts

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS waiting_ticket (
    ticket_no     INTEGER PRIMARY KEY AUTOINCREMENT,
    copy          TEXT NOT NULL CHECK (copy IN ('partner', 'holder')),
    facts         TEXT NOT NULL,
    balance_cents INTEGER,
    is_duplicate  INTEGER NOT NULL CHECK (is_duplicate IN (0, 1)),
    has_begun     INTEGER NOT NULL DEFAULT 0 CHECK (has_begun IN (0, 1)),
    on_day        TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS printed_fact (
    operation_id TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('holder', 'partner')),
    on_day       TEXT NOT NULL,
    PRIMARY KEY (operation_id, kind)
) STRICT;
"""
_FIRST: Final = (
    "SELECT ticket_no, facts, copy, balance_cents, is_duplicate, has_begun"
    " FROM waiting_ticket ORDER BY ticket_no LIMIT 1"
)
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class WaitingTicket:
    """A ticket that is not yet known to be on paper."""

    ticket_no: int
    facts: TicketFacts
    copy: Copy
    is_duplicate: bool


class TicketStore:
    """The tickets of one box; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._aside = path.with_suffix(f"{path.suffix}.damaged")
        # Whether what waited is lost: told to the cashier, who can print it again.
        self.was_damaged = False
        try:
            self._database = _opened(path)
        except (sqlite3.Error, OSError) as failure:
            self.was_damaged = _is_damage(failure)
            _LOG.error("tickets cannot be opened: %s", type(failure).__name__)
            if self.was_damaged:
                path.replace(self._aside)
                # The old file's half-done change must not be played into the new one.
                path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
            # On a full or locked disk, what is asked for today waits in memory.
            self._database = _opened(path if self.was_damaged else None)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def put(self, facts: TicketFacts, *, copy: Copy, is_duplicate: bool, day: date) -> None:
        """Keeps a ticket until it is on paper; the same copy asked for again is a duplicate."""
        kept = json.dumps(asdict(replace(facts, balance_cents=None)), default=str)
        balance_cents = facts.balance_cents if copy == "holder" else None
        is_second = self._knows(facts, copy)
        self._run(
            "INSERT INTO waiting_ticket (copy, facts, balance_cents, is_duplicate, on_day)"
            " VALUES (?, ?, ?, ?, ?)",
            (copy, kept, balance_cents, int(is_duplicate or is_second), day.isoformat()),
        )
        self._remember(_print_key(facts), copy, day)

    def first(self) -> WaitingTicket | None:
        """The oldest ticket that waits."""
        rows = self._run(_FIRST)
        if not rows:
            return None
        ticket_no, facts, copy, balance_cents, is_duplicate, has_begun = rows[0]
        return WaitingTicket(
            ticket_no,
            _facts_of(json.loads(facts), balance_cents=balance_cents),
            copy,
            bool(is_duplicate or has_begun),
        )

    def count(self) -> int:
        """How many tickets wait."""
        waiting: int = self._run("SELECT count(*) FROM waiting_ticket")[0][0]
        return waiting

    def note_begun(self, ticket_no: int) -> None:
        """From here on, paper may bear this ticket."""
        self._run("UPDATE waiting_ticket SET has_begun = 1 WHERE ticket_no = ?", (ticket_no,))

    def done(self, ticket_no: int) -> None:
        """The ticket is on paper: its facts and its balance are forgotten."""
        self._run("DELETE FROM waiting_ticket WHERE ticket_no = ?", (ticket_no,))

    def drop_all(self) -> None:
        """Nobody wants the tickets that wait any more."""
        self._run("DELETE FROM waiting_ticket")

    def forget_before(self, day: date) -> None:
        """A new day: balances of earlier days and what only served reprints are removed."""
        before = (day.isoformat(),)
        self._run("UPDATE waiting_ticket SET balance_cents = NULL WHERE on_day < ?", before)
        self._run("DELETE FROM printed_fact WHERE on_day < ?", before)
        # A damaged file may hold balances too.
        if self._aside.exists() and paris_day(_written_at(self._aside)) < day:
            self._aside.unlink()

    def _knows(self, facts: TicketFacts, copy: Copy) -> bool:
        return self._has(_print_key(facts), copy)

    def _has(self, operation_id: str, kind: str) -> bool:
        return bool(
            self._run(
                "SELECT 1 FROM printed_fact WHERE operation_id = ? AND kind = ?",
                (operation_id, kind),
            )
        )

    def _remember(self, operation_id: str, kind: str, day: date) -> None:
        self._run(
            "INSERT OR IGNORE INTO printed_fact (operation_id, kind, on_day) VALUES (?, ?, ?)",
            (operation_id, kind, day.isoformat()),
        )

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


def _opened(path: Path | None) -> sqlite3.Connection:
    """The database, whole and ready; in memory without a path."""
    if path is not None:
        # Made private before the first byte is in it.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
    try:
        # No write-ahead file and zeroed pages: a balance that is forgotten is gone from the disk.
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA secure_delete = ON")
        if database.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("quick_check")
        database.executescript(_SCHEMA)
        # Another program's tables under our names are no tickets of ours either.
        database.execute(_FIRST).fetchall()
    except sqlite3.Error:
        database.close()
        raise
    return database


def _is_damage(failure: Exception) -> bool:
    """Whether the file itself is wrong: its bytes, or tables that are not ours."""
    if isinstance(failure, sqlite3.OperationalError):
        return failure.sqlite_errorcode == sqlite3.SQLITE_ERROR
    return isinstance(failure, sqlite3.DatabaseError)


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _print_key(facts: TicketFacts) -> str:
    # A debit and its cancellation share an operation id, not a ticket.
    return f"{facts.operation_id}/cancelled" if facts.cancels else facts.operation_id


def _facts_of(kept: dict[str, Any], *, balance_cents: int | None) -> TicketFacts:
    return TicketFacts(
        **kept
        | {
            "place": Place(**kept["place"]),
            "at": datetime.fromisoformat(kept["at"]),
            "balance_cents": balance_cents,
        }
    )
