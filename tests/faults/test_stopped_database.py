"""A database that goes away takes nothing with it: tills are told so, and sell again when it is
back, without anybody touching the service."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from tests.api.stranger import Stranger
from tests.faults.load import Load, assert_unavailable, eventually, opened_load
from tests.faults.site import Service, Site, until


def kill_the_database(site: Site) -> None:
    """Its postmaster, which leaves its pid file behind; the service starts it again."""
    pid = site.postmaster()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def kill_a_backend(site: Site) -> None:
    """As the kernel does when memory is short; PostgreSQL then restarts itself and recovers."""
    ((pid,),) = site.rows(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'cjeune_app' ORDER BY pid LIMIT 1"
    )
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.soak)])
def test_a_database_stopped_in_full_load_loses_and_doubles_nothing(
    site: Site, service: Service, rounds: int
) -> None:
    async def story() -> None:
        async with opened_load(site, service) as load:
            async with load.selling():
                for _ in range(rounds):
                    await load.tell(50)
                    await asyncio.to_thread(site.stop_database)
                    await told_unavailable(load, 40)
                    async with load.paused():
                        await asyncio.to_thread(site.start_database)
                        await asyncio.to_thread(service.wait_until_ready)
                        await load.read_all_cards()
                await load.tell(50)
            await load.resolve()
            await load.assert_accounted_for()

    process = service.process
    asyncio.run(story())
    site.assert_proven()
    assert service.process is process and service.is_alive(), "it came back by itself"


@pytest.mark.parametrize("crash", [kill_a_backend, kill_the_database])
def test_a_database_that_crashes_comes_back_and_loses_and_doubles_nothing(
    site: Site, service: Service, crash: Callable[[Site], None]
) -> None:
    async def story() -> None:
        async with opened_load(site, service) as load:
            async with load.selling():
                await load.tell(50)
                crash(site)
                await told_unavailable(load, 1)
                await asyncio.to_thread(service.wait_until_ready)
                await load.tell(50)
            await load.resolve()
            await load.assert_accounted_for()

    asyncio.run(story())
    site.assert_proven()


def test_without_its_database_a_service_is_alive_but_not_ready(
    site: Site, service: Service
) -> None:
    site.stop_database()
    assert service.status_of("/readyz") == 503
    assert service.status_of("/healthz") == 200
    site.start_database()
    until(lambda: service.status_of("/readyz") == 200)


def test_without_the_database_each_call_names_its_operation_and_when_to_come_back(
    site: Site, service: Service
) -> None:
    till = Stranger(service.base_url, site.cast.tills[0].key, address="127.0.0.1")
    identification = till.identify(site.cast.cards[0].code)
    operation_id = str(uuid4())
    calls: list[Callable[[], httpx.Response]] = [
        lambda: till.debit_answer(identification, operation_id=operation_id),
        lambda: till.ask(operation_id),
        lambda: till.cancel(operation_id),
    ]
    site.stop_database()
    for call in calls:
        assert_unavailable(call(), operation_id)
    site.start_database()
    # Nothing of it was stored: the same id is an ordinary debit now.
    until(lambda: service.status_of("/readyz") == 200)
    assert till.ask(operation_id).status_code == 404
    assert calls[0]().status_code == 201


async def told_unavailable(load: Load, more: int) -> None:
    """Returns when so many more tills were told that the outcome is not known."""
    goal = len(load.problems) + more
    await eventually(lambda: len(load.problems) >= goal)
