"""A till's counter for plain tests: the services' hot path, on an event loop of its own thread.

The law: it is the product's own till (`wiring.opened_till`), asked as the API asks it; only the
waiting is different. Several threads may ask at once; `ask_later` gives a future.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest

from cardservice.domain.keys import secret_hash
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.services import cancel_debit as cancellations
from cardservice.services.cancel_debit import CancellationAnswer
from cardservice.services.check_debit import DebitVerdict, check_debit
from cardservice.services.identify_card import Identified, NotIdentified, identify_card
from cardservice.services.register import TerminalFacts
from cardservice.services.take_debit import DebitAsked, take_debit
from cardservice.wiring import Office, opened_till
from tests.makers import HeldCard, Till

SPORT, TUTORING = "sport_culture_leisure", "tutoring"

_Result = TypeVar("_Result")


class Counter:
    """Verbs of a till. Amounts in cents; the terminal and the card are the makers'."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._stack = contextlib.AsyncExitStack()

    def open(self) -> None:
        """Connects lazily: the first question opens the first connection."""
        self._thread.start()
        self.till = self.wait_for(self._stack.enter_async_context(opened_till(self.office)))

    def close(self) -> None:
        """Drains the lanes and ends the loop."""
        self.wait_for(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    def later(self, work: Coroutine[Any, Any, _Result]) -> Future[_Result]:
        """Runs on the loop; the future is the caller's to wait for."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait_for(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self.later(work).result(60)

    def read(self, till: Till, code: str) -> Identified | NotIdentified | None:
        """What a reading leads to; None for a key that opens nothing."""
        return self.wait_for(identify_card(self.till, key_hash=secret_hash(till.key), reading=code))

    def identify(self, till: Till, card: HeldCard) -> str:
        """The identification of a card that may pay here."""
        found = self.read(till, card.code)
        assert isinstance(found, Identified), found
        return found.identification

    def ask_later(
        self, till: Till, identification: str, cents: int, **members: Any
    ) -> Future[DebitAnswer | None]:
        """A debit under way; members as in `debit`."""
        asked = _asked(identification, cents, **members)
        return self.later(take_debit(self.till, key_hash=secret_hash(till.key), asked=asked))

    def ask(
        self, till: Till, identification: str, cents: int, **members: Any
    ) -> DebitAnswer | None:
        """What a debit is answered; None for a key that opens nothing."""
        return self.ask_later(till, identification, cents, **members).result(60)

    def debit(self, till: Till, card: HeldCard, cents: int, **members: Any) -> DebitAnswer:
        """Reads the card, then debits it."""
        answer = self.ask(till, self.identify(till, card), cents, **members)
        assert answer is not None, "this key opens nothing"
        return answer

    def check(self, till: Till, identification: str, cents: int, **members: Any) -> DebitVerdict:
        """The verdict a debit would get."""
        return check_debit(
            self.till,
            self.office.engine,
            terminal=self.facts(till),
            asked=_asked(identification, cents, **members),
        )

    def cancel(
        self, till: Till, operation_id: UUID, *, reason: str | None = None
    ) -> CancellationAnswer:
        """Cancels, or leaves a tombstone."""
        return cancellations.cancel_debit(
            self.office.engine,
            terminal=self.facts(till),
            operation_id=operation_id,
            reason=reason,
        )

    def facts(self, till: Till) -> TerminalFacts:
        """What the register says of a terminal now."""
        found = self.wait_for(self.till.register.current_terminal(secret_hash(till.key)))
        assert found is not None, "this key opens nothing"
        return found


def _asked(
    identification: str,
    cents: int,
    *,
    wallet: str = SPORT,
    operation_id: UUID | None = None,
    identity_checked: bool = True,
    pin: str | None = None,
) -> DebitAsked:
    return DebitAsked(
        operation_id=operation_id or uuid4(),
        identification=identification,
        wallet=wallet,
        amount_cents=cents,
        identity_checked=identity_checked,
        pin=pin,
    )


@contextlib.contextmanager
def opened_counter(office: Office) -> Iterator[Counter]:
    """A counter for as long as the block lasts."""
    counter = Counter(office)
    counter.open()
    try:
        yield counter
    finally:
        counter.close()


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    """A counter of `office`."""
    with opened_counter(office) as opened:
        yield opened
