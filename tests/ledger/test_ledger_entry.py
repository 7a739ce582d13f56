"""The two legs of every operation: the view's sums are the accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.numeric import Int8

from cardservice.domain.operation import OPERATION_KINDS, legs
from cardservice.wiring import Office
from clearing.day_close import close_days
from tests.conftest import Clock, superuser_dsn
from tests.counter import SPORT, TUTORING
from tests.ledger.straight import Street, cancel, debit

Connect = Callable[[], psycopg.Connection]


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    return connect()


def balances(db: psycopg.Connection) -> dict[tuple[str, str | None], int]:
    """Cents per account and wallet."""
    found = db.execute(
        "SELECT account, wallet, sum(amount_cents)::bigint FROM ledger_entry GROUP BY 1, 2"
    )
    return {(account, wallet): cents for account, wallet, cents in found}


def reimburse(db: psycopg.Connection, street: Street, number: int, cents: int) -> int:
    (booked,) = db.execute(
        "SELECT reimburse_many(%s, %s::bigint[], %s::text[], %s::bigint[])",
        [[UUID(int=number)], [Int8(street.partner.partner_id)], [SPORT], [Int8(cents)]],
    ).fetchone() or (0,)
    return int(booked)


def test_each_kind_enters_the_accounts_that_the_rulebook_names(db: psycopg.Connection) -> None:
    found = db.execute("SELECT pg_get_viewdef('ledger_entry')").fetchone()
    assert found is not None
    for kind in OPERATION_KINDS:
        from_account, to_account = legs(kind)
        assert f"('{kind}'::text,'{from_account}'::text,'-1'::integer)" in found[0]
        assert f"('{kind}'::text,'{to_account}'::text,1)" in found[0]


def test_a_grant_comes_from_the_department(street: Street, db: psycopg.Connection) -> None:
    assert balances(db) == {
        ("department_fund", SPORT): -10_000,
        ("beneficiary_wallet", SPORT): 10_000,
        ("department_fund", TUTORING): -5000,
        ("beneficiary_wallet", TUTORING): 5000,
    }


def test_a_debit_is_owed_to_the_partner(street: Street, db: psycopg.Connection) -> None:
    debit(db, street.call(1055))
    found = balances(db)
    assert found["beneficiary_wallet", SPORT] == 8945
    assert found["partner_payable", SPORT] == 1055
    (who,) = db.execute(
        "SELECT DISTINCT partner_id FROM ledger_entry WHERE account = 'partner_payable'"
    ).fetchone() or (None,)
    assert who == street.partner.partner_id


def test_a_cancelled_debit_is_owed_to_nobody(street: Street, db: psycopg.Connection) -> None:
    call = street.call(1055)
    debit(db, call)
    cancel(db, call)
    found = balances(db)
    assert (found["beneficiary_wallet", SPORT], found["partner_payable", SPORT]) == (10_000, 0)


def test_a_refusal_and_a_tombstone_have_no_legs(street: Street, db: psycopg.Connection) -> None:
    before = balances(db)
    debit(db, street.call(10_001))
    unseen = street.call(100)
    cancel(db, unseen)
    debit(db, unseen)
    assert balances(db) == before


def test_a_reimbursement_leaves_the_payable_and_is_in_transit_once(
    street: Street, db: psycopg.Connection
) -> None:
    debit(db, street.call(1055))
    assert [reimburse(db, street, 1, 1055), reimburse(db, street, 1, 1055)] == [1, 0]
    found = balances(db)
    assert (found["partner_payable", SPORT], found["in_transit", None]) == (0, 1055)


def test_a_lapse_empties_the_wallet(street: Street, db: psycopg.Connection, clock: Clock) -> None:
    debit(db, street.call(1055))
    clock.set(datetime(2027, 8, 31, 22, 0, tzinfo=UTC))
    close_days(street.office.engine, datetime(2027, 8, 31, tzinfo=UTC).date())
    found = balances(db)
    assert (found["lapsed", SPORT], found["lapsed", TUTORING]) == (8945, 5000)
    assert found["beneficiary_wallet", SPORT] == found["beneficiary_wallet", TUTORING] == 0


@pytest.fixture(scope="module")
def as_superuser(instance: Office) -> Iterator[psycopg.Connection]:
    with psycopg.connect(superuser_dsn(instance)) as connection:
        yield connection


moves = st.lists(
    st.tuples(
        st.sampled_from(sorted(OPERATION_KINDS)),
        st.integers(1, 4),
        st.sampled_from((SPORT, TUTORING)),
        st.integers(1, 10**6),
    ),
    max_size=30,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves)
def test_the_legs_of_any_whole_operations_sum_to_zero(
    as_superuser: psycopg.Connection, moves: list[tuple[str, int, str, int]]
) -> None:
    as_superuser.execute("SET session_replication_role = replica")
    as_superuser.execute("DELETE FROM operation")
    rows: list[tuple[Any, ...]] = [
        (kind, "cancelled" if kind == "cancellation" else "approved", who, wallet, cents)
        for kind, who, wallet, cents in moves
    ]
    with as_superuser.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO operation (operation_id, kind, outcome, partner_id, beneficiary_id,"
            " school_year, wallet, amount_cents, pin_checked, accepted_at, business_day, hash)"
            " VALUES (gen_random_uuid(), %s, %s, %s, 7, 2026, %s, %s, false, now(),"
            " '2026-11-22', '')",
            rows,
        )
    sums = as_superuser.execute(
        "SELECT operation_no, count(*), sum(amount_cents), count(*) FILTER (WHERE account ="
        " 'partner_payable' AND partner_id IS NULL) FROM ledger_entry GROUP BY 1"
    ).fetchall()
    as_superuser.rollback()
    assert [(legs_, total, orphans) for _, legs_, total, orphans in sums] == [
        (2, 0, 0) for _ in moves
    ]
