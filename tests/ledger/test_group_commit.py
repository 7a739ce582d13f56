"""The queue in front of the lanes, without a database: a settle that the test steers."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.ledger.group_commit import GroupCommit, Unavailable


class Ledger:
    """Settles asks by doubling them; each call waits for `go`, and can be told to fail."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.alone: list[bool] = []
        self.go = asyncio.Event()
        self.go.set()
        self.began = asyncio.Event()
        self.finished = 0
        self.under_way: list[list[int]] = []
        self.most_under_way = 0
        self.poison: set[int] = set()
        self.locked: set[int] = set()
        self.dead_locked: set[int] = set()

    async def settle(self, asks: Sequence[int], alone: bool) -> list[int | None]:
        batch = list(asks)
        self.batches.append(batch)
        self.alone.append(alone)
        self.under_way.append(batch)
        self.most_under_way = max(self.most_under_way, len(self.under_way))
        self.began.set()
        try:
            await self.go.wait()
            if self.poison & set(batch):
                raise ConnectionError("the server went away")
            self.finished += len(batch)
            skipped = self.dead_locked if alone else self.locked | self.dead_locked
            return [None if ask in skipped else 2 * ask for ask in batch]
        finally:
            self.under_way.remove(batch)


def its_own_key(ask: int) -> tuple[Hashable, ...]:
    return (ask,)


def lane_over(ledger: Ledger, **options: Any) -> GroupCommit[int, int]:
    return GroupCommit(ledger.settle, options.pop("keys_of", its_own_key), **options)


async def ask_all(lane: GroupCommit[int, int], *asks: int) -> list[int | BaseException]:
    return await asyncio.gather(*(lane.ask(ask) for ask in asks), return_exceptions=True)


async def turns(number: int) -> None:
    """Lets everything that can run, run."""
    for _ in range(number):
        await asyncio.sleep(0)


def test_asks_that_arrive_together_are_settled_together() -> None:
    async def story() -> None:
        ledger = Ledger()
        assert await ask_all(lane_over(ledger), 1, 2, 3) == [2, 4, 6]
        assert ledger.batches == [[1, 2, 3]]

    asyncio.run(story())


def test_a_free_lane_takes_a_single_ask_at_once() -> None:
    async def story() -> None:
        ledger = Ledger()
        assert await lane_over(ledger).ask(7) == 14
        assert ledger.batches == [[7]]

    asyncio.run(story())


def test_what_arrives_while_both_lanes_work_waits_and_leaves_together() -> None:
    async def story() -> None:
        ledger = Ledger()
        lane = lane_over(ledger, lanes=2, most_per_batch=2)
        ledger.go.clear()
        asking = asyncio.create_task(ask_all(lane, *range(7)))
        await turns(10)
        assert ledger.batches == [[0, 1], [2, 3]]
        ledger.go.set()
        assert await asking == [0, 2, 4, 6, 8, 10, 12]
        assert ledger.most_under_way == 2
        assert ledger.batches == [[0, 1], [2, 3], [4, 5], [6]]

    asyncio.run(story())


def test_beyond_the_bound_nothing_is_tried() -> None:
    async def story() -> None:
        ledger = Ledger()
        lane = lane_over(ledger, lanes=1, most_per_batch=1, most_waiting=3)
        ledger.go.clear()
        first = asyncio.create_task(lane.ask(0))
        await ledger.began.wait()
        waiting = asyncio.create_task(ask_all(lane, 1, 2, 3, 4, 5))
        await turns(5)
        ledger.go.set()
        answers = await waiting
        assert answers[:3] == [2, 4, 6]
        assert [type(one) for one in answers[3:]] == [Unavailable, Unavailable]
        assert await first == 0
        assert [4] not in ledger.batches and [5] not in ledger.batches

    asyncio.run(story())


def test_a_batch_that_fails_is_retried_one_by_one_and_one_bad_ask_spoils_no_other() -> None:
    async def story() -> None:
        ledger = Ledger()
        ledger.poison = {2}
        answers = await ask_all(lane_over(ledger), 1, 2, 3)
        assert answers[0] == 2 and answers[2] == 6
        assert isinstance(answers[1], Unavailable)
        assert isinstance(answers[1].__cause__, ConnectionError)
        assert ledger.batches[0] == [1, 2, 3]
        assert sorted(ledger.batches[1:]) == [[1], [2], [3]]
        assert ledger.alone == [False, True, True, True]

    asyncio.run(story())


def test_a_batch_that_is_not_answered_whole_is_retried() -> None:
    async def story() -> None:
        sizes: list[int] = []

        async def settle(asks: Sequence[int], alone: bool) -> list[int]:
            sizes.append(len(asks))
            return [2 * ask for ask in asks][: 1 if alone else 2]

        lane: GroupCommit[int, int] = GroupCommit(settle, its_own_key)
        assert await ask_all(lane, 1, 2, 3) == [2, 4, 6]
        assert sizes == [3, 1, 1, 1]

    asyncio.run(story())


def test_a_locked_ask_is_retried_alone_after_the_others_have_their_answer() -> None:
    async def story() -> None:
        ledger = Ledger()
        ledger.locked = {2}
        assert await ask_all(lane_over(ledger), 1, 2, 3) == [2, 4, 6]
        assert ledger.batches == [[1, 2, 3], [2]]
        assert ledger.alone == [False, True]

    asyncio.run(story())


