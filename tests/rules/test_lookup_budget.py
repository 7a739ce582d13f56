"""Misses are counted in a window that slides, in memory that stays small (C18)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.lookup_budget import LookupBudget

# Eighths of a second: exact in binary, so that the tests need no tolerance.
moments = st.integers(0, 80_000).map(lambda eighths: eighths / 8)


def test_a_key_that_has_missed_nothing_has_its_whole_budget() -> None:
    budget = LookupBudget(30, 600)
    assert budget.misses_left("terminal 1", now=0.0) == 30
    assert budget.retry_after("terminal 1", now=0.0) == 0


def test_thirty_misses_use_the_budget_up_and_the_window_gives_them_back_one_by_one() -> None:
    budget = LookupBudget(30, 600)
    for second in range(30):
        budget.record_miss("terminal 1", float(second))

    assert budget.misses_left("terminal 1", now=29.0) == 0
    assert budget.retry_after("terminal 1", now=29.0) == 571
    assert budget.misses_left("terminal 1", now=599.9) == 0
    assert budget.retry_after("terminal 1", now=599.9) == 1
    assert budget.misses_left("terminal 1", now=600.0) == 1
    assert budget.retry_after("terminal 1", now=600.0) == 0
    assert budget.misses_left("terminal 1", now=601.0) == 2
    assert budget.misses_left("terminal 1", now=629.0) == 30


def test_one_key_never_pays_for_another() -> None:
    budget = LookupBudget(1, 600)
    budget.record_miss("terminal 1", 0.0)
    assert budget.misses_left("terminal 1", 1.0) == 0
    assert budget.misses_left("terminal 2", 1.0) == 1


def test_asking_on_past_the_limit_prolongs_the_wait() -> None:
    budget = LookupBudget(2, 600)
    for now in (0.0, 1.0, 100.0):
        budget.record_miss("terminal 1", now)
    assert budget.misses_left("terminal 1", 100.0) == 0
    assert budget.retry_after("terminal 1", 100.0) == 501


@given(st.lists(moments, max_size=60), st.integers(1, 5), st.integers(1, 900), moments)
def test_the_budget_counts_what_a_plain_list_of_misses_would(
    misses: list[float], limit: int, window_seconds: int, later: float
) -> None:
    budget = LookupBudget(limit, window_seconds)
    made: list[float] = []
    for now in sorted(misses):
        budget.record_miss("key", now)
        made.append(now)
        live = [at for at in made if now - window_seconds < at]
        assert budget.misses_left("key", now) == max(0, limit - len(live))

    now = (made[-1] if made else 0.0) + later
    live = [at for at in made if now - window_seconds < at]
    assert budget.misses_left("key", now) == max(0, limit - len(live))


@given(st.lists(moments, min_size=1, max_size=60), st.integers(1, 5), st.integers(1, 900))
def test_who_waits_as_told_may_miss_again_and_not_a_second_earlier(
    misses: list[float], limit: int, window_seconds: int
) -> None:
    budget = LookupBudget(limit, window_seconds)
    for now in sorted(misses):
        budget.record_miss("key", now)
    now = max(misses)
    wait = budget.retry_after("key", now)
    assert 0 <= wait <= window_seconds
    if wait > 0:
        assert budget.misses_left("key", now + wait - 1) == 0
    assert budget.misses_left("key", now + wait) > 0


def test_keys_whose_misses_are_over_are_forgotten() -> None:
    budget = LookupBudget(3, 10)
    for number in range(1000):
        budget.record_miss(f"address {number}", now=float(number))
    assert len(budget._misses) <= 11


def test_a_key_that_missed_long_ago_and_again_just_now_is_kept() -> None:
    budget = LookupBudget(3, 10)
    budget.record_miss("early and late", 0.0)
    budget.record_miss("early", 1.0)
    budget.record_miss("early and late", 9.0)
    budget.record_miss("other", 12.0)
    assert set(budget._misses) == {"early and late", "other"}
    assert budget.misses_left("early and late", 12.0) == 2


def test_asking_alone_costs_no_memory() -> None:
    budget = LookupBudget(3, 10)
    for number in range(1000):
        budget.misses_left(f"address {number}", 0.0)
        budget.retry_after(f"address {number}", 0.0)
    assert len(budget._misses) == 0


def test_a_flood_of_keys_forgives_the_oldest_miss_first() -> None:
    budget = LookupBudget(1, 600, most_keys=100)
    for number in range(150):
        budget.record_miss(number, now=1.0 + number / 1000)
    assert len(budget._misses) == 100
    assert budget.misses_left(49, 2.0) == 1
    assert budget.misses_left(50, 2.0) == 0


@pytest.mark.parametrize(
    ("limit", "window_seconds", "most_keys"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)]
)
def test_an_empty_budget_is_a_defect(limit: int, window_seconds: int, most_keys: int) -> None:
    with pytest.raises(ValueError, match="budget"):
        LookupBudget(limit, window_seconds, most_keys=most_keys)
