"""Many tills at one instant: the last euro is spent once, one id is one debit, no try is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.wiring import Office
from tests import makers
from tests.api.stranger import Stranger

T = TypeVar("T")


def at_once(calls: list[Callable[[], T]]) -> list[T]:
    """Starts all calls at the same moment and gives their answers in order."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        gate.wait(20)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_twenty_terminals_want_the_last_euro_and_one_gets_it(
    office: Office, stranger: Callable[..., Stranger]
) -> None:
    card = makers.make_card(office)
    tills = [stranger(makers.make_terminal(office)) for _ in range(20)]
    identifications = [till.identify(card.code) for till in tills]
    tills[0].debit(identifications[0], 9900)
    bodies = at_once(
        [
            lambda till=till, read=read: till.debit(read, 100)
            for till, read in zip(tills, identifications, strict=True)
        ]
    )
    assert Counter(body["outcome"] for body in bodies) == {"approved": 1, "declined": 19}
    assert {body["code"] for body in bodies if body["outcome"] == "declined"} == {
        "insufficient_balance"
    }
    assert tills[0].read(card.code)["wallets"][0]["balance_cents"] == 0


def test_one_operation_sent_twenty_times_at_once_is_one_debit(
    office: Office, stranger: Callable[..., Stranger]
) -> None:
    card, terminal = makers.make_card(office), makers.make_terminal(office)
    tills = [stranger(terminal) for _ in range(20)]
    identification, operation_id = tills[0].identify(card.code), str(uuid4())
    answers = at_once(
        [
            lambda till=till: till.debit_answer(identification, operation_id=operation_id)
            for till in tills
        ]
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    bodies: list[dict[str, Any]] = [answer.json() for answer in answers]
    assert Counter(body.pop("replayed") for body in bodies) == {True: 19, False: 1}
    assert all(body == bodies[0] for body in bodies)
    assert tills[0].read(card.code)["wallets"][0]["balance_cents"] == 9000


def test_of_twelve_wrong_pins_at_once_exactly_three_are_tried(
    office: Office, stranger: Callable[..., Stranger]
) -> None:
    card = makers.make_card(office)
    terminal = makers.make_terminal(office, pin_required="always")
    tills = [stranger(terminal) for _ in range(12)]
    identification = tills[0].identify(card.code)
    bodies = at_once([lambda till=till: till.debit(identification, pin="0001") for till in tills])
    assert Counter(body["code"] for body in bodies) == {"pin_wrong": 3, "pin_blocked": 9}
    tried = sorted(body["tries_left"] for body in bodies if body["code"] == "pin_wrong")
    assert tried == [0, 1, 2]


def test_a_debit_and_its_cancellation_that_arrive_together_leave_the_money(
    office: Office, stranger: Callable[..., Stranger]
) -> None:
    card, terminal = makers.make_card(office), makers.make_terminal(office)
    one, other = stranger(terminal), stranger(terminal)
    identification = one.identify(card.code)
    for _ in range(10):
        operation_id = str(uuid4())
        debit, cancellation = at_once(
            [
                lambda: one.debit(identification, operation_id=operation_id),  # noqa: B023
                lambda: other.cancel(operation_id).json(),  # noqa: B023
            ]
        )
        assert cancellation["outcome"] == "cancelled"
        if debit["outcome"] == "declined":
            assert (debit["code"], cancellation["reference"]) == ("operation_cancelled", None)
    assert one.read(card.code)["wallets"][0]["balance_cents"] == 10000
    with unit_of_work(office.engine) as connection:
        moved = connection.execute(
            text("SELECT count(*) FROM operation WHERE outcome = 'approved' AND kind = 'debit'")
        ).scalar_one()
        undone = connection.execute(
            text("SELECT count(*) FROM operation WHERE kind = 'cancellation' AND wallet_seq > 0")
        ).scalar_one()
    assert moved == undone
