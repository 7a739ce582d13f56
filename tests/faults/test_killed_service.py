"""A service that is killed keeps every word it gave: what was told is there once, the rest is found
out by its id."""

from __future__ import annotations

import asyncio
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.api.stranger import Stranger
from tests.faults.load import Load, facts, opened_load
from tests.faults.site import Service, Site, held_commits, until

ADDRESS = "127.0.0.1"


@pytest.mark.parametrize("rounds", [3, pytest.param(100, marks=pytest.mark.soak)])
def test_a_service_killed_in_full_load_loses_and_doubles_nothing(
    site: Site, service: Service, rounds: int
) -> None:
    async def story() -> None:
        async with opened_load(site, service) as load:
            async with load.selling():
                for _ in range(rounds):
                    await load.tell(random.randint(30, 130))
                    await kill_and_start_again(load, service)
                await load.tell(30)
            assert load.cut >= rounds, "nothing was under way when the service was killed"
            await load.resolve()
            await load.assert_accounted_for()

    asyncio.run(story())
    site.assert_proven()


async def kill_and_start_again(load: Load, service: Service) -> None:
    async with load.paused():
        service.kill()
        await asyncio.to_thread(service.start)
        # Most rounds find them fresh: what was read before the kill must serve after it.
        await load.read_all_cards()


def test_a_service_killed_between_commit_and_answer_gives_that_answer_when_asked_again(
    site: Site, service: Service
) -> None:
    operation_id = str(uuid4())
    till, identification = till_with_card(site, service)
    before = balance(site, till)
    with ThreadPoolExecutor(1) as pool, held_commits(site) as held:
        sent = pool.submit(till.debit_answer, identification, 700, operation_id=operation_id)
        held.wait_for_one()
        # It cannot hear the commit any more, let alone answer.
        service.signal(signal.SIGSTOP)
        held.let_go()
        until(lambda: is_stored(site, operation_id))
        service.kill()
        assert isinstance(sent.exception(30), httpx.TransportError)
    service.start()

    asked = till.ask(operation_id).json()
    again = till.debit_answer(identification, 700, operation_id=operation_id)
    assert (again.status_code, again.json()["outcome"]) == (200, "approved")
    assert asked.pop("cancellation") is None
    assert facts(again.json()) == facts(asked)
    assert before - balance(site, till) == 700


def test_a_debit_whose_service_is_killed_during_the_commit_is_found_out_by_sending_it_again(
    site: Site, service: Service
) -> None:
    operation_id = str(uuid4())
    till, identification = till_with_card(site, service)
    before = balance(site, till)
    with ThreadPoolExecutor(1) as pool, held_commits(site) as held:
        sent = pool.submit(till.debit_answer, identification, 700, operation_id=operation_id)
        held.wait_for_one()
        service.kill()
        assert isinstance(sent.exception(30), httpx.TransportError)
        held.let_go()
    service.start()

    again = till.debit_answer(identification, 700, operation_id=operation_id)
    assert again.status_code in (200, 201)
    assert again.json()["outcome"] == "approved"
    assert before - balance(site, till) == 700


def test_a_debit_in_its_commit_is_neither_told_nor_seen(site: Site, service: Service) -> None:
    till, identification = till_with_card(site, service)
    operation_id = str(uuid4())
    with ThreadPoolExecutor(1) as pool, held_commits(site) as held:
        sent = pool.submit(till.debit_answer, identification, 700, operation_id=operation_id)
        held.wait_for_one()
        assert till.ask(operation_id).status_code == 404
        assert not sent.done()
        held.let_go()
        assert sent.result(30).status_code == 201


def till_with_card(site: Site, service: Service) -> tuple[Stranger, str]:
    """A terminal, and what it holds after it has read the first card."""
    till = Stranger(service.base_url, site.cast.tills[0].key, address=ADDRESS)
    return till, till.identify(site.cast.cards[0].code)


def is_stored(site: Site, operation_id: str) -> bool:
    return bool(site.rows(f"SELECT FROM operation WHERE operation_id = '{operation_id}'"))


def balance(site: Site, till: Stranger) -> int:
    """The first wallet of the first card, as the terminal is told."""
    cents: int = till.read(site.cast.cards[0].code)["wallets"][0]["balance_cents"]
    return cents
