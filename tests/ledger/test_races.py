"""Two at one instant: real threads, real connections, real locks. Nothing sleeps.

Where the order of events matters one transaction is held open in the middle; where it does not, all
start at a barrier and whatever happens must be one of the outcomes that a queue would have had.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from cardservice.domain.refusal import Refused
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.ledger.proofs import prove
from cardservice.services.block_card import block_card, block_card_of
from cardservice.services.close_day import close_day
from cardservice.services.lapse_wallets import lapse_wallets
from cardservice.wiring import Office
from clearing.day_close import close_days
from tests import makers
from tests.conftest import Clock, superuser_dsn
from tests.counter import SPORT, TUTORING
from tests.ledger.straight import (
    Street,
    at_once,
    cancel,
    debit,
    hold_card,
    operations_of,
    rows,
    wait_until_blocked,
    wait_until_somebody_is_blocked,
    wallet_of,
)

Connect = Callable[[], psycopg.Connection]
TWENTY = 20
TODAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)
MIDNIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    return connect()


# -- two debits ----------------------------------------------------------------------------------


def test_of_twenty_debits_for_the_last_euro_one_passes(street: Street, connect: Connect) -> None:
    connections = [connect() for _ in range(TWENTY)]
    debit(connections[0], street.call(9900))
    answers = at_once([lambda db=db: debit(db, street.call(100)) for db in connections])
    assert sorted(one.code or "approved" for one in answers) == (
        ["approved"] + ["insufficient_balance"] * (TWENTY - 1)
    )
    assert {one.balance_after_cents for one in answers} == {0}


def test_twenty_twins_are_one_movement_and_nineteen_replays(
    street: Street, connect: Connect
) -> None:
    """The amount is the whole balance: a twin that looked at the wallet would find it empty."""
    connections = [connect() for _ in range(TWENTY)]
    call = street.call(10_000)
    answers = at_once([lambda db=db: debit(db, call) for db in connections])
    assert sorted(one.status for one in answers) == ["recorded"] + ["replayed"] * (TWENTY - 1)
    assert {one[1:] for one in answers} == {answers[0][1:]}
    assert answers[0].outcome == "approved"
    assert len(operations_of(connections[0], call.operation_id)) == 1


def test_of_twins_with_two_contents_one_content_wins(street: Street, connect: Connect) -> None:
    connections = [connect() for _ in range(TWENTY)]
    call = street.call(1000)
    calls = [replace(call, amount_cents=1000 if n % 2 else 2000) for n in range(TWENTY)]
    answers = at_once(
        [lambda db=db, one=one: debit(db, one) for db, one in zip(connections, calls, strict=True)]
    )
    assert sorted(one.status for one in answers) == (
        ["recorded"] + ["replayed"] * (TWENTY // 2 - 1) + ["reused"] * (TWENTY // 2)
    )
    spent = next(one.amount_cents for one in answers if one.status == "recorded")
    assert wallet_of(connections[0], street.card).balance_cents == 10_000 - (spent or 0)


def test_of_twins_on_two_cards_one_card_pays(street: Street, connect: Connect) -> None:
    other = makers.make_card(street.office)
    first, second = connect(), connect()
    for _ in range(20):
        call = street.call(10)
        answers = at_once(
            [
                lambda call=call: debit(first, call),
                lambda call=call: debit(second, replace(call, card_id=other.card_id)),
            ]
        )
        assert sorted(one.status for one in answers) == ["recorded", "reused"]


def test_wrong_pins_in_parallel_are_judged_three_times(street: Street, connect: Connect) -> None:
    connections = [connect() for _ in range(12)]
    answers = at_once([lambda db=db: debit(db, street.pin_call(100, "0007")) for db in connections])
    judged = sorted(one.tries_left for one in answers if one.tries_left is not None)
    assert judged == [0, 1, 2]
    assert [one.code for one in answers].count("pin_blocked") == 9


# -- debit and cancellation ----------------------------------------------------------------------


def test_a_debit_and_its_cancellation_at_once_end_as_in_a_queue(
    street: Street, connect: Connect
) -> None:
    """Either the money went and came back, or it never went: never approved under a tombstone."""
    first, second = connect(), connect()
    for _ in range(100):
        call = street.call(10)
        paid, undone = at_once(
            [lambda call=call: debit(first, call), lambda call=call: cancel(second, call)]
        )
        assert (paid.code, undone.is_tombstone) in [
            (None, False),
            ("operation_cancelled", True),
        ]
    assert wallet_of(first, street.card).balance_cents == 10_000


def test_twenty_cancellations_at_once_credit_once(street: Street, connect: Connect) -> None:
    connections = [connect() for _ in range(TWENTY)]
    call = street.call(1055)
    debit(connections[0], call)
    answers = at_once([lambda db=db: cancel(db, call) for db in connections])
    assert sorted(one.status for one in answers) == ["recorded"] + ["replayed"] * (TWENTY - 1)
    assert wallet_of(connections[0], street.card).balance_cents == 10_000
    assert len(operations_of(connections[0], call.operation_id)) == 2


def test_twenty_tombstones_at_once_are_one(street: Street, connect: Connect) -> None:
    connections = [connect() for _ in range(TWENTY)]
    call = street.call(1055)
    answers = at_once([lambda db=db: cancel(db, call) for db in connections])
    assert sorted(one.status for one in answers) == ["recorded"] + ["replayed"] * (TWENTY - 1)
    assert len(operations_of(connections[0], call.operation_id)) == 1


def test_what_moves_no_wallet_queues_for_its_place_in_the_chain(
    street: Street, connect: Connect
) -> None:
    """Refusals of one card, cancellations of them and of debits never seen, all at once."""
    connections = [connect() for _ in range(TWENTY)]
    refused = [street.call(10_001) for _ in range(5)]
    for call in refused:
        debit(connections[0], call)
    at_once(
        [
            *(lambda db=db: debit(db, street.call(10_001)) for db in connections[:5]),
            *(lambda db=db, call=call: cancel(db, call)
              for db, call in zip(connections[5:10], refused, strict=True)),
            *(lambda db=db: cancel(db, street.call(100)) for db in connections[10:]),
        ]
    )  # fmt: skip
    chains = rows(connections[0], "SELECT chained_by, length FROM unmoved_chain ORDER BY 1")
    assert [tuple(one) for one in chains] == [("card", 15), ("terminal", 10)]
    assert prove(street.office.engine).first_difference is None


# -- debit and block -----------------------------------------------------------------------------


def block_while_debiting(street: Street, connect: Connect, *, races: int) -> None:
    """Blocks one card after another under the fire of two tills; whoever sends after the block's
    answer must be declined."""
    cards = makers.make_cards(street.office, races)
    tills = [connect(), connect()]
    for card in cards:
        answered = threading.Event()

        def fire(
            db: psycopg.Connection, card: makers.HeldCard = card, answered: Any = answered
        ) -> list[tuple[bool, DebitAnswer]]:
            seen = []
            while not (seen and seen[-1][1].code == "card_blocked"):
                late = answered.is_set()
                seen.append((late, debit(db, street.call(1, card=card))))
                assert len(seen) < 2000, "the block never reached this till"
            return seen

        def block(card: makers.HeldCard = card, answered: Any = answered) -> list[Any]:
            # In turns by the hotline and by the holder's own phone.
            if card.card_id % 2:
                done = block_card(
                    street.office.engine,
                    street.office.keys,
                    card_name=card.code,
                    reason="stolen",
                    actor="test",
                )
            else:
                done = block_card_of(
                    street.office.engine,
                    beneficiary_id=card.holder.beneficiary_id,
                    reason="stolen",
                    actor="member:1",
                )
            assert not isinstance(done, Refused)
            answered.set()
            return []

        for seen in at_once([lambda: fire(tills[0]), lambda: fire(tills[1]), block]):
            assert all(one.code == "card_blocked" for late, one in seen if late)


def test_after_the_answer_to_a_block_no_debit_passes(street: Street, connect: Connect) -> None:
    block_while_debiting(street, connect, races=200)


@pytest.mark.soak
def test_after_the_answer_to_a_block_no_debit_ever_passes(street: Street, connect: Connect) -> None:
    block_while_debiting(street, connect, races=5000)


def test_a_block_waits_for_the_debit_that_has_the_card(
    street: Street, connect: Connect, db: psycopg.Connection
) -> None:
    till, hotline = connect(), connect()
    till.execute("BEGIN")
    debit(till, street.call(1000))
    with ThreadPoolExecutor(1) as pool:
        blocking = pool.submit(
            hotline.execute,
            "UPDATE card SET state = 'blocked' WHERE card_id = %s",
            [street.card.card_id],
        )
        wait_until_blocked(db, hotline)
        till.execute("COMMIT")
        blocking.result(20)
    assert debit(db, street.call(1000)).code == "card_blocked"
    assert wallet_of(db, street.card).balance_cents == 9000


# -- midnight ------------------------------------------------------------------------------------


def debit_that_waits(
    street: Street, connect: Connect, watching: psycopg.Connection, meanwhile: Callable[[], None]
) -> DebitAnswer:
    """A debit that reaches a card somebody else has, and gets it only after `meanwhile`."""
    holder, till = connect(), connect()
    hold_card(holder, street.card.card_id)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(debit, till, street.call(1000))
        wait_until_blocked(watching, till)
        meanwhile()
        holder.rollback()
        return waiting.result(20)


def test_a_debit_that_waited_over_midnight_belongs_to_the_new_day(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    clock.set(MIDNIGHT - timedelta(seconds=60))
    answer = debit_that_waits(street, connect, db, lambda: clock.set(MIDNIGHT))
    assert (answer.outcome, answer.business_day) == ("approved", TOMORROW)


def test_a_debit_that_waited_into_september_is_refused(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    september = datetime(2027, 8, 31, 22, tzinfo=UTC)
    clock.set(september - timedelta(seconds=60))
    answer = debit_that_waits(street, connect, db, lambda: clock.set(september))
    assert answer.code == "school_year_over"
    assert wallet_of(db, street.card).balance_cents == 10_000


def test_a_debit_that_waited_until_its_identification_was_over_stores_nothing(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    holder, till = connect(), connect()
    hold_card(holder, street.card.card_id)
    call = street.call(1000, until=MIDNIGHT)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(debit, till, call)
        wait_until_blocked(db, till)
        clock.set(MIDNIGHT)
        holder.rollback()
        assert waiting.result(20).status == "expired"
    assert operations_of(db, call.operation_id) == []


# -- debit and day close -------------------------------------------------------------------------


def step_back(office: Office, by: timedelta) -> None:
    """The server's clock is put back: unlike `clock`, no service is told."""
    with psycopg.connect(superuser_dsn(office)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE demo_clock SET shift = shift - %s", [by])


def closing(db: psycopg.Connection, day: date = TODAY) -> bool:
    (done,) = db.execute("SELECT close_day(%s)", [day]).fetchone() or (False,)
    return bool(done)


def test_a_close_waits_for_the_debit_under_way_and_seals_it(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    till, clerk = connect(), connect()
    till.execute("BEGIN")
    debit(till, street.call(1000))
    clock.set(MIDNIGHT)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(closing, clerk)
        wait_until_blocked(db, clerk)
        till.execute("COMMIT")
        assert under_way.result(20)
    sealed = close_day(street.office.engine, TODAY)
    assert sealed is not None
    assert [(one.debits, one.amount_cents) for one in sealed.partners if one.partner_id] == [
        (1, 1000)
    ]


def test_a_debit_that_meets_a_close_lands_in_the_next_day(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    till, clerk = connect(), connect()
    clock.set(MIDNIGHT)
    clerk.execute("BEGIN")
    closing(clerk)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(debit, till, street.call(1000))
        wait_until_blocked(db, till)
        # A clock that steps back must not open the closed day again.
        step_back(street.office, timedelta(seconds=60))
        clerk.execute("COMMIT")
        assert waiting.result(20).business_day == TOMORROW


def test_a_cancellation_that_meets_a_close_comes_too_late(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    till, clerk = connect(), connect()
    call = street.call(1000)
    debit(till, call)
    clock.set(MIDNIGHT)
    clerk.execute("BEGIN")
    closing(clerk)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cancel, till, call)
        wait_until_blocked(db, till)
        step_back(street.office, timedelta(seconds=60))
        clerk.execute("COMMIT")
        assert waiting.result(20).code == "cancellation_day_over"
    assert wallet_of(db, street.card).balance_cents == 9000


def test_a_close_waits_for_the_cancellation_under_way_and_counts_it(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    till, clerk = connect(), connect()
    call = street.call(1000)
    debit(till, call)
    till.execute("BEGIN")
    cancel(till, call)
    clock.set(MIDNIGHT)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(closing, clerk)
        wait_until_blocked(db, clerk)
        till.execute("COMMIT")
        assert under_way.result(20)
    sealed = close_day(street.office.engine, TODAY)
    assert sealed is not None
    assert [(one.operations, one.debits) for one in sealed.partners if one.partner_id] == [(2, 0)]


def close_under_fire(street: Street, connect: Connect, clock: Clock, *, days: int) -> None:
    """Three tills debit and cancel while one day after another is closed behind them."""
    over = threading.Event()

    def fire(db: psycopg.Connection) -> list[tuple[date, int]]:
        while not over.is_set():
            call = street.call(1)
            answer = debit(db, call)
            if answer.operation_no is not None and answer.operation_no % 2:
                cancel(db, call)
        return []

    def close() -> list[tuple[date, int]]:
        marked = []
        watching = connect()
        for n in range(days):
            day = TODAY + timedelta(days=n)
            clock.set(MIDNIGHT + timedelta(days=n))
            assert closing(watching, day)
            (count,) = watching.execute(
                "SELECT count(*) FROM operation WHERE business_day <= %s", [day]
            ).fetchone() or (0,)
            marked.append((day, count))
        over.set()
        return marked

    tills = [connect() for _ in range(3)]
    *_, marked = at_once([*(lambda db=db: fire(db) for db in tills), close])
    for day, count in marked:
        (now,) = tills[0].execute(
            "SELECT count(*) FROM operation WHERE business_day <= %s", [day]
        ).fetchone() or (0,)
        assert now == count, f"something landed in {day} after its close"
    last = TODAY + timedelta(days=days - 1)
    assert not isinstance(close_days(street.office.engine, last), Refused)
    assert prove(street.office.engine).first_difference is None


def test_nothing_lands_in_a_closed_day_under_fire(
    street: Street, connect: Connect, clock: Clock
) -> None:
    close_under_fire(street, connect, clock, days=12)


@pytest.mark.soak
def test_nothing_ever_lands_in_a_closed_day_under_fire(
    street: Street, connect: Connect, clock: Clock
) -> None:
    close_under_fire(street, connect, clock, days=270)


def test_ten_closes_of_one_day_at_once_make_one_seal(
    street: Street, connect: Connect, clock: Clock
) -> None:
    debit(connect(), street.call(1000))
    clock.set(MIDNIGHT)
    seals = at_once([lambda: close_day(street.office.engine, TODAY)] * 10)
    assert len([one for one in seals if one is not None]) == 1
    assert prove(street.office.engine).ok


# -- lapse ---------------------------------------------------------------------------------------

LAST_DAY = date(2027, 8, 31)
SEPTEMBER = datetime(2027, 8, 31, 22, tzinfo=UTC)


def test_the_last_debit_of_the_year_and_the_lapse_share_the_money(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    till = connect()
    clock.set(SEPTEMBER - timedelta(seconds=60))
    till.execute("BEGIN")
    debit(till, street.call(1000))
    clock.set(SEPTEMBER)
    with ThreadPoolExecutor(1) as pool:
        lapsing: Future[Any] = pool.submit(close_days, street.office.engine, LAST_DAY)
        wait_until_somebody_is_blocked(db, till)
        till.execute("COMMIT")
        assert not isinstance(lapsing.result(30), Refused)
    lapsed = rows(db, "SELECT wallet, amount_cents FROM operation WHERE kind = 'lapse'")
    assert sorted(tuple(one) for one in lapsed) == [(SPORT, 9000), (TUTORING, 5000)]
    assert prove(street.office.engine).ok


def test_two_lapses_at_once_book_each_wallet_once(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    makers.make_cards(street.office, 20)
    clock.set(SEPTEMBER)
    day = date(2026, 11, 22)
    while day <= LAST_DAY:
        closing(db, day)
        day += timedelta(days=1)
    closed = at_once([lambda: lapse_wallets(street.office.engine)] * 2)
    assert sum(closed) == 42
    (booked,) = db.execute("SELECT count(*) FROM operation WHERE kind = 'lapse'").fetchone() or (0,)
    assert booked == 42
    assert lapse_wallets(street.office.engine) == 0
