"""What the application's role cannot do, what the owner is stopped from, and that the database is
what the repository says it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardservice import wiring
from cardservice.db.engine import unit_of_work
from cardservice.db.sql_objects import SQL_DIR, applied_digests, file_digest, sql_files
from cardservice.db.tables import metadata
from cardservice.domain import codes
from cardservice.domain.operation import (
    OPERATION_KINDS,
    OUTCOME_NUMBERS,
    WALLETS,
    Operation,
    operation_hash,
)
from cardservice.wiring import Office
from tests.ledger.straight import Street, debit
from tests.rules.test_operation import BARE, DEBIT

Connect = Callable[[], psycopg.Connection]
KEPT = ("operation", "wallet", "unmoved_chain", "open_day", "register_version", "sql_object")


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    return connect()


# -- the application's role ----------------------------------------------------------------------


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES", "DROP TABLE {}"],
)
def test_the_application_cannot_write_the_books(
    street: Street, db: psycopg.Connection, table: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement.replace("{}", table).encode())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operation SET amount_cents = 1",
        "UPDATE wallet SET balance_cents = granted_cents",
        "UPDATE open_day SET first_open_day = '2020-01-01'",
        "UPDATE register_version SET version = 1",
        "UPDATE day_block SET business_day = business_day + 1",
        "UPDATE day_close SET amount_cents = 0",
        "UPDATE day_close_wallet SET amount_cents = 0",
        "UPDATE remittance_line SET amount_cents = 1",
        "UPDATE run_event SET state = 'paid'",
        "UPDATE journal SET actor = 'nobody'",
        "UPDATE document SET content = ''",
        "INSERT INTO day_block (business_day, closed_at) VALUES ('2020-01-01', now())",
        "INSERT INTO notification_outbox (operation_id) VALUES (gen_random_uuid())",
        "DELETE FROM day_block",
        "DELETE FROM day_close",
        "DELETE FROM journal",
        "DELETE FROM run_event",
        "DELETE FROM reimbursement_run",
        "DELETE FROM card",
        "DELETE FROM beneficiary",
        "DELETE FROM document",
    ],
)
def test_the_application_cannot_change_what_was_written(
    office: Office, db: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE operation_beside (x int)",
        "CREATE TEMP TABLE operation (x int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
        "CREATE VIEW mine AS SELECT 1",
        "ALTER TABLE operation DISABLE TRIGGER ALL",
        "ALTER TABLE wallet DROP CONSTRAINT never_below_zero",
        "SET ROLE cjeune_owner",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_can_make_nothing_that_stands_before_the_books(
    office: Office, db: psycopg.Connection, statement: str
) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName)):
        db.execute(statement.encode())


DOORS = {
    "ledger_now", "business_day", "card_refusal", "year_refusal", "debit", "debit_many",
    "cancel_debit", "grant_many", "lapse_some", "reimburse_many", "close_day", "hold_day_open",
    "identify_many", "identify_screens", "check_debit", "register_moved", "book_regularisation",
    "reverse_regularisation", "free_run", "refuse_regularisation", "answer_transfers",
    "last_presentation", "hold_budget", "left_of_budget", "operation_reference",
    "spreadsheet_text", "judge_pin", "live_marks",
}  # fmt: skip


def test_the_application_may_call_the_doors_and_no_inner_function(
    office: Office, db: psycopg.Connection
) -> None:
    found = db.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND has_function_privilege(oid, 'EXECUTE')"
    )
    assert {name for (name,) in found} == DOORS


def test_the_pen_itself_is_out_of_reach(street: Street, db: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("SELECT record_operation(o) FROM operation o LIMIT 1")


def test_every_door_that_moves_money_has_a_fixed_search_path_or_says_every_schema(
    office: Office, db: psycopg.Connection
) -> None:
    """SECURITY DEFINER with somebody else's search path is the classic way in."""
    open_ones = db.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND prosecdef AND proconfig IS NULL"
    )
    assert {name for (name,) in open_ones} == {"debit"}


# -- the owner -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    ["UPDATE operation SET amount_cents = 1", "DELETE FROM operation", "TRUNCATE operation"],
)
def test_the_owner_is_stopped_too(street: Street, statement: str) -> None:
    with (
        wiring.opened_as_owner(street.office.settings) as owner,
        pytest.raises(Exception, match="append-only"),
        unit_of_work(owner) as connection,
    ):
        connection.exec_driver_sql(statement)


# -- SQL and Python write the same bytes ---------------------------------------------------------

