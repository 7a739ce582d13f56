"""Sales through a network that cuts, delays and doubles: none is debited twice, none is reported
wrong, and each ends approved, declined, or unknown and then resolved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, cycle, repeat
from typing import Any
from uuid import UUID

import pytest

from api_client.answers import Approved, Cancelled, Declined, Unknown
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.exchange import Limits
from api_client.journal import Journal
from api_client.operation_id import new_operation_id
from api_client.settle import cancel_debit, resolve_open, take_debit
from api_client.transport import Line
from tests.conftest import A_MORNING
from tests.faults.cut_proxy import (
    Ask,
    CutProxy,
    Fault,
    TillsEnd,
    answer_cut_after,
    answer_too_late,
    held_until,
    honest,
    in_turn,
    opened_proxy,
    request_cut_after,
    sent_twice,
)
from tests.terminals.conftest import Service
from tests.terminals.ledger_truth import assert_all_true

# More than an answer has; a request has fewer, and ends in the sweep too.
MOST_BYTES = 1_000
IMPATIENT = Limits(connect_seconds=5, read_seconds=0.2, whole_seconds=0.2)


@dataclass
class Till:
    """One terminal behind the proxy: what it does is done in a thread, as its program does it."""

    line: Line
    journal: Journal
    patience: Patience
    proxy: CutProxy
    order: Order
    sold: list[UUID] = field(default_factory=list)

    async def sell(
        self, *faults: Fault, afterwards: Fault = honest, line: Line | None = None
    ) -> Any:
        """A new sale of one cent; its requests suffer these faults in turn."""
        order = replace(self.order, operation_id=new_operation_id(A_MORNING), amount_cents=1)
        self.sold.append(order.operation_id)
        self.proxy.fault = in_turn(chain(faults, repeat(afterwards)))
        return await asyncio.to_thread(
            take_debit,
            line or self.line,
            self.journal,
            order,
            pin=None,
            patience=self.patience,
        )

    async def cancel(self, operation_id: UUID, *faults: Fault, afterwards: Fault = honest) -> Any:
        self.proxy.fault = in_turn(chain(faults, repeat(afterwards)))
        return await asyncio.to_thread(
            cancel_debit,
            self.line,
            self.journal,
            operation_id,
            reason="mistake",
            patience=self.patience,
        )

    async def resolve(self) -> None:
        """The network is whole again: whatever is open is found out."""
        self.proxy.fault = honest
        await asyncio.to_thread(resolve_open, self.line, self.journal, patience=self.patience)
        assert self.journal.unresolved() == []


Opened = Callable[[], Any]


@pytest.fixture
def opened_till(
    service: Service,
    make_line: Callable[..., Line],
    journal: Journal,
    new_order: Callable[..., Order],
    eager: Patience,
) -> Opened:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Till]:
        async with opened_proxy(service.port) as proxy:
            till = Till(make_line(proxy.base_url), journal, eager, proxy, new_order())
            yield till
            await till.resolve()
        assert_all_true(service.office, journal, till.sold)

    return opened


async def no_answer_at_all(request: bytes, ask: Ask, till: TillsEnd) -> None:
    """The request arrives, the answer never leaves."""
    await ask(request)


async def never_arrives(request: bytes, ask: Ask, till: TillsEnd) -> None:
    """The line is cut before the first byte of the request."""


async def byte_by_byte(request: bytes, ask: Ask, till: TillsEnd) -> None:
    """The answer comes whole, and in as many pieces as it has bytes."""
    for byte in await ask(request):
        await asyncio.sleep(0)
        till.tell(bytes([byte]))


async def sweep_of_answers(till: Till, cuts: Iterable[int]) -> None:
    for count in cuts:
        assert isinstance(await till.sell(answer_cut_after(count)), Approved), count


async def sweep_of_answers_then_silence(till: Till, cuts: Iterable[int]) -> None:
    """Nothing gets through after the cut: what was not read whole is unknown, then found."""
    for count in cuts:
        told = await till.sell(answer_cut_after(count), afterwards=never_arrives)
        if isinstance(told, Unknown):
            entry = till.journal.entry(told.operation_id)
            assert entry is not None and entry.state == "unknown"
            await till.resolve()
            entry = till.journal.entry(told.operation_id)
        else:
            assert isinstance(told, Approved), count
            entry = till.journal.last()
        assert entry is not None and entry.state == "approved", count


def test_a_sale_whose_answer_is_cut_after_any_byte_is_told_as_approved(
    opened_till: Opened,
) -> None:
    async def story() -> None:
        async with opened_till() as till:
            await sweep_of_answers(till, range(0, MOST_BYTES, 5))

    asyncio.run(story())


def test_a_cut_sale_that_nobody_answers_for_is_unknown_and_then_found(
    opened_till: Opened,
) -> None:
    async def story() -> None:
        async with opened_till() as till:
            await sweep_of_answers_then_silence(till, range(0, MOST_BYTES, 17))

    asyncio.run(story())


@pytest.mark.soak
@pytest.mark.parametrize("sweep", [sweep_of_answers, sweep_of_answers_then_silence])
def test_a_thousand_cuts_at_every_byte(opened_till: Opened, sweep: Callable[..., Any]) -> None:
    async def story() -> None:
        async with opened_till() as till:
            await sweep(till, range(MOST_BYTES))

    asyncio.run(story())


def test_a_request_that_is_cut_is_sent_again_under_the_same_id(opened_till: Opened) -> None:
    async def story() -> None:
        async with opened_till() as till:
            for count in range(0, MOST_BYTES, 37):
                assert isinstance(await till.sell(request_cut_after(count)), Approved)

    asyncio.run(story())


def test_a_sale_that_never_arrived_is_unknown_and_then_cancelled(opened_till: Opened) -> None:
    async def story() -> None:
        async with opened_till() as till:
            for count in (0, 100, 400):
                told = await till.sell(request_cut_after(count), afterwards=never_arrives)
                assert isinstance(told, Unknown)
                await till.resolve()
                entry = till.journal.entry(told.operation_id)
                assert entry is not None and entry.state == "cancelled"

    asyncio.run(story())


def test_answers_are_cut_again_and_again_until_one_comes_through(opened_till: Opened) -> None:
    async def story() -> None:
        async with opened_till() as till:
            cuts = cycle((0, 50, 300, 500))
            for count in range(0, MOST_BYTES, 97):
                faults = [answer_cut_after(count), *(answer_cut_after(next(cuts)) for _ in "123")]
                assert isinstance(await till.sell(*faults), Approved)

    asyncio.run(story())


def test_a_request_that_arrives_twice_is_one_sale(opened_till: Opened) -> None:
    async def story() -> None:
        async with opened_till() as till:
            for _ in range(15):
                assert isinstance(await till.sell(sent_twice), Approved)

    asyncio.run(story())


def test_an_answer_in_small_pieces_is_one_answer(opened_till: Opened) -> None:
    async def story() -> None:
        async with opened_till() as till:
            for _ in range(5):
                assert isinstance(await till.sell(byte_by_byte), Approved)

    asyncio.run(story())


def test_an_answer_after_the_terminal_hung_up_is_found_by_asking(
    opened_till: Opened, make_line: Callable[..., Line]
) -> None:
    async def story() -> None:
        async with opened_till() as till:
            impatient = make_line(till.proxy.base_url, limits=IMPATIENT)
            for _ in range(4):
                # The questions may be late too on a busy machine: then it is unknown, never wrong.
                told = await till.sell(answer_too_late, line=impatient)
                assert isinstance(told, Approved | Unknown)

    asyncio.run(story())


def test_a_sale_that_arrives_after_it_was_given_up_takes_nothing(
    opened_till: Opened, make_line: Callable[..., Line]
) -> None:
    async def story() -> None:
        async with opened_till() as till:
            let_go = asyncio.Event()
            impatient = make_line(till.proxy.base_url, limits=IMPATIENT)
            told = await till.sell(held_until(let_go), afterwards=never_arrives, line=impatient)
            assert isinstance(told, Unknown)
            undone = await till.cancel(told.operation_id)
            assert isinstance(undone, Cancelled) and undone.reference is None
            let_go.set()

    asyncio.run(story())


def test_a_cancellation_whose_answer_is_cut_after_any_byte_is_done_once(
    opened_till: Opened,
) -> None:
    async def story() -> None:
        async with opened_till() as till:
            for count in range(0, 700, 29):
                sold = await till.sell()
                undone = await till.cancel(sold.operation_id, answer_cut_after(count))
                assert isinstance(undone, Cancelled) and undone.reference

    asyncio.run(story())


def test_a_cancellation_that_nobody_answers_is_asked_again_later(opened_till: Opened) -> None:
    async def story() -> None:
        async with opened_till() as till:
            for first in (no_answer_at_all, never_arrives):
                sold = await till.sell()
                told = await till.cancel(sold.operation_id, first, afterwards=never_arrives)
                assert isinstance(told, Unknown)
                entry = till.journal.entry(sold.operation_id)
                assert entry is not None and entry.is_open and entry.state == "approved"
                await till.resolve()
                entry = till.journal.entry(sold.operation_id)
                assert entry is not None and entry.state == "cancelled"

    asyncio.run(story())


def test_a_declined_sale_whose_answer_is_cut_is_told_as_declined(opened_till: Opened) -> None:
    async def story() -> None:
        async with opened_till() as till:
            till.order = replace(till.order, identity_checked=False)
            for count in range(0, MOST_BYTES, 89):
                told = await till.sell(answer_cut_after(count))
                assert isinstance(told, Declined) and told.code == "identity_not_checked"

    asyncio.run(story())
