"""The desk of the box with a line that keeps silent, and with parts that break in its hands.

The law: every question about money ends with an event, whatever happens; a silent line is asked
one question of each kind at a time, and the next sale stands behind no more than that.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from api_client.answers import Me, NoAnswer
from api_client.entries import Order
from api_client.journal import Journal
from api_client.operation_id import local_reference
from api_client.transport import Line
from tests.conftest import A_MORNING
from tests.terminals.box import EAGER
from tests.terminals.scripted_line import SILENCE, approved
from tests.terminals.till_stories import APPROVED, ME, OPERATION, SPORT, found
from tpe_client import desk as desk_room
from tpe_client.desk import Desk, Hands
from tpe_client.printer.address import Address, FilePrinter
from tpe_client.printer.paper import paper_of
from tpe_client.printer.printing import Printing
from tpe_client.printer.ticket_store import TicketStore
from tpe_client.till.effects import (
    CancelDebit,
    Effect,
    Identify,
    LoadMe,
    PutTicket,
    Resume,
    SendDebit,
)
from tpe_client.till.events import (
    CancelAnswered,
    CardAnswered,
    DebitAnswered,
    Event,
    MeSeen,
    Resumed,
    TicketReady,
    TicketsLost,
)
from tpe_client.till.states import Sale

REFERENCE = local_reference(OPERATION)


class SilentLine:
    """Answers nothing about money until it is `let_go`; then as if the line were cut."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._gone = threading.Event()
        self._begun = threading.Event()

    def let_go(self) -> None:
        self._gone.set()

    def wait_until_asked(self) -> None:
        assert self._begun.wait(20)

    def me(self) -> Me | NoAnswer:
        return ME

    def identify(self, reading: str) -> Any:
        labelled = replace(SPORT, label="Sport et culture")
        return found(wallets=(labelled,))

    def send_debit(self, order: Order, *, pin: str | None) -> Any:
        self.asked.append("send")
        return approved(order)

    def ask(self, operation_id: UUID) -> NoAnswer:
        return self._held("ask")

    def cancel(self, operation_id: UUID, *, reason: str) -> NoAnswer:
        return self._held("cancel")

    def _held(self, name: str) -> NoAnswer:
        self.asked.append(name)
        self._begun.set()
        assert self._gone.wait(20)
        return SILENCE


@dataclass
class AtWork:
    """A desk, and what it tells."""

    desk: Desk
    line: SilentLine
    journal: Journal
    tickets: TicketStore
    told: queue.SimpleQueue[Event]

    def do(self, effect: Effect) -> None:
        self.desk.do(effect)

    def next(self, kind: type[Event]) -> Any:
        """The next event of this kind."""
        while True:
            event = self.told.get(timeout=20)
            if isinstance(event, kind):
                return event


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Callable[..., AtWork]]:
    with contextlib.ExitStack() as opened:

        def start(address: Address | None = None) -> AtWork:
            line, told = SilentLine(), queue.SimpleQueue[Event]()
            journal = opened.enter_context(Journal.open(tmp_path / "journal.sqlite"))
            tickets = TicketStore(tmp_path / "tickets.sqlite")
            opened.callback(tickets.close)
            printing = Printing(tickets, address, paper=paper_of(58), told=lambda report: None)
            hands = Hands(
                cast(Line, line), journal, tickets, printing,
                clock=lambda: A_MORNING, patience=EAGER, background=EAGER,
            )  # fmt: skip
            desk = Desk(hands, told=told.put)
            desk.start()
            opened.callback(desk.close)
            opened.callback(line.let_go)
            return AtWork(desk, line, journal, tickets, told)

        yield start


def a_sale() -> SendDebit:
    return SendDebit(Sale(found(), SPORT, 1055))


def test_forty_repeated_questions_on_a_silent_line_are_one(at_work: Callable[..., AtWork]) -> None:
    box = at_work()
    for _ in range(40):
        box.do(CancelDebit(OPERATION, "other", patiently=False))
        box.do(Resume(patiently=False))
    box.line.wait_until_asked()
    box.do(a_sale())
    box.line.let_go()
    box.next(DebitAnswered)
    # One cancellation, one round of questions about what is open, then the sale.
    assert box.line.asked == ["cancel", "cancel", "send"]


def test_an_answered_question_may_be_asked_again(at_work: Callable[..., AtWork]) -> None:
    box = at_work()
    box.line.let_go()
    for asked in (1, 2):
        box.do(CancelDebit(OPERATION, "other", patiently=False))
        answered = box.next(CancelAnswered)
        assert answered.operation_id == OPERATION and len(box.line.asked) == asked
        box.do(Resume(patiently=False))
        assert box.next(Resumed).open_sales == (REFERENCE,)
        box.line.asked.pop()


def test_a_cashier_who_waits_is_given_more_than_one_try(at_work: Callable[..., AtWork]) -> None:
    box = at_work()
    box.line.let_go()
    box.do(CancelDebit(OPERATION, "other"))
    box.next(CancelAnswered)
    assert box.line.asked == ["cancel"] * EAGER.tries


def test_a_cancellation_that_breaks_is_in_doubt(
    at_work: Callable[..., AtWork], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = at_work()

    def breaks(*_: object, **__: object) -> None:
        raise OSError("no such thing")

    monkeypatch.setattr(desk_room, "cancel_debit", breaks)
    box.do(CancelDebit(OPERATION, "other"))
    assert box.next(CancelAnswered).answer.local_reference == REFERENCE


def test_a_start_comes_to_its_end_whatever_breaks(
    at_work: Callable[..., AtWork], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = at_work()
    # Tickets whose table is gone, and questions that end in an error nobody foresaw.
    box.tickets._run("DROP TABLE printed_fact")
    box.do(Resume(patiently=True))
    assert box.next(Resumed).last is None

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(desk_room, "resolve_open", breaks)
    box.do(Resume(patiently=True))
    assert box.next(Resumed).last is None


def test_damaged_tickets_are_told_after_the_truth_about_sales(
    at_work: Callable[..., AtWork], tmp_path: Path
) -> None:
    (tmp_path / "tickets.sqlite").write_bytes(b"not a database at all " * 100)
    box = at_work()
    box.do(Resume(patiently=True))
    box.next(Resumed)
    box.next(TicketsLost)


def test_a_ticket_that_cannot_be_kept_comes_to_the_screen(
    at_work: Callable[..., AtWork], tmp_path: Path
) -> None:
    box = at_work(FilePrinter(str(tmp_path / "roll.bin")))
    box.do(LoadMe())
    box.next(MeSeen)
    box.tickets._run("DROP TABLE waiting_ticket")
    box.do(PutTicket(APPROVED, "holder"))
    assert any("D4K7M2QX" in line for line in box.next(TicketReady).lines)


def test_a_ticket_names_the_wallet_as_the_service_does(at_work: Callable[..., AtWork]) -> None:
    box = at_work()
    box.do(Identify(1, ("7K3M9QXWTB4HDN",)))
    box.next(CardAnswered)
    box.do(PutTicket(APPROVED, "holder"))
    assert "Sport et culture" in " ".join(box.next(TicketReady).lines)
