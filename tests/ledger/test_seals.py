"""A closed day is one number that every row of it has a share in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.merkle import DEPARTMENT, EMPTY_ROOT, FIRST_SEAL, day_seal, merkle_root
from cardservice.ledger import post
from cardservice.ledger.proofs import prove
from cardservice.services.close_day import close_day
from tests import makers
from tests.conftest import Clock
from tests.counter import SPORT, TUTORING
from tests.ledger.straight import Street, cancel, debit, rows

Connect = Callable[[], psycopg.Connection]
TODAY = date(2026, 11, 22)
NEXT_MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    return connect()


def test_a_partners_day_is_net_of_cancellations_and_counts_refusals_as_rows(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    undone = street.call(800)
    for call in (street.call(1055), street.call(2000, wallet=TUTORING), undone, street.call(9999)):
        debit(db, call)
    cancel(db, undone)
    clock.set(NEXT_MORNING)
    sealed = close_day(street.office.engine, TODAY)
    assert sealed is not None
    (theirs,) = [one for one in sealed.partners if one.partner_id == street.partner.partner_id]
    assert (theirs.operations, theirs.debits, theirs.amount_cents) == (5, 2, 3055)
    assert theirs.wallets == {SPORT: (1, 1055), TUTORING: (1, 2000)}


def test_every_partner_has_a_leaf_the_idle_one_too(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    idle = makers.make_partner(street.office)
    clock.set(NEXT_MORNING)
    sealed = close_day(street.office.engine, TODAY)
    assert sealed is not None
    found = {one.partner_id: (one.operations, one.root) for one in sealed.partners}
    assert found.keys() == {DEPARTMENT, street.partner.partner_id, idle.partner_id}
    assert found[idle.partner_id] == (0, EMPTY_ROOT)
    # The two grants are the department's.
    assert found[DEPARTMENT][0] == 2


def test_the_seal_can_be_computed_by_hand(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    debit(db, street.call(1055))
    clock.set(NEXT_MORNING)
    sealed = close_day(street.office.engine, TODAY)
    assert sealed is not None
    hashes = rows(db, "SELECT hash FROM operation WHERE partner_id > 0 ORDER BY operation_no")
    theirs = sealed.partners[-1]
    assert theirs.root == merkle_root(bytes(row.hash) for row in hashes)
    root = merkle_root(one.leaf(TODAY) for one in sealed.partners)
    assert sealed.seal == day_seal(FIRST_SEAL, TODAY, root)


def test_each_seal_holds_the_one_before(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    clock.set(NEXT_MORNING + timedelta(days=1))
    first = close_day(street.office.engine, TODAY)
    second = close_day(street.office.engine, TODAY + timedelta(days=1))
    assert first is not None and second is not None
    assert (first.previous_seal, second.previous_seal) == (FIRST_SEAL, first.seal)


def test_one_sale_more_or_less_is_another_seal(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    debit(db, street.call(1055))
    clock.set(NEXT_MORNING)
    sealed = close_day(street.office.engine, TODAY)
    assert sealed is not None
    leaves = [one.leaf(TODAY) for one in sealed.partners]
    assert merkle_root(leaves[:-1]) != merkle_root(leaves) == sealed.root


def test_a_close_cut_before_its_seal_is_sealed_by_the_next(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    debit(db, street.call(1055))
    clock.set(NEXT_MORNING)
    with unit_of_work(street.office.engine) as connection:
        post.close_day(connection, TODAY)
    assert rows(db, "SELECT seal FROM day_block")[0].seal is None
    assert prove(street.office.engine).ok, "a cut is no difference"
    assert close_day(street.office.engine, TODAY) is not None
    assert rows(db, "SELECT seal FROM day_block")[0].seal is not None


def test_closing_again_changes_nothing(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    clock.set(NEXT_MORNING)
    close_day(street.office.engine, TODAY)
    before = [rows(db, f"SELECT * FROM {one}") for one in ("day_block", "day_close", "open_day")]
    assert close_day(street.office.engine, TODAY) is None
    after = [rows(db, f"SELECT * FROM {one}") for one in ("day_block", "day_close", "open_day")]
    assert after == before


@pytest.mark.parametrize(
    ("closed", "asked", "why"),
    [
        (None, date(2026, 11, 23), "is not over"),
        (None, date(2026, 12, 1), "is not over"),
        (date(2026, 11, 20), date(2026, 11, 22), "is not the next one to close"),
        (date(2026, 11, 20), date(2026, 11, 19), "is not the next one to close"),
    ],
)
def test_the_database_itself_refuses_a_day_out_of_turn(
    street: Street,
    db: psycopg.Connection,
    clock: Clock,
    closed: date | None,
    asked: date,
    why: str,
) -> None:
    clock.set(NEXT_MORNING)
    if closed is not None:
        close_day(street.office.engine, closed)
    with pytest.raises(psycopg.errors.RaiseException, match=why):
        db.execute("SELECT close_day(%s)", [asked])


def test_both_nights_of_the_clock_change_are_days_like_others(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    """25 October 2026 has 25 hours; both half past twos in Paris are its own."""
    for instant in ((24, 22, 0), (25, 0, 30), (25, 1, 30), (25, 22, 59), (25, 23, 0)):
        clock.set(datetime(2026, 10, *instant, tzinfo=UTC))
        debit(db, street.call(100))
    clock.set(datetime(2026, 10, 27, 9, tzinfo=UTC))
    long_day = close_day(street.office.engine, date(2026, 10, 25))
    after = close_day(street.office.engine, date(2026, 10, 26))
    assert long_day is not None and after is not None
    assert [one.partners[-1].debits for one in (long_day, after)] == [4, 1]
