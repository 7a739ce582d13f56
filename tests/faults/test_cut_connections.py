"""Whatever a network does to a request or to its answer, the operation's id tells what became of
it: approved once, or declined, or never arrived."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.faults.cut_proxy import (
    CutProxy,
    answer_cut_after,
    answer_too_late,
    held_until,
    in_turn,
    opened_proxy,
    request_cut_after,
    sent_twice,
)
from tests.faults.load import Load, Sale, each, eventually, facts, opened_load
from tests.faults.site import Service, Site, held_commits

# More than an answer has; a request has fewer, and ends in the sweep too.
MOST_BYTES = 900
IMPATIENT = 0.3


def test_a_debit_whose_answer_is_cut_after_any_byte_is_approved_once(
    site: Site, service: Service
) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, proxy):
            cuts = range(0, MOST_BYTES, 13)
            proxy.fault = in_turn(map(answer_cut_after, cuts))
            sales = await tills.new_sales(len(cuts))
            with tills.through(proxy.base_url):
                await each(sales, tills.debit)
            assert tills.told and tills.cut, "the sweep reached both sides of the end"
            for sale in tills.journal:
                assert outcome(await tills.ask(sale)) == "approved"

    asyncio.run(story())


def test_a_cancellation_whose_answer_is_cut_after_any_byte_is_done_once(
    site: Site, service: Service
) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, proxy):
            cuts = range(0, MOST_BYTES, 37)
            sales = await tills.new_sales(len(cuts))
            await each(sales, tills.debit)
            proxy.fault = in_turn(map(answer_cut_after, cuts))
            with tills.through(proxy.base_url):
                await each(sales, tills.cancel)
            assert any(sale.is_cancelled for sale in sales) and tills.cut
            for sale in sales:
                stored = await tills.ask(sale)
                assert stored is not None and stored["cancellation"] is not None

    asyncio.run(story())


def test_a_request_cut_before_its_last_byte_decides_nothing(site: Site, service: Service) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, proxy):
            arrived = []
            for count in range(0, MOST_BYTES, 13):
                sale = await tills.new_sale()
                is_whole = count >= len(tills.debit_as_bytes(sale))
                proxy.fault = request_cut_after(count)
                with tills.through(proxy.base_url):
                    assert await tills.debit(sale) is None
                # The proxy has waited for the service to be done with what it got.
                assert outcome(await tills.ask(sale)) == ("approved" if is_whole else None)
                arrived.append(is_whole)
            assert set(arrived) == {True, False}, "the sweep reached both sides of the end"

    asyncio.run(story())


def test_an_answer_that_comes_too_late_is_the_one_that_asking_again_gets(
    site: Site, service: Service
) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, proxy):
            proxy.fault = answer_too_late
            sales = await tills.new_sales(8)
            with tills.through(proxy.base_url, seconds_for_an_answer=IMPATIENT):
                await each(sales, tills.debit)
            assert tills.cut == len(sales)
            for sale in sales:
                again = await tills.debit(sale)
                assert again is not None and again["replayed"] is True

    asyncio.run(story())


def test_a_request_that_arrives_twice_is_one_debit_and_one_answer(
    site: Site, service: Service
) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, proxy):
            proxy.fault = sent_twice
            for sale in await tills.new_sales(25):
                proxy.answers.clear()
                with tills.through(proxy.base_url):
                    assert await tills.debit(sale) is not None
                one, other = map(parsed, proxy.answers)
                assert {one["replayed"], other["replayed"]} == {True, False}
                assert facts(one) == facts(other)

    asyncio.run(story())


def test_a_debit_that_arrives_after_its_cancellation_moves_nothing(
    site: Site, service: Service
) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, proxy):
            sale = await tills.new_sale()
            async with late(tills, proxy, sale):
                assert await tills.ask(sale) is None
                assert outcome(await tills.cancel(sale)) == "cancelled"
            assert parsed(proxy.answers[0])["code"] == "operation_cancelled"
            assert outcome(await tills.debit(sale)) == "declined"

    asyncio.run(story())


def test_a_debit_that_arrives_late_with_other_content_is_refused(
    site: Site, service: Service
) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, proxy):
            sale = await tills.new_sale(amount_cents=5)
            async with late(tills, proxy, sale):
                sale.amount_cents = 6
                assert outcome(await tills.debit(sale)) == "approved"
            assert proxy.answers[0].startswith(b"HTTP/1.1 409 ")

    asyncio.run(story())


def test_a_till_that_hangs_up_at_once_is_debited_once_or_not_at_all(
    site: Site, service: Service
) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, _proxy):
            # Half with the last word, half with their end of the line torn out.
            for sale in await tills.new_sales(60):
                sent(tills, sale, service).close()
                hang_up(sent(tills, sale, service))

    asyncio.run(story())


def test_a_till_that_hangs_up_during_the_commit_finds_its_debit(
    site: Site, service: Service
) -> None:
    async def story() -> None:
        async with damaged(site, service) as (tills, _proxy):
            first, second = await tills.new_sale(card=0), await tills.new_sale(card=0)
            with held_commits(site) as held:
                waiting = sent(tills, first, service)
                await asyncio.to_thread(held.wait_for_one)
                # This one waits for the first one's card.
                queued = sent(tills, second, service)
                hang_up(waiting)
                hang_up(queued)
                held.let_go()
            # Nobody sends it again: the service ends what it has begun.
            await found(tills, first)

    asyncio.run(story())


@pytest.mark.soak
def test_a_connection_that_rests_is_left_to_the_client_to_close(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port)) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert b"alive" in line.recv(4096)
        # nginx lets one rest for 60 s, and who speaks while we close does not know what became of
        # the question.
        readable, _, _ = select.select([line], [], [], 61)
        assert not readable, "closed by the service"


@asynccontextmanager
async def damaged(site: Site, service: Service) -> AsyncIterator[tuple[Load, CutProxy]]:
    """Tills and a proxy. When the block ends, whatever is unsure is found out by its id, and all
    of it adds up."""
    async with opened_load(site, service, keep_alive=False) as tills:
        async with opened_proxy(service.port) as proxy:
            yield tills, proxy
        await tills.resolve()
        await tills.assert_accounted_for()


@asynccontextmanager
async def late(tills: Load, proxy: CutProxy, sale: Sale) -> AsyncIterator[None]:
    """The sale is sent before the block and arrives after it."""
    let_go = asyncio.Event()
    proxy.fault = held_until(let_go)
    with tills.through(proxy.base_url, seconds_for_an_answer=IMPATIENT):
        assert await tills.debit(sale) is None
    yield
    let_go.set()
    await eventually(lambda: proxy.answers)


def sent(tills: Load, sale: Sale, service: Service) -> socket.socket:
    """A connection over which the whole request went."""
    line = socket.create_connection(("127.0.0.1", service.port))
    line.sendall(tills.debit_as_bytes(sale))
    return line


def hang_up(line: socket.socket) -> None:
    """A reset: the other end finds its line torn out."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


async def found(tills: Load, sale: Sale) -> None:
    """Returns when the sale is approved."""
    for _ in range(500):
        if outcome(await tills.ask(sale)) == "approved":
            return
    raise AssertionError("begun and never ended")


def outcome(answer: dict[str, Any] | None) -> str | None:
    return None if answer is None else str(answer["outcome"])


def parsed(answer: bytes) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return body
