"""How many readings that find no card a terminal, a partner or an address may make.

A card code has sixty random bits, but guessing must cost something too (C18). Only
misses count: a reading that finds a card is free, and a debit is never refused for them.

Law: at most `limit` misses within any `window_seconds`. Kept in memory, so that no hot
row slows the till; a restart forgives everybody, which the sixty bits allow.
It refuses to know the time, which is an argument, and what a key stands for.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from math import ceil


class LookupBudget:
    """A sliding window of misses per key; `now` is any steady clock in seconds.

    A miss made at t counts during [t, t + window_seconds). Not shared between threads.
    """

    def __init__(self, limit: int, window_seconds: int, *, most_keys: int = 100_000) -> None:
        """ValueError unless all three are at least 1.

        Beyond `most_keys` the key whose last miss is oldest is forgiven first: a flood of
        made-up keys may cost memory up to that bound, never more.
        """
        if limit < 1 or window_seconds < 1 or most_keys < 1:
            raise ValueError("a budget needs a limit, a window and room for keys")
        self._limit = limit
        self._window_seconds = window_seconds
        self._most_keys = most_keys
        # Ordered by last miss, so that what may be forgotten always stands in front.
        self._misses: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def misses_left(self, key: Hashable, now: float) -> int:
        """How many misses the key may still make, 0..limit; at 0, do not look up."""
        return self._limit - len(self._live_misses(key, now))

    def record_miss(self, key: Hashable, now: float) -> None:
        """Counts one miss. Past the limit the newest ones are kept: asking on prolongs."""
        self._forget_old_keys(now)
        misses = self._misses.setdefault(key, deque(maxlen=self._limit))
        misses.append(now)
        self._misses.move_to_end(key)
        if len(self._misses) > self._most_keys:
            self._misses.popitem(last=False)

    def retry_after(self, key: Hashable, now: float) -> int:
        """Whole seconds until one more miss is allowed; 0 when it is now.

        What the Retry-After header of a 429 `too_many_lookups` says.
        """
        misses = self._live_misses(key, now)
        if len(misses) < self._limit:
            return 0
        return max(1, ceil(misses[0] + self._window_seconds - now))

    def _live_misses(self, key: Hashable, now: float) -> deque[float]:
        misses = self._misses.get(key)
        if misses is None:
            return deque()
        while misses and self._is_over(misses[0], now):
            misses.popleft()
        return misses

    def _forget_old_keys(self, now: float) -> None:
        while self._misses:
            key, misses = next(iter(self._misses.items()))
            if misses and not self._is_over(misses[-1], now):
                return
            del self._misses[key]

    def _is_over(self, missed_at: float, now: float) -> bool:
        return missed_at + self._window_seconds <= now
