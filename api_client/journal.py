"""The terminal's journal: what was sold here, on disk before a byte of it is sent.

The law: one SQLite file per terminal, private (0600), one program at a time, written through to
the disk (WAL, synchronous=FULL). It knows amounts, wallets and the last four characters of a card:
never a PIN or a name. An identification is forgotten when its sale is settled, the service's
sentence (it may tell a balance) on the next day with a sale, the entry after 400 days; what is not
settled, never.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from uuid import UUID

from api_client.answers import Approved, Cancelled, Declined, Problem, Totals, WalletTotals
from api_client.entries import (
    CancellationAsked,
    Entry,
    Order,
    columns_of,
    entry_of,
    instant_text,
    is_cancelled,
    order_of,
)
from api_client.journal_file import (
    JournalDamaged,
    JournalFailed,
    JournalInUse,
    JournalNotWritable,
    JournalTooNew,
    opened_file,
    told_as_journal_failure,
    written_through,
)
from api_client.wall_clock import Clock, paris_day, utc_now

__all__ = [
    "CancellationAsked",
    "Entry",
    "Journal",
    "JournalDamaged",
    "JournalFailed",
    "JournalInUse",
    "JournalNotWritable",
    "JournalTooNew",
    "Order",
]

# A school year and the month in which its last bordereau is still compared.
KEPT_DAYS = 400

_ENTRIES = (
    "SELECT sale.*, asked.reason AS cancellation_reason FROM sale"
    " LEFT JOIN cancellation_asked AS asked USING (operation_id) "
)


class Journal:
    """Open for as long as the program runs; may be used from several threads.

    Every method that writes has written to the disk when it returns, or raises JournalFailed and
    has changed nothing.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Clock) -> None:
        self._path = path
        self._connection = connection
        self._clock = clock
        self._file = path.stat().st_ino
        self._one_at_a_time = threading.RLock()
        # Whoever settles sales holds it: a background question must not cancel a running sale.
        self.settling = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, clock: Clock = utc_now) -> Journal:
        """Makes the file if there is none; JournalFailed if it cannot be trusted."""
        connection = opened_file(path)
        connection.row_factory = sqlite3.Row
        journal = cls(path, connection, clock)
        with journal._writing():
            journal._forget()
        return journal

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._one_at_a_time:
            self._connection.close()

    # Writing

    def write(self, order: Order, *, pin_given: bool = False) -> None:
        """Before anything is sent. The same order may be written again while it is open and not
        given up, with a fresh identification."""
        with self._writing():
            # A file that was taken away would take every sale with it, and SQLite would not tell.
            if self._path.stat().st_ino != self._file:
                raise JournalDamaged("another file stands in its place")
            before = self._row(order.operation_id)
            if before is None:
                self._insert(order, pin_given=pin_given)
                self._forget()
                return
            same = order_of(before)
            assert (same.wallet, same.amount_cents, same.last4) == (
                order.wallet,
                order.amount_cents,
                order.last4,
            ), "an operation id serves one sale"
            assert before["state"] in ("written", "unknown"), "an answer is final for its id"
            # Its cancellation may be on its way, and would undo what is told to be approved.
            assert not self._is_given_up(order.operation_id), "who gives a sale up begins another"
            self._set(
                order.operation_id,
                identification=order.identification,
                identity_checked=int(order.identity_checked),
                pin_given=int(pin_given),
            )

    def settle(self, operation_id: UUID, answer: Approved | Declined | Cancelled | Problem) -> None:
        """Keeps what the service has decided. The first certain answer stands; only an approved
        sale can still become cancelled. An operation of another terminal has no entry: nothing."""
        with self._writing():
            if is_cancelled(answer):
                self._drop_cancellation(operation_id)
            before = self._row(operation_id)
            if before is None:
                return
            told = columns_of(answer)
            if before["state"] in ("declined", "cancelled"):
                return
            if before["state"] == "approved" and told["state"] != "cancelled":
                return
            settled_at = instant_text(self._clock())
            self._set(operation_id, identification="", settled_at=settled_at, **told)

    def leave_unknown(self, operation_id: UUID) -> None:
        """All tries are used up: to be asked about later."""
        with self._writing():
            before = self._row(operation_id)
            if before is not None and before["state"] == "written":
                self._set(operation_id, state="unknown")

    def ask_cancellation(self, operation_id: UUID, *, reason: str) -> None:
        """Before a cancellation is sent, so that one without an answer is asked for again."""
        with self._writing():
            self._connection.execute(
                "INSERT OR REPLACE INTO cancellation_asked VALUES (?, ?, ?)",
                (str(operation_id), reason, instant_text(self._clock())),
            )

    def drop_cancellation(self, operation_id: UUID) -> None:
        """The service has answered that this one is not cancelled."""
        with self._writing():
            self._drop_cancellation(operation_id)

    # Reading

    def entry(self, operation_id: UUID) -> Entry | None:
        """The sale with this id, if this terminal made it."""
        found = self._entries("WHERE operation_id = ?", str(operation_id))
        return found[0] if found else None

    def unresolved(self) -> list[Entry]:
        """Sales the service has still to be asked about, oldest first."""
        return self._entries(
            "WHERE state IN ('written', 'unknown') OR asked.reason IS NOT NULL ORDER BY sale_no"
        )

    def cancellations_asked(self) -> list[CancellationAsked]:
        """Cancellations that nobody has answered, of other terminals' sales too, oldest first."""
        rows = self._read("SELECT operation_id, reason FROM cancellation_asked ORDER BY rowid")
        return [CancellationAsked(UUID(row["operation_id"]), row["reason"]) for row in rows]

    def last(self) -> Entry | None:
        """The sale that was begun last."""
        found = self._entries("ORDER BY sale_no DESC LIMIT 1")
        return found[0] if found else None

    def of_day(self, day: date) -> list[Entry]:
        """The sales of a business day, newest first; a sale without one stands where the
        terminal's own clock had put it."""
        return self._entries(
            "WHERE COALESCE(business_day, written_day) = ? ORDER BY sale_no DESC", day.isoformat()
        )

    def totals(self, day: date) -> Totals:
        """This terminal's approved and not cancelled sales of a business day."""
        rows = self._read(
            "SELECT wallet, count(*) AS count, sum(amount_cents) AS cents FROM sale"
            " WHERE state = 'approved' AND business_day = ? GROUP BY wallet ORDER BY wallet",
            day.isoformat(),
        )
        wallets = tuple(WalletTotals(row["wallet"], row["count"], row["cents"]) for row in rows)
        return Totals(
            count=sum(wallet.count for wallet in wallets),
            amount_cents=sum(wallet.amount_cents for wallet in wallets),
            wallets=wallets,
        )

    # Rows

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with (
            self._one_at_a_time,
            told_as_journal_failure(),
            written_through(self._connection),
        ):
            yield

    def _read(self, statement: str, *values: str) -> list[sqlite3.Row]:
        with self._one_at_a_time, told_as_journal_failure():
            return self._connection.execute(statement, values).fetchall()

    def _entries(self, which: str, *values: str) -> list[Entry]:
        return [entry_of(row) for row in self._read(_ENTRIES + which, *values)]

    def _row(self, operation_id: UUID) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._connection.execute(
            "SELECT * FROM sale WHERE operation_id = ?", (str(operation_id),)
        ).fetchone()
        return found

    def _insert(self, order: Order, *, pin_given: bool) -> None:
        now = self._clock()
        self._connection.execute(
            "INSERT INTO sale (operation_id, identification, wallet, amount_cents, last4,"
            " identity_checked, pin_given, state, written_at, written_day)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'written', ?, ?)",
            (
                str(order.operation_id),
                order.identification,
                order.wallet,
                order.amount_cents,
                order.last4,
                int(order.identity_checked),
                int(pin_given),
                instant_text(now),
                paris_day(now).isoformat(),
            ),
        )

    def _set(self, operation_id: UUID, **columns: str | int | None) -> None:
        names = ", ".join(f"{name} = :{name}" for name in columns)
        self._connection.execute(
            f"UPDATE sale SET {names} WHERE operation_id = :operation_id",  # noqa: S608
            {**columns, "operation_id": str(operation_id)},
        )

    def _is_given_up(self, operation_id: UUID) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM cancellation_asked WHERE operation_id = ?", (str(operation_id),)
        )
        return found.fetchone() is not None

    def _drop_cancellation(self, operation_id: UUID) -> None:
        self._connection.execute(
            "DELETE FROM cancellation_asked WHERE operation_id = ?", (str(operation_id),)
        )

    def _forget(self) -> None:
        # Counted from the newest day that the service has named: a box whose own clock jumps ten
        # years ahead must not lose its journal.
        (newest,) = self._connection.execute("SELECT max(business_day) FROM sale").fetchone()
        if newest is None:
            return
        self._connection.execute(
            "UPDATE sale SET message = NULL WHERE message IS NOT NULL"
            " AND COALESCE(business_day, written_day) < ?",
            (newest,),
        )
        oldest_kept = date.fromisoformat(newest) - timedelta(days=KEPT_DAYS)
        self._connection.execute(
            "DELETE FROM sale WHERE state IN ('approved', 'declined', 'cancelled')"
            " AND COALESCE(business_day, written_day) < ?",
            (oldest_kept.isoformat(),),
        )
