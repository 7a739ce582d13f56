"""A file of waiting tickets that is damaged or cannot be written stops neither sale nor printer."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import A_MORNING
from tests.terminals.fake_printer import plugged_printer
from tests.terminals.test_box_printer import DAY, Seen, printing_to
from tests.terminals.test_box_ticket import DEBIT
from tpe_client.printer.ticket_store import TicketStore

# Nothing of SQLite, another program's tables, and a file that lost its end.
DAMAGES = ("nonsense", "foreign", "cut")


def damage(path: Path, how: str) -> bytes:
    """Leaves a damaged file; its content."""
    if how == "nonsense":
        path.write_bytes(b"not a database at all " * 200)
    elif how == "foreign":
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE waiting_ticket (other TEXT)")
    else:
        with contextlib.closing(TicketStore(path)) as store:
            for _ in range(40):
                store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        os.truncate(path, path.stat().st_size // 2)
    return path.read_bytes()


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path: Path, how: str) -> None:
    path = tmp_path / "tickets.sqlite"
    before = damage(path, how)
    with contextlib.closing(TicketStore(path)) as store:
        assert store.was_damaged
        # Of another program's database only its tables are looked at, so it may have grown.
        aside = (tmp_path / "tickets.sqlite.damaged").read_bytes()
        assert aside == before or how == "foreign"
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        assert store.count() == 1
    with contextlib.closing(TicketStore(path)) as again:
        assert not again.was_damaged and again.count() == 1


def test_what_was_set_aside_goes_with_its_day(tmp_path: Path) -> None:
    path, aside = tmp_path / "tickets.sqlite", tmp_path / "tickets.sqlite.damaged"
    damage(path, "nonsense")
    os.utime(path, (A_MORNING.timestamp(),) * 2)
    with contextlib.closing(TicketStore(path)) as store:
        store.forget_before(A_MORNING.date())
        assert aside.exists()
        store.forget_before(A_MORNING.date() + timedelta(days=1))
        assert not aside.exists()


def test_a_disk_that_takes_nothing_keeps_tickets_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "tickets.sqlite"
    path.mkdir()
    with contextlib.closing(TicketStore(path)) as store:
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        assert store.count() == 1 and not store.was_damaged


def test_a_printer_outlives_a_store_that_breaks_under_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    with (
        plugged_printer(tmp_path) as printer,
        contextlib.closing(TicketStore(tmp_path / "tickets.sqlite")) as store,
        printing_to(printer, store) as (printing, seen),
    ):
        assert isinstance(seen, Seen)
        seen.wait_for("ready", waiting=0)
        store._run("ALTER TABLE waiting_ticket RENAME TO gone")
        printing.look()
        seen.wait_for("fault", waiting=0)
        store._run("ALTER TABLE gone RENAME TO waiting_ticket")
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        printing.look()
        printer.wait_for(1)
        seen.wait_for("ready", waiting=0)
