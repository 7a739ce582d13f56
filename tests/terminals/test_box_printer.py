"""The box's printer, a pty: what comes out is drawn and read; what goes wrong loses no ticket."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import zxingcpp

from tests.terminals.fake_printer import FakePrinter, plugged_printer
from tests.terminals.test_box_ticket import CANCELLATION, DEBIT
from tpe_client.printer.address import SerialPrinter, parse_address
from tpe_client.printer.paper import paper_of
from tpe_client.printer.printing import Printing, print_now
from tpe_client.printer.report import PrinterReport, PrinterState
from tpe_client.printer.ticket_store import TicketStore
from tpe_client.ticket import trial_ticket

DAY = date(2026, 11, 22)


class Seen:
    """The reports of a printer, and a way to wait for one."""

    def __init__(self) -> None:
        self.reports: list[PrinterReport] = []
        self._changed = threading.Condition()

    def told(self, report: PrinterReport) -> None:
        with self._changed:
            self.reports.append(report)
            self._changed.notify_all()

    def wait_for(self, state: PrinterState, *, waiting: int) -> None:
        wanted = PrinterReport(state, waiting)
        with self._changed:
            assert self._changed.wait_for(
                lambda: bool(self.reports) and self.reports[-1] == wanted, 20
            ), (wanted, self.reports)


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[FakePrinter]:
    with plugged_printer(tmp_path) as printer:
        yield printer


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TicketStore]:
    with contextlib.closing(TicketStore(tmp_path / "tickets.sqlite")) as store:
        yield store


@contextlib.contextmanager
def printing_to(printer: FakePrinter, store: TicketStore) -> Iterator[tuple[Printing, Seen]]:
    seen = Seen()
    printing = Printing(
        store,
        SerialPrinter(str(printer.path)),
        paper=paper_of(58),
        told=seen.told,
        seconds_between_looks=0.05,
    )
    printing.start()
    try:
        yield printing, seen
    finally:
        printing.stop()


def test_a_ticket_is_printed_and_forgotten(printer: FakePrinter, store: TicketStore) -> None:
    with printing_to(printer, store) as (printing, seen):
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        printing.look()
        printer.wait_for(1)
        seen.wait_for("ready", waiting=0)
    paper = printer.ticket(0)
    assert "45,00 €" in paper.text and paper.cuts == 1
    assert [read.text for read in zxingcpp.read_barcodes(paper.image())] == [DEBIT.reference]


@pytest.mark.parametrize(
    ("trouble", "state"), [("paper_out", "paper_out"), ("cover_open", "cover_open")]
)
def test_a_ticket_waits_for_the_printer_and_then_comes_once(
    printer: FakePrinter, store: TicketStore, trouble: str, state: PrinterState
) -> None:
    setattr(printer, trouble, True)
    with printing_to(printer, store) as (printing, seen):
        store.put(DEBIT, copy="partner", is_duplicate=False, day=DAY)
        printing.look()
        seen.wait_for(state, waiting=1)
        assert printer.data == b""
        printer.put_paper()
        printer.wait_for(1)
        seen.wait_for("ready", waiting=0)
    assert len(printer.tickets) == 1
    assert "DUPLICATA" not in printer.ticket(0).text


def test_paper_that_ends_in_the_middle_gives_a_duplicate_afterwards(
    printer: FakePrinter, store: TicketStore
) -> None:
    printer.bytes_of_paper = 300
    with printing_to(printer, store) as (printing, seen):
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        printing.look()
        seen.wait_for("paper_out", waiting=1)
        printer.put_paper()
        printer.wait_for(2)
        seen.wait_for("ready", waiting=0)
    # The printer itself ends the first one; whoever holds both sees which came second.
    assert "DUPLICATA" not in printer.ticket(0).text
    assert "DUPLICATA" in printer.ticket(1).text


def test_an_unplugged_printer_is_told_and_found_again(
    printer: FakePrinter, store: TicketStore
) -> None:
    with printing_to(printer, store) as (printing, seen):
        seen.wait_for("ready", waiting=0)
        printer.unplug()
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        printing.look()
        seen.wait_for("unreachable", waiting=1)
        printer.plug()
        printer.wait_for(1)
        seen.wait_for("ready", waiting=0)


def test_a_printer_that_is_switched_off_behind_its_adapter_is_told(
    printer: FakePrinter, store: TicketStore
) -> None:
    with printing_to(printer, store) as (printing, seen):
        seen.wait_for("ready", waiting=0)
        printer.talks = False
        seen.wait_for("unreachable", waiting=0)
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        printing.look()
        printer.talks = True
        seen.wait_for("ready", waiting=0)
    assert "45,00 €" in printer.ticket(0).text


def test_paper_near_its_end_is_told_and_printed_on(
    printer: FakePrinter, store: TicketStore
) -> None:
    printer.near_end = True
    with printing_to(printer, store) as (printing, seen):
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        printing.look()
        printer.wait_for(1)
        seen.wait_for("paper_near_end", waiting=0)


def test_a_mute_printer_is_trusted(tmp_path: Path, store: TicketStore) -> None:
    with plugged_printer(tmp_path, talks=False) as printer, printing_to(printer, store) as both:
        store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
        both[0].look()
        printer.wait_for(1)
        both[1].wait_for("silent", waiting=0)


def test_a_ticket_begun_before_a_crash_says_duplicate(
    printer: FakePrinter, store: TicketStore, tmp_path: Path
) -> None:
    store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
    first = store.first()
    assert first is not None
    store.note_begun(first.ticket_no)
    store.close()
    with (
        contextlib.closing(TicketStore(tmp_path / "tickets.sqlite")) as again,
        printing_to(printer, again),
    ):
        printer.wait_for(1)
    paper = printer.ticket(0)
    assert "DUPLICATA" in paper.text and "45,00 €" in paper.text


def test_the_same_copy_asked_for_twice_is_a_duplicate_and_the_other_copy_is_not(
    store: TicketStore,
) -> None:
    marks = []
    for facts, copy in (
        (DEBIT, "holder"), (DEBIT, "partner"), (DEBIT, "holder"), (CANCELLATION, "holder"),
    ):  # fmt: skip
        store.put(facts, copy=copy, is_duplicate=False, day=DAY)  # type: ignore[arg-type]
        waiting = store.first()
        assert waiting is not None
        marks.append(waiting.is_duplicate)
        store.done(waiting.ticket_no)
    assert marks == [False, False, True, False]


def test_a_balance_is_gone_from_the_disk_with_its_ticket(
    store: TicketStore, tmp_path: Path
) -> None:
    facts = replace(DEBIT, balance_cents=1_234_567_890_123)
    file = tmp_path / "tickets.sqlite"
    needle = (1_234_567_890_123).to_bytes(6, "big")
    store.put(facts, copy="holder", is_duplicate=False, day=DAY)
    assert needle in file.read_bytes()
    waiting = store.first()
    assert waiting is not None and waiting.facts.balance_cents == 1_234_567_890_123
    store.done(waiting.ticket_no)
    assert needle not in file.read_bytes()
    assert [one.name for one in tmp_path.glob("tickets.sqlite-*")] == []


def test_a_balance_is_not_kept_over_night(store: TicketStore) -> None:
    store.put(DEBIT, copy="holder", is_duplicate=False, day=DAY)
    store.forget_before(date(2026, 11, 23))
    waiting = store.first()
    assert waiting is not None and waiting.facts == replace(DEBIT, balance_cents=None)


def test_the_partner_copy_never_keeps_a_balance(store: TicketStore) -> None:
    store.put(DEBIT, copy="partner", is_duplicate=False, day=DAY)
    waiting = store.first()
    assert waiting is not None and waiting.facts.balance_cents is None


def test_the_queue_is_private(store: TicketStore, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "tickets.sqlite").stat().st_mode) == 0o600


def test_a_trial_ticket_is_printed_at_once(printer: FakePrinter) -> None:
    address = SerialPrinter(str(printer.path))
    paper = paper_of(58)
    assert print_now(address, trial_ticket(None, columns=32), paper=paper) == "ready"
    assert "é è ê ç œ €" in printer.ticket(0).text
    printer.cover_open = True
    assert print_now(address, trial_ticket(None, columns=32), paper=paper) == "cover_open"
    assert len(printer.tickets) == 1


def test_a_network_printer_talks_too(store: TicketStore, tmp_path: Path) -> None:
    with plugged_printer(tmp_path) as printer, _bridge(printer) as port:
        address = parse_address(f"tcp:127.0.0.1:{port}")
        assert print_now(address, trial_ticket(None, columns=32), paper=paper_of(58)) == "ready"
        printer.wait_for(1)
        printer.paper_out = True
        assert print_now(address, (), paper=paper_of(58)) == "paper_out"
    assert print_now(address, (), paper=paper_of(58)) == "unreachable"


def test_a_usb_printer_that_is_not_there_is_told() -> None:
    address = parse_address("usb:04b8:0202")
    assert print_now(address, (), paper=paper_of(58)) == "unreachable"


@contextlib.contextmanager
def _bridge(printer: FakePrinter) -> Iterator[int]:
    """The printer's port on the network, one caller after the other."""
    over = threading.Event()

    def carry(listening: socket.socket) -> None:
        while not over.is_set():
            if not select.select([listening], [], [], 0.05)[0]:
                continue
            caller, _ = listening.accept()
            with caller, printer.path.open("r+b", buffering=0) as port:
                while not over.is_set():
                    for end in select.select([caller.fileno(), port.fileno()], [], [], 0.05)[0]:
                        came = os.read(end, 4096)
                        if end == port.fileno():
                            caller.sendall(came)
                        elif came:
                            os.write(port.fileno(), came)
                        else:
                            break
                    else:
                        continue
                    break

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=carry, args=(listening,), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        over.set()
        thread.join(5)
