"""Any sequence of sales, cancellations, restarts and late copies, in any mood of the network: what
the terminal has told is what stands in the end, and nothing stays unknown once it can ask."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from api_client.answers import Approved, Cancelled, Declined, Problem, Unknown
from api_client.backoff import Patience
from api_client.journal import Journal
from api_client.settle import cancel_debit, resolve_open, take_debit
from api_client.transport import Line
from tests.terminals.model_network import FATES, Fate, ModelLine, ModelService
from tests.terminals.scripted_line import an_order

PATIENCE = Patience(tries=3, wait=lambda seconds: None, draw=lambda: 0.0)
# A call asks and sends in each round, then makes sure in as many, then looks at what stands.
MOST_CALLS = 3 * PATIENCE.tries + 1

# What the network does to the first calls, and what to all that follow: a network that mends
# itself after three calls would hardly ever leave a sale unknown. Copies held back come often,
# because what they do when they arrive is what the law is about.
first_moods = st.lists(st.sampled_from(("held_back", *FATES)), max_size=6)
later_moods = st.sampled_from(("answered", "answered", "request_lost", "portal_page"))
moods = st.tuples(first_moods, later_moods)
Moods = tuple[list[Fate], Fate]


class Terminal(RuleBasedStateMachine):
    """One terminal, one service, one network."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "journal.sqlite"
        self.journal = Journal.open(self.path)
        self.service = ModelService()
        self.model = ModelLine(self.service, lambda: "answered")
        self.line = cast(Line, self.model)
        self.sold: list[UUID] = []

    def teardown(self) -> None:
        try:
            self.everything_is_found_out()
        finally:
            self.journal.close()
            self.folder.cleanup()

    @rule(moods=moods)
    def sell(self, moods: Moods) -> None:
        order = an_order(len(self.sold) + 1)
        self.sold.append(order.operation_id)
        self.model.orders[order.operation_id] = order
        self.in_moods(moods)
        answer: Any = take_debit(self.line, self.journal, order, pin=None, patience=PATIENCE)
        self.judge(order.operation_id, answer)

    @precondition(lambda self: self.sold)
    @rule(moods=moods, which=st.integers(0, 99))
    def take_up_again(self, moods: Moods, which: int) -> None:
        operation_id = self.sold[which % len(self.sold)]
        entry = self.journal.entry(operation_id)
        assert entry is not None
        if entry.state in ("written", "unknown") and not entry.cancellation_asked:
            self.in_moods(moods)
            answer: Any = take_debit(
                self.line, self.journal, entry.order, pin=None, patience=PATIENCE
            )
            self.judge(operation_id, answer)

    @precondition(lambda self: self.sold)
    @rule(moods=moods, which=st.integers(0, 99))
    def cancel(self, moods: Moods, which: int) -> None:
        operation_id = self.sold[which % len(self.sold)]
        self.in_moods(moods)
        answer = cancel_debit(
            self.line, self.journal, operation_id, reason="mistake", patience=PATIENCE
        )
        if isinstance(answer, Cancelled | Declined):
            assert not self.service.is_standing(operation_id)

    @rule(moods=moods)
    def restart(self, moods: Moods) -> None:
        self.journal.close()
        self.journal = Journal.open(self.path)
        self.in_moods(moods)
        resolve_open(self.line, self.journal, patience=PATIENCE)

    @precondition(lambda self: self.model.on_its_way)
    @rule(which=st.integers(0, 99))
    def a_late_copy_arrives(self, which: int) -> None:
        self.model.deliver(which)

    def in_moods(self, moods: Moods) -> None:
        """The first ones in turn, then the other for ever."""
        first, later = list(moods[0]), moods[1]
        self.model.mood = lambda: first.pop(0) if first else later
        self.model.calls = 0

    def judge(self, operation_id: UUID, answer: Any) -> None:
        """What a cashier is told is so at this moment."""
        assert self.model.calls <= MOST_CALLS
        entry = self.journal.entry(operation_id)
        assert entry is not None
        assert entry.is_open == isinstance(answer, Unknown)
        match answer:
            case Approved():
                assert self.service.is_standing(operation_id)
            case Declined() | Problem() | Cancelled():
                assert not self.service.is_standing(operation_id)

    def everything_is_found_out(self) -> None:
        """The network works again; and whatever was still on its way arrives after all."""
        self.in_moods(([], "answered"))
        resolve_open(self.line, self.journal, patience=PATIENCE)
        assert self.journal.unresolved() == []
        assert self.journal.cancellations_asked() == []
        while self.model.on_its_way:
            self.model.deliver(0)
        for operation_id in self.sold:
            entry = self.journal.entry(operation_id)
            assert entry is not None and not entry.is_open
            is_told_standing = entry.state == "approved"
            assert self.service.is_standing(operation_id) == is_told_standing, entry


def test_whatever_happens_the_terminal_tells_the_truth() -> None:
    run_state_machine_as_test(
        Terminal, settings=settings(max_examples=120, stateful_step_count=8, deadline=None)
    )


@pytest.mark.soak
def test_whatever_happens_the_terminal_tells_the_truth_many_times() -> None:
    run_state_machine_as_test(
        Terminal, settings=settings(max_examples=500, stateful_step_count=20, deadline=None)
    )
