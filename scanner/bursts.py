"""Tells a reader that types from a person who types, by the rhythm of the keys (design §7).

A USB reader sends a key every 7 to 20 ms, a quick typist every 100. The rule: eight characters or
more, the median gap under 35 ms, none of 80 ms, ended by Enter, Tab or 100 ms of silence.

The law: rhythm chooses the field and hides half a scan; it never decides what a code is worth.
Time is given, in seconds of any clock that only goes forward; nothing here waits or looks at one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

FEWEST_CHARACTERS: Final = 8
MEDIAN_GAP_SECONDS: Final = 0.035
LARGEST_GAP_SECONDS: Final = 0.080
SILENCE_SECONDS: Final = 0.100
MOST_CHARACTERS: Final = 256
_ENDS: Final = "\r\n\t"


@dataclass(frozen=True)
class Burst:
    """What came before an end; `scanned` when it had a reader's rhythm."""

    text: str
    scanned: bool


class Bursts:
    """Keys in, bursts out. What a hand began before a scan is dropped: it was half a code."""

    def __init__(self) -> None:
        self._keys: list[tuple[str, float]] = []

    def key(self, character: str, at: float) -> Burst | None:
        """Takes one character; the burst that it, or the silence before it, has ended."""
        ended = self.quiet(at)
        if character in _ENDS:
            return ended or self._taken()
        if len(self._keys) == MOST_CHARACTERS:
            # A key that is stuck, or a reader that never ends: nothing of it can be a code.
            self._keys.clear()
        self._keys.append((character, at))
        return ended

    def quiet(self, at: float) -> Burst | None:
        """To be asked when nothing comes: a scan without an end is over after 100 ms."""
        if not self._keys or at - self._keys[-1][1] < SILENCE_SECONDS:
            return None
        # A person pauses for longer than that within a code: what is no scan goes on.
        return self._taken() if _is_scan(self._last_run()) else None

    @property
    def in_a_scan(self) -> bool:
        """Whether keys are coming at a reader's pace: a screen may hide them until the end."""
        run = self._last_run()
        return len(run) >= 3 and _has_rhythm(run)

    def _taken(self) -> Burst | None:
        if not self._keys:
            return None
        run, everything = self._last_run(), self._keys
        self._keys = []
        if _is_scan(run):
            return Burst(_text(run), scanned=True)
        return Burst(_text(everything), scanned=False)

    def _last_run(self) -> list[tuple[str, float]]:
        """The keys since the last pause."""
        start = len(self._keys) - 1
        while start > 0 and self._keys[start][1] - self._keys[start - 1][1] < LARGEST_GAP_SECONDS:
            start -= 1
        return self._keys[max(0, start) :]


def _is_scan(run: list[tuple[str, float]]) -> bool:
    return len(run) >= FEWEST_CHARACTERS and _has_rhythm(run)


def _has_rhythm(run: list[tuple[str, float]]) -> bool:
    gaps = [later - sooner for (_, sooner), (_, later) in pairwise(run)]
    return median(gaps) < MEDIAN_GAP_SECONDS


def _text(keys: list[tuple[str, float]]) -> str:
    return "".join(character for character, _ in keys)
