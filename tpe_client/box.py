"""Puts a box together from its settings: line, journal, tickets, printer, reader, screen.

The law: what cannot be opened is told in words before the screen is taken; every part that is
opened is closed, the journal last.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

import click

from api_client.journal import Journal, JournalFailed
from api_client.key_file import KeyFileFailed, TerminalKey, read_key_file
from api_client.transport import Line
from scanner.sources.reading import Happening, Reading, SourceFailed
from scanner.sources.serial_reader import SerialReader
from tpe_client.activate import CLIENT
from tpe_client.desk import Desk, Hands
from tpe_client.printer.address import Address
from tpe_client.printer.paper import Paper
from tpe_client.printer.printing import Printing
from tpe_client.printer.report import PrinterReport
from tpe_client.printer.ticket_store import TicketStore
from tpe_client.screens.app import TillApp
from tpe_client.texts import say, say_one_of
from tpe_client.till.events import CardRead, PrinterSeen, ReaderSeen

_SECONDS_PER_LOOK: Final = 1.0


@dataclass(frozen=True)
class BoxSettings:
    """How an operator has set the box up."""

    data_dir: Path
    address: Address | None
    paper: Paper
    serial: str | None = None

    @property
    def key_path(self) -> Path:
        return self.data_dir / "terminal_key.json"

    @property
    def journal_path(self) -> Path:
        return self.data_dir / "journal.sqlite"

    @property
    def tickets_path(self) -> Path:
        return self.data_dir / "tickets.sqlite"


def terminal_key(settings: BoxSettings) -> TerminalKey | None:
    """Who this box is; None before its activation."""
    try:
        return read_key_file(settings.key_path)
    except KeyFileFailed as failed:
        raise click.ClickException(say_one_of("key_file", failed.code)) from None


@contextlib.contextmanager
def opened_journal(settings: BoxSettings) -> Iterator[Journal]:
    """The box's journal; a ClickException in words when nothing may be sold with it."""
    try:
        journal = Journal.open(settings.journal_path)
    except JournalFailed as failed:
        raise click.ClickException(say_one_of("journal", failed.code)) from None
    with journal:
        yield journal


def run_box(settings: BoxSettings, key: TerminalKey) -> int:
    """The full-screen program, until it is left; its exit status."""
    app = TillApp()
    _log_to(settings.data_dir / "box.log")
    with contextlib.ExitStack() as opened:
        journal = opened.enter_context(opened_journal(settings))
        line = opened.enter_context(Line(key.base_url, key=key.key, client=CLIENT))
        tickets = opened.enter_context(contextlib.closing(TicketStore(settings.tickets_path)))
        if settings.serial is not None:
            opened.enter_context(_reading(settings.serial, told=app.tell))

        def printer_seen(report: PrinterReport) -> None:
            app.tell(PrinterSeen(report))

        printing = Printing(tickets, settings.address, paper=settings.paper, told=printer_seen)
        columns = settings.paper.columns
        app.attach(Desk(Hands(line, journal, tickets, printing, columns=columns), told=app.tell))
        app.run()
    return app.return_code or 0


def _log_to(path: Path) -> None:
    """Faults go to a small file: on the screen they would be noise, and lost."""
    handler = RotatingFileHandler(path, maxBytes=200_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)


@contextlib.contextmanager
def _reading(port: str, *, told: Callable[[CardRead | ReaderSeen], None]) -> Iterator[None]:
    """A serial reader's own thread for as long as the block lasts."""
    try:
        reader = SerialReader(port)
    except SourceFailed:
        raise click.ClickException(say("command.serial_gone", path=port)) from None
    over = threading.Event()

    def read() -> None:
        with reader:
            while not over.is_set():
                found = reader.next(seconds=_SECONDS_PER_LOOK)
                if isinstance(found, Reading):
                    told(CardRead(found.text))
                elif found in (Happening.LOST, Happening.FOUND):
                    told(ReaderSeen(found is Happening.FOUND))

    thread = threading.Thread(target=read, name="reader", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(3)
