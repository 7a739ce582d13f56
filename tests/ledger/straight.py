"""The money functions called straight, as two tills in two processes would, and what they left.

For races: each caller has a connection of its own, and a transaction may stay open in the middle.
A debit goes in with the register and the day it is judged on, and comes again when it must, as the
lane's do: what is tested here is the branch that every sale takes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from threading import Barrier
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.numeric import Int8

from cardservice.domain.keys import pin_mac
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.services.cancel_debit import CancellationAnswer
from cardservice.wiring import Office
from tests.counter import SPORT
from tests.makers import HeldCard, Shop, Till

FAR_OFF = datetime(2100, 1, 1, tzinfo=UTC)

_MOST_TRIES = 100  # the service gives up earlier, and its terminal asks again
_CANCELLATIONS = UUID("00000000-0000-5000-8000-0000000000ca")
# What the call leaves open is read in the statement itself: as late as any caller can read it.
_DEBIT = """
SELECT * FROM debit(
    %s, %s, %s, %s, NULL, %s, %s, %s, %s, %s, %s, %s, %s, %s,
    coalesce(%s, (SELECT version FROM register_version)),
    coalesce(%s::date, business_day(ledger_now())))
"""
_CANCEL = "SELECT * FROM cancel_debit(%s, %s, %s, %s, %s, NULL, %s)"

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class DebitCall:
    """A call of `debit`: sql/functions/debit.sql says what each field means."""

    partner_id: int
    outlet_id: int
    terminal_id: int
    card_id: int | None
    amount_cents: int
    wallet: str = SPORT
    operation_id: UUID | None = None
    until: datetime = FAR_OFF
    suspended: bool = False
    verdict: str | None = None
    pin_due: bool = False
    pin_mac: bytes | None = None
    wait: bool = False
    register_version: int | None = None  # None: the register as it is when the debit is sent
    judged_on: date | None = None  # None: the day on which it is sent


@dataclass(frozen=True)
class Street:
    """Somebody with a card in front of a till."""

    office: Office
    partner: Shop
    till: Till
    card: HeldCard

    def call(self, cents: int, *, card: HeldCard | None = None, **members: Any) -> DebitCall:
        """A debit of this card at this till, with an operation id of its own."""
        call = DebitCall(
            partner_id=self.partner.partner_id,
            outlet_id=self.partner.outlet_id,
            terminal_id=self.till.terminal_id,
            card_id=(card or self.card).card_id,
            amount_cents=cents,
            operation_id=uuid4(),
        )
        return replace(call, **members)

    def pin_call(self, cents: int, pin: str | None, **members: Any) -> DebitCall:
        """A debit at a till that asks for the PIN."""
        mac = None if pin is None else self.mac(pin)
        return self.call(cents, pin_due=True, pin_mac=mac, **members)

    def mac(self, pin: str) -> bytes:
        return pin_mac(self.office.keys, self.card.holder.beneficiary_id, pin)


def make_street(office: Office, partner: Shop, till: Till, card: HeldCard) -> Street:
    return Street(office, partner, till, card)


def debit(connection: psycopg.Connection, call: DebitCall) -> DebitAnswer:
    """A debit as production sends it: it waits for nobody, goes alone when somebody has the card,
    and is judged again when the day or the register moved meanwhile."""
    for _ in range(_MOST_TRIES):
        answer = debit_once(connection, call)
        if answer.status == "busy":
            answer = debit_once(connection, replace(call, wait=True))
        if answer.status != "stale":
            return answer
    raise AssertionError("the register keeps moving")


def debit_once(connection: psycopg.Connection, call: DebitCall) -> DebitAnswer:
    """The money function, once, on this connection; its answer may be `busy` or `stale`."""
    assert call.operation_id is not None
    row = connection.execute(
        _DEBIT,
        (
            call.operation_id,
            Int8(call.partner_id),
            Int8(call.outlet_id),
            Int8(call.terminal_id),
            None if call.card_id is None else Int8(call.card_id),
            call.wallet,
            Int8(call.amount_cents),
            call.until,
            call.suspended,
            call.verdict,
            call.pin_due,
            call.pin_mac,
            call.wait,
            None if call.register_version is None else Int8(call.register_version),
            call.judged_on,
        ),
    ).fetchone()
    assert row is not None
    return DebitAnswer._make(row)


def cancel(
    connection: psycopg.Connection,
    call: DebitCall,
    *,
    partner_id: int | None = None,
    reason: str | None = None,
) -> CancellationAnswer:
    """Cancels a debit by its call."""
    assert call.operation_id is not None
    row = connection.execute(
        _CANCEL,
        (
            call.operation_id,
            uuid5(_CANCELLATIONS, str(call.operation_id)),
            Int8(partner_id or call.partner_id),
            Int8(call.outlet_id),
            Int8(call.terminal_id),
            reason,
        ),
    ).fetchone()
    assert row is not None
    return CancellationAnswer._make(row)


def rows(connection: psycopg.Connection, query: str, *values: Any) -> list[Any]:
    """Rows with named columns."""
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return list(cursor.execute(query.encode(), values))


def operations_of(connection: psycopg.Connection, operation_id: UUID | None) -> list[Any]:
    """The stored rows of an operation id, and of its cancellation; oldest first."""
    return rows(
        connection,
        "SELECT * FROM operation WHERE operation_id = %s OR target_id = %s ORDER BY operation_no",
        operation_id,
        operation_id,
    )


def wallet_of(connection: psycopg.Connection, card: HeldCard, wallet: str = SPORT) -> Any:
    """The wallet row behind a card."""
    (found,) = rows(
        connection,
        "SELECT w.* FROM wallet w JOIN card c USING (beneficiary_id, school_year)"
        " WHERE c.card_id = %s AND w.wallet = %s",
        card.card_id,
        wallet,
    )
    return found


def books(connection: psycopg.Connection) -> list[Any]:
    """All that money is: every operation and every wallet, PIN and notification."""
    return [
        rows(connection, "SELECT * FROM operation ORDER BY operation_no"),
        rows(connection, "SELECT * FROM wallet ORDER BY beneficiary_id, school_year, wallet"),
        rows(connection, "SELECT * FROM holder_pin ORDER BY beneficiary_id"),
        rows(connection, "SELECT * FROM notification_outbox ORDER BY operation_id"),
    ]


def at_once(works: Iterable[Callable[[], _Result]]) -> list[_Result]:
    """Lets all start at the same instant, each in a thread of its own; results in order."""
    prepared = list(works)
    start = Barrier(len(prepared))

    def run(work: Callable[[], _Result]) -> _Result:
        start.wait(30)
        return work()

    with ThreadPoolExecutor(len(prepared)) as pool:
        return list(pool.map(run, prepared))


def wait_until_blocked(watching: psycopg.Connection, blocked: psycopg.Connection) -> None:
    """Returns when the other connection waits for a lock of somebody else."""
    deadline = monotonic() + 20
    for _ in itertools.count():
        (waiting,) = watching.execute(
            "SELECT cardinality(pg_blocking_pids(%s)) > 0", [blocked.info.backend_pid]
        ).fetchone() or (False,)
        if waiting:
            return
        assert monotonic() < deadline, "nobody waits"


def hold_card(connection: psycopg.Connection, card_id: int) -> None:
    """Somebody else's transaction that has this card; ends with the connection's `rollback()`."""
    connection.execute("BEGIN")
    connection.execute("SELECT FROM card WHERE card_id = %s FOR NO KEY UPDATE", [card_id])


def wait_until_somebody_is_blocked(
    watching: psycopg.Connection, holder: psycopg.Connection
) -> None:
    """Returns when any session waits for what `holder` has."""
    for _ in range(200_000):
        (blocked,) = watching.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid)))",
            [holder.info.backend_pid],
        ).fetchone() or (False,)
        if blocked:
            return
    raise AssertionError("nobody waits")
