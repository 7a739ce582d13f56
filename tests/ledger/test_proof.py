"""The proof names whatever somebody with every right changed behind the functions' backs.

One day with one of everything is closed and sealed, and the next has begun; each test changes one
value as superuser, asks the proof, puts the value back and asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import psycopg
import pytest

from cardservice.domain.refusal import Refused
from cardservice.ledger.proof_rows import Difference
from cardservice.ledger.proofs import prove
from cardservice.wiring import Office
from clearing.day_close import close_days
from tests import makers
from tests.conftest import Clock, superuser_dsn
from tests.counter import TUTORING
from tests.ledger.straight import Street, cancel, debit

HASH = b"\x01" * 32
DAY = "2026-11-22"


@pytest.fixture
def busy_day(
    office: Office, street: Street, connect: Callable[[], psycopg.Connection], clock: Clock
) -> Office:
    """Grants, debits of two cards in two wallets, refusals, a wrong PIN, a cancellation, a
    tombstone and its late debit; closed. Then a debit of the next day."""
    db = connect()
    other = makers.make_card(office)
    beside = makers.make_partner(office)
    makers.make_terminal(office, beside)
    debit(db, street.call(1055))
    debit(db, street.call(2000, wallet=TUTORING))
    debit(db, street.call(3000, card=other))
    debit(db, street.call(10_001))
    debit(db, street.pin_call(100, "0007"))
    undone = street.call(800)
    debit(db, undone)
    cancel(db, undone, reason="mistake")
    never_seen = street.call(700)
    cancel(db, never_seen)
    debit(db, never_seen)
    clock.set(datetime(2026, 11, 23, 9, tzinfo=UTC))
    done = close_days(office.engine, datetime(2026, 11, 22, tzinfo=UTC).date())
    assert not isinstance(done, Refused)
    debit(db, street.call(55))
    return office


def difference(office: Office) -> Difference | None:
    return prove(office.engine).first_difference


@contextmanager
def changed(office: Office, table: str, where: str, field: str, value: Any) -> Iterator[None]:
    """One value is another one for as long as the block lasts."""
    with psycopg.connect(superuser_dsn(office), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        key = superuser.execute(f"SELECT ctid, {field} FROM {table} WHERE {where}".encode())
        (_, honest), *more = key.fetchall()
        assert not more and honest != value, "one row, and another value"
        mark = f"UPDATE {table} SET {field} = %s WHERE {where}"
        superuser.execute(mark.encode(), [value])
        yield
        # The row is found again by what it is now: the change may have been to its key.
        back = where if field not in where else f"{field} = %s"
        values = [honest] if back is where else [honest, value]
        superuser.execute(f"UPDATE {table} SET {field} = %s WHERE {back}".encode(), values)


# Of each kind one row: how it is found, whatever its id.
APPROVED = "kind = 'debit' AND outcome = 'approved' AND amount_cents = 1055"
REFUSED = "code = 'insufficient_balance'"
CANCELLED = "kind = 'cancellation' AND amount_cents = 800"
TOMBSTONE = "kind = 'cancellation' AND amount_cents IS NULL"
GRANTED = (
    "kind = 'grant' AND wallet = 'tutoring' AND beneficiary_id ="
    " (SELECT min(beneficiary_id) FROM wallet)"
)
OTHER_ID = "00000000-0000-4000-8000-000000000001"
LATER = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)

# (row, column, dishonest value, the column the proof names; `hash` where nothing tells)
CHANGES = [
    (APPROVED, "operation_id", OTHER_ID, "hash"),
    (APPROVED, "kind", "regularisation", "kind"),
    (APPROVED, "outcome", "cancelled", "outcome"),
    (APPROVED, "partner_id", 999_999, "partner_id"),
    (APPROVED, "outlet_id", 999_999, "outlet_id"),
    (APPROVED, "terminal_id", 999_999, "terminal_id"),
    (APPROVED, "actor_id", 7, "hash"),
    (APPROVED, "card_id", 999_999, "card_id"),
    (APPROVED, "beneficiary_id", 999_999, "beneficiary_id"),
    (APPROVED, "school_year", 2025, "school_year"),
    (REFUSED, "wallet", "tutoring", "wallet"),
    (APPROVED, "amount_cents", 1056, "amount_cents"),
    (APPROVED, "balance_after_cents", 8944, "balance_after_cents"),
    (APPROVED, "wallet_seq", 40, "wallet_seq"),
    (APPROVED, "tries_left", 2, "tries_left"),
    (APPROVED, "pin_checked", True, "pin_checked"),
    (APPROVED, "target_id", OTHER_ID, "target_id"),
    (APPROVED, "accepted_at", datetime(2026, 11, 21, 9, tzinfo=UTC), "hash"),
    (APPROVED, "business_day", datetime(2026, 11, 23, tzinfo=UTC).date(), "business_day"),
    (APPROVED, "hash", HASH, "hash"),
    (REFUSED, "code", "card_blocked", "code"),
    (REFUSED, "amount_cents", 100, "amount_cents"),
    (REFUSED, "balance_after_cents", 1, "balance_after_cents"),
    (REFUSED, "pin_checked", True, "pin_checked"),
    ("code = 'pin_wrong'", "tries_left", 1, "tries_left"),
    ("code = 'pin_wrong'", "pin_checked", False, "pin_checked"),
    (CANCELLED, "amount_cents", 801, "amount_cents"),
    (CANCELLED, "balance_after_cents", 8000, "balance_after_cents"),
    (CANCELLED, "wallet_seq", None, "wallet_seq"),
    (CANCELLED, "target_id", None, "target_id"),
    (TOMBSTONE, "target_id", OTHER_ID, "hash"),
    (GRANTED, "amount_cents", 5001, "amount_cents"),
    (GRANTED, "school_year", 2025, "school_year"),
    (GRANTED, "partner_id", 1, "partner_id"),
]


def test_a_busy_day_proves_green(busy_day: Office) -> None:
    proof = prove(busy_day.engine)
    assert (proof.first_difference, proof.ok) == (None, True)
    # Four grants, eight debits, a cancellation and a tombstone; and the debit of the next day.
    assert proof.operations == 14


@pytest.mark.parametrize(("where", "field", "value", "named"), CHANGES)
def test_a_changed_operation_is_named_with_its_column(
    busy_day: Office, where: str, field: str, value: Any, named: str
) -> None:
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        (operation_id,) = superuser.execute(
            f"SELECT operation_id FROM operation WHERE {where}".encode()
        ).fetchone() or (None,)
    shown = OTHER_ID if field == "operation_id" else str(operation_id)
    here = f"operation_id = '{operation_id}'"
    with changed(busy_day, "operation", here, field, value):
        assert difference(busy_day) == Difference("operation", shown, named)
    assert difference(busy_day) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("balance_cents", 8944),
        ("granted_cents", 10_001),
        ("seq", 9),
        ("head", HASH),
        ("state", "lapsed"),
    ],
)
def test_a_changed_wallet_is_named_with_its_column(
    busy_day: Office, street: Street, field: str, value: Any
) -> None:
    who = street.card.holder.beneficiary_id
    here = f"beneficiary_id = {who} AND wallet = 'sport_culture_leisure'"
    with changed(busy_day, "wallet", here, field, value):
        assert difference(busy_day) == Difference(
            "wallet", f"{who}/2026/sport_culture_leisure", field
        )
    assert difference(busy_day) is None


@pytest.mark.parametrize(
    ("table", "where", "field", "value", "named"),
    [
        ("day_block", "true", "operations", 14, "operations"),
        ("day_block", "true", "root", HASH, "root"),
        ("day_block", "true", "previous_seal", HASH, "previous_seal"),
        ("day_block", "true", "seal", HASH, "seal"),
        ("day_close", "partner_id = {paid}", "operations", 1, "operations"),
        ("day_close", "partner_id = {paid}", "debits", 2, "debits"),
        ("day_close", "partner_id = {paid}", "amount_cents", 1, "amount_cents"),
        ("day_close", "partner_id = {paid}", "root", HASH, "root"),
        ("day_close", "partner_id = {paid}", "leaf", HASH, "leaf"),
        ("day_close", "partner_id = {idle}", "amount_cents", 1, "amount_cents"),
        ("day_close_wallet", "wallet = 'tutoring'", "debits", 2, "debits"),
        ("day_close_wallet", "wallet = 'tutoring'", "amount_cents", 1999, "amount_cents"),
        ("day_close_wallet", "wallet = 'tutoring'", "partner_id", 0, "surplus"),
    ],
)
def test_a_changed_day_is_named_with_its_column(
    busy_day: Office, table: str, where: str, field: str, value: Any, named: str
) -> None:
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        paid, idle = (
            one for (one,) in superuser.execute("SELECT partner_id FROM partner ORDER BY 1")
        )
    with changed(busy_day, table, where.format(paid=paid, idle=idle), field, value):
        found = difference(busy_day)
        assert found is not None
        assert (found.table, found.field) == (table, named)
        assert found.id.startswith(DAY)
    assert difference(busy_day) is None


def test_two_wallets_of_a_closed_day_that_change_places_are_found(busy_day: Office) -> None:
    """Their sum is still right."""
    swap = (
        "UPDATE day_close_wallet SET wallet = CASE wallet WHEN 'tutoring'"
        " THEN 'sport_culture_leisure' ELSE 'tutoring' END"
    )
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        superuser.execute("ALTER TABLE day_close_wallet DROP CONSTRAINT pk_day_close_wallet")
        superuser.execute(swap.encode())
        superuser.execute(
            "ALTER TABLE day_close_wallet ADD CONSTRAINT pk_day_close_wallet"
            " PRIMARY KEY (business_day, partner_id, wallet)"
        )
    found = difference(busy_day)
    assert found is not None and found.table == "day_close_wallet"


def test_a_day_that_is_opened_again_is_found(busy_day: Office) -> None:
    honest = datetime(2026, 11, 23, tzinfo=UTC).date()
    with changed(busy_day, "open_day", "one_row = 1", "first_open_day", honest.replace(day=22)):
        assert difference(busy_day) == Difference("open_day", "1", "first_open_day")
    assert difference(busy_day) is None


# -- rows taken away -----------------------------------------------------------------------------

REMOVED = [
    ("operation", APPROVED, "operation", "wallet_seq"),
    ("operation", "kind = 'debit' AND amount_cents = 55", "wallet", "balance_cents"),
    ("operation", GRANTED, "operation", "wallet_seq"),
    ("operation", CANCELLED, "operation", "wallet_seq"),
    # A refusal moves nothing: it is its card that misses it, and a tombstone its terminal.
    ("operation", REFUSED, "unmoved_chain", "length"),
    ("operation", TOMBSTONE, "unmoved_chain", "length"),
    ("operation", "code = 'operation_cancelled'", "unmoved_chain", "length"),
    ("unmoved_chain", "chained_by = 'card'", "unmoved_chain", "missing"),
    ("unmoved_chain", "chained_by = 'terminal'", "unmoved_chain", "missing"),
    ("wallet", "wallet = 'tutoring' AND balance_cents = 3000", "wallet", "missing"),
    ("day_close", "partner_id = 0", "day_close", "missing"),
    ("day_close_wallet", "wallet = 'tutoring'", "day_close_wallet", "missing"),
    ("day_block", "true", "day_block", "missing"),
    ("card", "card_id = (SELECT min(card_id) FROM card)", "operation", "card_id"),
    ("terminal", "terminal_id = (SELECT min(terminal_id) FROM terminal)", "operation",
     "terminal_id"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "where", "told", "field"), REMOVED)
def test_a_row_taken_away_is_missed(
    busy_day: Office, table: str, where: str, told: str, field: str
) -> None:
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        superuser.execute("SET session_replication_role = replica")
        gone = superuser.execute(f"DELETE FROM {table} WHERE {where}".encode())
        assert gone.rowcount == 1
    found = difference(busy_day)
    assert found is not None
    assert (found.table, found.field) == (told, field)


def test_a_refusal_that_is_forged_or_gone_is_missed_on_its_very_day(
    busy_day: Office, street: Street, connect: Callable[[], psycopg.Connection]
) -> None:
    """No seal stands over an open day."""
    debit(connect(), street.call(10_002))
    here = "code = 'insufficient_balance' AND amount_cents = 10002"
    chain = f"card {street.card.card_id}"
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        superuser.execute(f"UPDATE operation SET amount_cents = 10003 WHERE {here}".encode())
        rehash(superuser)
    assert difference(busy_day) == Difference("unmoved_chain", chain, "head")
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        gone = superuser.execute("DELETE FROM operation WHERE amount_cents = 10003")
        assert gone.rowcount == 1
    assert difference(busy_day) == Difference("unmoved_chain", chain, "length")


def test_a_refusal_gone_with_its_place_in_the_chain_is_missed_by_the_seal_of_its_day(
    busy_day: Office,
) -> None:
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        superuser.execute(f"DELETE FROM operation WHERE {REFUSED}".encode())
        chain_again(superuser)
    found = difference(busy_day)
    assert found is not None and (found.table, found.field) == ("day_close", "operations")


def test_what_was_written_before_there_were_chains_is_chained(busy_day: Office) -> None:
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        before = superuser.execute("SELECT * FROM unmoved_chain ORDER BY 1, 2").fetchall()
        chain_again(superuser)
        assert superuser.execute("SELECT * FROM unmoved_chain ORDER BY 1, 2").fetchall() == before
    assert [(by, length) for by, _, length, _ in before] == [("card", 3), ("terminal", 1)]
    assert difference(busy_day) is None


def chain_again(superuser: psycopg.Connection) -> None:
    """Folds the chains anew, as the migration does with what is there."""
    migration = import_module(
        "cardservice.db.migrations.versions.0019_what_moves_no_wallet_is_chained"
    )
    superuser.execute("DELETE FROM unmoved_chain")
    superuser.execute(migration.CHAIN_WHAT_IS_THERE)


def test_a_forged_debit_that_no_wallet_paid_is_found(busy_day: Office) -> None:
    """Its hash is right, its columns are; but no wallet moved."""
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        superuser.execute(
            "SELECT record_operation(jsonb_populate_record(o, jsonb_build_object("
            " 'operation_id', gen_random_uuid(), 'wallet_seq', NULL)))"
            f" FROM operation o WHERE {APPROVED}".encode()
        )
    found = difference(busy_day)
    assert found is not None and (found.table, found.field) == ("operation", "wallet_seq")


def test_a_forged_debit_with_a_place_of_its_own_breaks_the_wallet(busy_day: Office) -> None:
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        superuser.execute(
            "SELECT record_operation(jsonb_populate_record(o, jsonb_build_object("
            " 'operation_id', gen_random_uuid(), 'wallet_seq', 6, 'amount_cents', 1,"
            f" 'balance_after_cents', 8889))) FROM operation o WHERE {APPROVED}".encode()
        )
    found = difference(busy_day)
    assert found is not None and found.table in ("wallet", "operation")


def test_a_cancellation_of_a_debit_of_another_amount_is_found(busy_day: Office) -> None:
    """Every hash and head recomputed by somebody who knows how."""
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        superuser.execute(
            "UPDATE operation SET target_id ="
            f" (SELECT operation_id FROM operation WHERE {APPROVED}) WHERE {CANCELLED}".encode()
        )
        rehash(superuser)
    found = difference(busy_day)
    assert found is not None and (found.table, found.field) == ("operation", "target_id")


def test_a_ledger_recomputed_from_the_first_row_no_longer_fits_its_seals(busy_day: Office) -> None:
    """An owner who rewrites a sale with all its hashes and heads is caught by the sealed day."""
    with psycopg.connect(superuser_dsn(busy_day)) as superuser:
        superuser.execute(f"UPDATE operation SET pin_checked = true WHERE {APPROVED}".encode())
        rehash(superuser)
    found = difference(busy_day)
    assert found is not None and (found.table, found.field) == ("day_close", "root")


def rehash(superuser: psycopg.Connection) -> None:
    """Gives every operation the hash of its columns and every wallet the head of its movements."""
    superuser.execute(
        "UPDATE operation o SET hash = operation_hash(o.operation_id, kind_number(o.kind),"
        " CASE o.outcome WHEN 'approved' THEN 1 WHEN 'declined' THEN 2 ELSE 3 END,"
        " coalesce(decline_number(o.code), 0), o.partner_id, o.outlet_id, o.terminal_id,"
        " o.actor_id, o.card_id, o.beneficiary_id, o.school_year, o.wallet, o.amount_cents,"
        " o.balance_after_cents, o.wallet_seq, o.tries_left, o.pin_checked, o.target_id,"
        " o.accepted_at, o.business_day)"
    )
    superuser.execute("UPDATE wallet SET head = decode(repeat('00', 32), 'hex')")
    movements = superuser.execute(
        "SELECT beneficiary_id, school_year, wallet, hash FROM operation"
        " WHERE wallet_seq IS NOT NULL ORDER BY wallet_seq"
    ).fetchall()
    for *key, digest in movements:
        superuser.execute(
            "UPDATE wallet SET head = sha256(head || %s)"
            " WHERE (beneficiary_id, school_year, wallet) = (%s, %s, %s)",
            [digest, *key],
        )
