"""A long story is told once in a test process; the tests that begin at its end have it put back.

The law: what is put back is what the real services wrote, to the byte: every row, the open day and
the instant of the ledger's clock. A test gets a copy of what the story gave, so that no test sees
what another made of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

import psycopg

from cardservice.wiring import Office

T = TypeVar("T")
LATE: Final = frozenset(("card_reading", "terminal_sighting", "sign_in_guard"))


@dataclass(frozen=True)
class _End:
    """How a story ended."""

    rows: dict[str, bytes]
    first_open_day: date
    at: datetime
    given: Any


class ToldEachTime:
    """For an instance that one test has to itself."""

    def __call__(self, name: str, tell: Callable[[], T]) -> T:
        return tell()


class ToldOnce:
    """The stories of one process, over one database that is empty when a test begins."""

    def __init__(self, office: Office, dsn: str, tables: list[str]) -> None:
        self.office = office
        self._dsn = dsn
        self._tables = tables
        self._ends: dict[str, _End] = {}

    def __call__(self, name: str, tell: Callable[[], T]) -> T:
        """What the story gives, told now or put back. `name` is the story's own."""
        full = set(self._full())
        assert full <= LATE, f"a story begins with an empty office: {sorted(full - LATE)}"
        # What a service of the last test wrote late (a reading, a sighting) is no part of it.
        self._empty(full)
        if name not in self._ends:
            self._ends[name] = self._heard(tell())
        else:
            self._put_back(self._ends[name])
        # The office is one for all; everything else is the test's own.
        given: T = copy.deepcopy(self._ends[name].given, {id(self.office): self.office})
        return given

    def _empty(self, tables: set[str]) -> None:
        with psycopg.connect(self._dsn) as connection:
            connection.execute("SET session_replication_role = replica")
            for table in sorted(tables):
                connection.execute(f"DELETE FROM {table}".encode())

    def _heard(self, given: object) -> _End:
        with psycopg.connect(self._dsn) as connection:
            rows = {table: _copied(connection, table) for table in self._full()}
            found = connection.execute(
                "SELECT (SELECT first_open_day FROM open_day), ledger_now()"
            ).fetchone()
        assert found is not None
        kept = copy.deepcopy(given, {id(self.office): self.office})
        return _End(rows, found[0], found[1], kept)

    def _full(self) -> list[str]:
        """The tables that hold anything."""
        asked = ", ".join(f"EXISTS (SELECT FROM {table})" for table in self._tables)
        with psycopg.connect(self._dsn) as connection:
            found = connection.execute(f"SELECT {asked}".encode()).fetchone()
        assert found is not None
        return [table for table, holds in zip(self._tables, found, strict=True) if holds]

    def _put_back(self, end: _End) -> None:
        with psycopg.connect(self._dsn) as connection:
            # Rows that were checked when they were written: no trigger, no foreign key.
            connection.execute("SET session_replication_role = replica")
            for table, rows in end.rows.items():
                statement = f"COPY {table} FROM STDIN (FORMAT binary)".encode()
                with connection.cursor().copy(statement) as copying:
                    copying.write(rows)
            connection.execute("UPDATE open_day SET first_open_day = %s", (end.first_open_day,))
            connection.execute("UPDATE demo_clock SET shift = %s - clock_timestamp()", (end.at,))
            # Whatever a service keeps in mind is out of date.
            connection.execute("UPDATE register_version SET version = version + 1")


def _copied(connection: psycopg.Connection[Any], table: str) -> bytes:
    statement = f"COPY {table} TO STDOUT (FORMAT binary)".encode()
    with connection.cursor().copy(statement) as copying:
        return b"".join(bytes(piece) for piece in copying)