_HASH = (
    "SELECT operation_hash(%(operation_id)s, kind_number(%(kind)s),"
    " CASE %(outcome)s WHEN 'approved' THEN 1 WHEN 'declined' THEN 2 WHEN 'cancelled' THEN 3 END,"
    " coalesce(decline_number(%(code)s), 0), %(partner_id)s, %(outlet_id)s, %(terminal_id)s,"
    " %(actor_id)s, %(card_id)s, %(beneficiary_id)s, %(school_year)s::smallint, %(wallet)s,"
    " %(amount_cents)s, %(balance_after_cents)s, %(wallet_seq)s, %(tries_left)s::smallint,"
    " %(pin_checked)s, %(target_id)s, %(accepted_at)s, %(business_day)s)"
)

ids = st.none() | st.integers(1, 2**63 - 1)
small = st.none() | st.integers(0, 32_767)
operations = st.builds(
    Operation,
    operation_no=st.just(0),
    operation_id=st.uuids(),
    kind=st.sampled_from(sorted(OPERATION_KINDS)),
    outcome=st.sampled_from(sorted(OUTCOME_NUMBERS)),
    code=st.none() | st.sampled_from((*codes.DECLINE_ORDER, *codes.CANCELLATION_DECLINES)),
    partner_id=ids,
    outlet_id=ids,
    terminal_id=ids,
    actor_id=ids,
    card_id=ids,
    beneficiary_id=ids,
    school_year=small,
    wallet=st.none() | st.sampled_from(WALLETS),
    amount_cents=st.none() | st.integers(0, 2**62),
    balance_after_cents=st.none() | st.integers(0, 2**62),
    wallet_seq=st.none() | st.integers(0, 2**31 - 1),
    tries_left=small,
    pin_checked=st.booleans(),
    target_id=st.none() | st.uuids(),
    accepted_at=st.datetimes(
        datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
    ),
    business_day=st.dates(datetime(1971, 1, 1).date(), datetime(2200, 1, 1).date()),  # noqa: DTZ001
    hash=st.just(b""),
)  # fmt: skip


@pytest.fixture(scope="module")
def as_superuser(instance: Office) -> Any:
    assert instance.private_server is not None
    with psycopg.connect(instance.private_server.url("postgres"), autocommit=True) as connection:
        yield connection


def sql_hash(connection: psycopg.Connection, operation: Operation) -> bytes:
    (found,) = connection.execute(_HASH, asdict(operation)).fetchone() or (b"",)
    return bytes(found)


@pytest.mark.parametrize("operation", [DEBIT, BARE])
def test_sql_and_python_hash_the_shared_vectors_alike(
    as_superuser: psycopg.Connection, operation: Operation
) -> None:
    assert sql_hash(as_superuser, operation) == operation_hash(operation)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operation=operations)
def test_sql_and_python_hash_any_row_alike(
    as_superuser: psycopg.Connection, operation: Operation
) -> None:
    assert sql_hash(as_superuser, operation) == operation_hash(operation)


def test_every_code_has_one_number_in_both(as_superuser: psycopg.Connection) -> None:
    for name in (*codes.DECLINE_ORDER, *codes.CANCELLATION_DECLINES):
        row = as_superuser.execute("SELECT decline_number(%s)", [name]).fetchone()
        assert row == (codes.by_name[name].number,)


@pytest.mark.parametrize("cents", [1055, 10_001])
def test_a_stored_row_hashes_to_its_own_hash(
    street: Street, db: psycopg.Connection, cents: int
) -> None:
    answer = debit(db, street.call(cents))
    (row,) = db.execute(
        "SELECT to_jsonb(o) FROM operation o WHERE operation_id = %s", [answer.operation_id]
    ).fetchone() or ("",)
    facts = row if isinstance(row, dict) else json.loads(row)
    target = facts["target_id"]
    operation = Operation(
        **facts
        | {
            "operation_id": UUID(facts["operation_id"]),
            "target_id": target and UUID(target),
            "accepted_at": answer.accepted_at,
            "business_day": answer.business_day,
        }
    )
    assert operation_hash(operation).hex() == facts["hash"].removeprefix("\\x")


# -- the database is what the repository says ----------------------------------------------------


def test_what_was_applied_is_what_lies_in_the_folder(office: Office) -> None:
    with unit_of_work(office.engine) as connection:
        applied = applied_digests(connection)
    assert applied == {str(file.relative_to(SQL_DIR)): file_digest(file) for file in sql_files()}


def test_the_tables_are_those_of_the_metadata(office: Office) -> None:
    with unit_of_work(office.engine) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: (
                    kind != "table" or name not in ("sql_object", "demo_clock", "alembic_version")
                ),
            },
        )
        assert compare_metadata(context, metadata) == []


def test_bringing_a_database_up_again_changes_nothing(
    street: Street, db: psycopg.Connection
) -> None:
    debit(db, street.call(1055))
    before = db.execute("SELECT * FROM operation ORDER BY operation_no").fetchall()
    street.office.engine.dispose()
    wiring.upgrade(street.office.settings)
    assert db.execute("SELECT * FROM operation ORDER BY operation_no").fetchall() == before
