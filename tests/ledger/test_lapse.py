"""The end of a school year: what may still be spent, and what is lost by an explicit entry (C20 to
C23)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import psycopg
import pytest

from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from cardservice.services.lapse_wallets import lapse_wallets
from clearing.day_close import close_days
from tests.conftest import Clock
from tests.counter import SPORT, TUTORING, Counter
from tests.ledger.straight import Street, cancel, debit, rows, wallet_of

Connect = Callable[[], psycopg.Connection]
LAST_DAY = date(2027, 8, 31)
LAST_SECOND = datetime(2027, 8, 31, 21, 59, 59, tzinfo=UTC)
SEPTEMBER = datetime(2027, 8, 31, 22, 0, 0, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 9, 1, 22, 0, 0, tzinfo=UTC)


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    return connect()


def test_the_card_pays_until_the_last_second_of_august(
    street: Street, counter: Counter, stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(LAST_SECOND)
    shown = counter.identify(street.till, street.card)
    in_time = counter.ask(street.till, shown, 100)
    stop_clock(SEPTEMBER)
    too_late = counter.ask(street.till, shown, 100)
    assert in_time is not None and too_late is not None
    assert (in_time.code, too_late.code) == (None, "school_year_over")


def test_a_reading_says_that_the_year_is_over_then_that_the_card_is_obsolete(
    street: Street, counter: Counter, clock: Clock
) -> None:
    said = []
    for instant in (SEPTEMBER, datetime(2027, 9, 1, 21, 59, 50, tzinfo=UTC), NEXT_YEAR):
        clock.set(instant)
        found = counter.read(street.till, street.card.code)
        said.append(getattr(found, "code", "identified"))
    assert said == ["school_year_over", "school_year_over", "card_obsolete"]


def close_the_year(street: Street, clock: Clock) -> None:
    clock.set(SEPTEMBER)
    assert not isinstance(close_days(street.office.engine, LAST_DAY), Refused)


def test_what_is_left_lapses_by_explicit_rows(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    debit(db, street.call(1055))
    close_the_year(street, clock)
    lapses = rows(db, "SELECT * FROM operation WHERE kind = 'lapse' ORDER BY amount_cents")
    assert [(one.wallet, one.amount_cents, one.balance_after_cents) for one in lapses] == [
        (TUTORING, 5000, 0),
        (SPORT, 8945, 0),
    ]
    assert {one.business_day for one in lapses} == {date(2027, 9, 1)}
    assert {wallet_of(db, street.card, one).state for one in (SPORT, TUTORING)} == {"lapsed"}


def test_an_empty_wallet_is_closed_without_a_row(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    debit(db, street.call(10_000))
    close_the_year(street, clock)
    assert [one.wallet for one in rows(db, "SELECT * FROM operation WHERE kind = 'lapse'")] == [
        TUTORING
    ]
    assert wallet_of(db, street.card, SPORT).state == "lapsed"


def test_nothing_lapses_before_the_last_day_is_closed(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    clock.set(SEPTEMBER)
    close_days(street.office.engine, date(2027, 8, 30))
    assert lapse_wallets(street.office.engine) == 0
    assert wallet_of(db, street.card).balance_cents == 10_000


def test_a_debit_of_the_last_day_can_be_cancelled_until_it_ends_and_lapses_after(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    kept, undone = street.call(1000), street.call(2000)
    clock.set(datetime(2027, 8, 31, 21, 58, tzinfo=UTC))
    debit(db, kept)
    debit(db, undone)
    assert cancel(db, undone).outcome == "cancelled"
    close_the_year(street, clock)
    assert cancel(db, kept).code == "cancellation_day_over"
    (lapse,) = rows(db, "SELECT * FROM operation WHERE kind = 'lapse' AND wallet = %s", SPORT)
    assert lapse.amount_cents == 9000


def test_a_second_lapse_finds_nothing(street: Street, db: psycopg.Connection, clock: Clock) -> None:
    close_the_year(street, clock)
    before = rows(db, "SELECT * FROM operation ORDER BY operation_no")
    assert lapse_wallets(street.office.engine) == 0
    assert rows(db, "SELECT * FROM operation ORDER BY operation_no") == before


def test_granted_is_spent_and_lapsed_and_nothing_is_left(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    debit(db, street.call(1055))
    debit(db, street.call(300, wallet=TUTORING))
    close_the_year(street, clock)
    sums = {
        account: int(cents)
        for account, cents in db.execute(
            "SELECT account, sum(amount_cents) FROM ledger_entry GROUP BY account"
        )
    }
    assert sums == {
        "department_fund": -15_000,
        "beneficiary_wallet": 0,
        "partner_payable": 1355,
        "lapsed": 13_645,
    }
    assert prove(street.office.engine).first_difference is None


def test_the_twenty_ninth_of_february_is_a_day_like_others(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    clock.set(datetime(2028, 2, 29, 12, tzinfo=UTC))
    assert debit(db, street.call(100)).business_day == date(2028, 2, 29)
    clock.set(datetime(2028, 3, 1, 1, tzinfo=UTC))
    seals = close_days(street.office.engine, date(2028, 2, 29))
    assert not isinstance(seals, Refused)
    assert [seal.day for seal in seals[-2:]] == [date(2028, 2, 28), date(2028, 2, 29)]
