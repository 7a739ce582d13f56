"""One private PostgreSQL per test process, emptied between tests, with a clock that tests move.

The law: tests see what production sees: the application's role, real commits, the real functions.
Only the clean-up between tests is done by the superuser, who alone may remove an operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text

from cardservice import wiring
from cardservice.db.engine import unit_of_work
from cardservice.db.tables import metadata
from cardservice.services.apply_scheme import apply_scheme
from cardservice.settings import Settings
from cardservice.wiring import Office
from tests.running_app import requests_over
from tests.told_once import ToldEachTime, ToldOnce

# Properties are judged by what they find, not by how busy the machine is.
hypothesis_settings.register_profile("cjeune", deadline=None)
hypothesis_settings.load_profile("cjeune")

# A Sunday morning in the middle of a school year: 11:00 in Paris.
A_MORNING = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

SCHEME_TABLES = frozenset(("school_year", "wallet_grant", "scheme_rule", "fortnight", "commune"))
ONE_ROW_TABLES = frozenset(("register_version", "open_day"))


@dataclass(frozen=True)
class Clock:
    """The ledger's clock of the test database."""

    office: Office

    def set(self, instant: datetime) -> None:
        """Makes it `instant` (aware) now; time goes on from there."""
        with unit_of_work(self.office.engine) as connection:
            connection.execute(
                text("UPDATE demo_clock SET shift = :instant - clock_timestamp()"),
                {"instant": instant},
            )


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office of this process, its scheme loaded; use `office` in tests."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("instance"))
    wiring.upgrade(settings, movable_clock=True)
    with wiring.opened_office(settings) as office:
        with wiring.opened_as_owner(settings) as owner:
            apply_scheme(owner, actor="test")
        yield office


@pytest.fixture
def office(instance: Office) -> Iterator[Office]:
    """An office without people, partners or money, on A_MORNING."""
    _empty(instance, keep=SCHEME_TABLES)
    Clock(instance).set(A_MORNING)
    yield instance
    try:
        requests_over()
    finally:
        # One that a test left open must not be missing from the next one's pool.
        if instance.engine.pool.checkedout():
            instance.engine.dispose()


@pytest.fixture(scope="session")
def stories(instance: Office) -> ToldOnce:
    """The long stories of this process; use `told_once` in tests."""
    return ToldOnce(instance, superuser_dsn(instance), _doomed(SCHEME_TABLES))


@pytest.fixture
def told_once(office: Office, stories: ToldOnce) -> ToldOnce | ToldEachTime:
    """`told_once(name, story)`: what a long story gives, over an office that was empty.

    A test with an instance of its own has it told there, each time.
    """
    return stories if stories.office is office else ToldEachTime()


@pytest.fixture
def bare_office(office: Office) -> Iterator[Office]:
    """An office whose scheme was never loaded."""
    _empty(office, keep=frozenset())
    yield office
    with wiring.opened_as_owner(office.settings) as owner:
        apply_scheme(owner, actor="test")


@pytest.fixture
def clock(office: Office) -> Clock:
    """The clock of `office`."""
    return Clock(office)


@pytest.fixture
def superuser(office: Office) -> Callable[[str], None]:
    """Runs a statement that the application has no right to."""

    def run(statement: str) -> None:
        with psycopg.connect(superuser_dsn(office)) as connection:
            connection.execute(statement.encode())

    return run


@pytest.fixture
def data_dir(office: Office) -> Path:
    """What the commands' --data-dir names."""
    return office.settings.data_dir


def superuser_dsn(office: Office) -> str:
    """The libpq address of the superuser of a private server."""
    assert office.private_server is not None
    return office.private_server.url("postgres")


def _doomed(keep: frozenset[str]) -> list[str]:
    return [name for name in metadata.tables if name not in keep | ONE_ROW_TABLES]


def _empty(office: Office, *, keep: frozenset[str]) -> None:
    """Removes every row but those of the tables to keep; identities go on counting."""
    statements = [
        # Without triggers and foreign keys; twenty times quicker than TRUNCATE on small tables.
        "SET session_replication_role = replica",
        *(f"DELETE FROM {name}" for name in _doomed(keep)),
        "UPDATE open_day SET first_open_day = '2023-09-01'",
        # Whatever a service kept in mind of the last test is out of date.
        "UPDATE register_version SET version = version + 1",
    ]
    with psycopg.connect(superuser_dsn(office)) as connection:
        # In one trip: this is done some thousands of times.
        connection.execute("; ".join(statements).encode())