def test_asks_that_wait_alone_never_have_all_lanes() -> None:
    async def story() -> None:
        let_go = asyncio.Event()
        alone: list[int] = []

        async def settle(asks: Sequence[int], is_alone: bool) -> list[int | None]:
            if is_alone:
                alone.extend(asks)
                await let_go.wait()
            return [None if ask < 0 and not is_alone else 2 * ask for ask in asks]

        lane: GroupCommit[int, int] = GroupCommit(settle, its_own_key, lanes=2)
        locked = asyncio.create_task(ask_all(lane, -1, -2, -3))
        await turns(10)
        assert alone == [-1]
        assert await lane.ask(4) == 8
        let_go.set()
        assert await locked == [-2, -4, -6]

    asyncio.run(story())


def test_an_ask_without_an_answer_even_alone_is_unavailable() -> None:
    async def story() -> None:
        ledger = Ledger()
        ledger.dead_locked = {2}
        answers = await ask_all(lane_over(ledger), 1, 2)
        assert answers[0] == 2 and isinstance(answers[1], Unavailable)

    asyncio.run(story())


def test_an_ask_that_waits_too_long_is_unavailable_and_still_settled() -> None:
    async def story() -> None:
        ledger = Ledger()
        ledger.go.clear()
        lane = lane_over(ledger, patience_seconds=0)
        with pytest.raises(Unavailable):
            await lane.ask(1)
        ledger.go.set()
        await lane.drain()
        assert ledger.finished == 1

    asyncio.run(story())


@pytest.mark.parametrize("turns_before", [0, 1, 10])
def test_a_client_that_hangs_up_cancels_no_settlement(turns_before: int) -> None:
    """Queued or in flight: the ledger decides, and the terminal asks again."""

    async def story() -> None:
        ledger = Ledger()
        ledger.go.clear()
        lane = lane_over(ledger)
        gone = asyncio.create_task(lane.ask(1))
        stays = asyncio.create_task(lane.ask(2))
        await turns(1 + turns_before)
        gone.cancel()
        await turns(2)
        ledger.go.set()
        assert await stays == 4
        await lane.drain()
        assert gone.cancelled()
        assert ledger.finished == 2

    asyncio.run(story())


def test_a_client_that_hangs_up_before_a_failure_leaves_no_trace() -> None:
    async def story() -> None:
        ledger = Ledger()
        ledger.poison = {1}
        ledger.go.clear()
        lane = lane_over(ledger)
        gone = asyncio.create_task(lane.ask(1))
        await ledger.began.wait()
        gone.cancel()
        ledger.go.set()
        await lane.drain()
        assert await lane.ask(2) == 4

    asyncio.run(story())


def test_drain_waits_for_what_is_queued_and_what_is_in_flight() -> None:
    async def story() -> None:
        ledger = Ledger()
        ledger.go.clear()
        lane = lane_over(ledger, lanes=1, most_per_batch=1)
        asking = asyncio.create_task(ask_all(lane, 1, 2, 3))
        await ledger.began.wait()
        draining = asyncio.create_task(lane.drain())
        await turns(10)
        assert not draining.done()
        ledger.go.set()
        await draining
        assert ledger.finished == 3
        assert await asking == [2, 4, 6]

    asyncio.run(story())


def test_drain_of_an_idle_lane_returns_at_once() -> None:
    async def story() -> None:
        await lane_over(Ledger()).drain()

    asyncio.run(story())


def test_two_asks_of_one_key_share_a_batch_and_never_two_lanes() -> None:
    async def story() -> None:
        ledger = Ledger()
        lane = lane_over(ledger, lanes=2, keys_of=lambda ask: (ask % 10,))
        ledger.go.clear()
        together = asyncio.create_task(ask_all(lane, 1, 11, 2))
        await ledger.began.wait()
        later = asyncio.create_task(ask_all(lane, 21, 3))
        await turns(10)
        assert ledger.batches == [[1, 11, 2], [3]]
        ledger.go.set()
        assert await together == [2, 22, 4]
        assert await later == [42, 6]
        assert ledger.batches[2] == [21]

    asyncio.run(story())


def test_after_a_failure_the_keys_are_free_again() -> None:
    async def story() -> None:
        ledger = Ledger()
        ledger.poison = {1}
        lane = lane_over(ledger)
        await ask_all(lane, 1)
        ledger.poison = set()
        assert await lane.ask(1) == 2

    asyncio.run(story())


@given(
    asks=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30),
    lanes=st.integers(1, 4),
    most=st.integers(1, 5),
    pauses=st.lists(st.integers(0, 4), min_size=1, max_size=10),
)
def test_everybody_gets_his_own_answer_and_no_key_is_ever_in_two_lanes(
    asks: list[tuple[int, int]], lanes: int, most: int, pauses: list[int]
) -> None:
    held: set[int] = set()

    async def settle(batch: Sequence[tuple[int, tuple[int, int]]], alone: bool) -> list[int | None]:
        keys = {key for _, pair in batch for key in pair}
        assert held.isdisjoint(keys), "two lanes share a key"
        assert len(batch) <= (1 if alone else most)
        held.update(keys)
        await turns(pauses[len(batch) % len(pauses)])
        held.difference_update(keys)
        # Every third is locked by somebody else at first.
        return [None if number % 3 == 0 and not alone else number for number, _ in batch]

    async def story() -> None:
        lane: GroupCommit[tuple[int, tuple[int, int]], int] = GroupCommit(
            settle, lambda ask: ask[1], lanes=lanes, most_per_batch=most
        )
        answers = await asyncio.gather(*(lane.ask(ask) for ask in enumerate(asks)))
        assert answers == list(range(len(asks)))

    asyncio.run(story())
