"""How long a terminal goes on asking: few tries, spaced ever wider, each wait a little by chance.

The law: bounded in number and in time, because a person waits at the till; jittered, because all
tills of a town come back at once after a cut; and what the service asks for with Retry-After is
obeyed or given up, never shortened. Waiting and chance come from outside.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


def _wait(seconds: float) -> object:
    return threading.Event().wait(seconds)


@dataclass(frozen=True)
class Patience:
    """`tries` counts rounds of questions. With the default waits, five rounds without an answer
    take eight to sixteen seconds, and the time each of them waits for its answer."""

    tries: int = 5
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 8.0
    # More than a cashier can be asked to wait: then the outcome is left open and said to be.
    longest_obeyed_seconds: int = 15
    # A screen may hang a word on it: it is called between two tries.
    wait: Callable[[float], object] = field(default=_wait)
    # 0 <= draw() < 1
    draw: Callable[[], float] = field(default=random.SystemRandom().random)

    def pause(self, round_no: int, *, retry_after: int | None = None) -> bool:
        """Waits after round `round_no` (from 1). False, at once, when there is no next round, or
        the service asks for more time than there is."""
        if round_no >= self.tries:
            return False
        if retry_after is not None and retry_after > self.longest_obeyed_seconds:
            return False
        self.wait(max(self.seconds_after(round_no), retry_after or 0))
        return True

    def seconds_after(self, round_no: int) -> float:
        """Between half and all of a wait that doubles each time."""
        whole = self.first_wait_seconds * (1 << round_no - 1)
        return min(whole, self.longest_wait_seconds) * (1 + self.draw()) / 2


# Behind a screen nobody looks at: at start, or between two sales.
IN_THE_BACKGROUND = Patience(tries=3, first_wait_seconds=2.0)
