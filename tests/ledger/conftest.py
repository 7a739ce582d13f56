"""A street with one card, one partner and one till, and connections of the application's role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest

from cardservice.db.sql_objects import SQL_DIR
from cardservice.wiring import Office
from tests import makers
from tests.conftest import superuser_dsn
from tests.counter import counter
from tests.ledger.straight import Street, make_street

__all__ = ["counter"]


@pytest.fixture
def street(office: Office) -> Street:
    """One holder with 100 € and 50 €, one partner, one terminal that asks for no PIN."""
    partner = makers.make_partner(office)
    till = makers.make_terminal(office, partner)
    return make_street(office, partner, till, makers.make_card(office))


@pytest.fixture
def connect(office: Office) -> Iterator[Callable[[], psycopg.Connection]]:
    """Opens connections of the application's role, in autocommit; closed after the test."""
    opened: list[psycopg.Connection] = []

    def open_one() -> psycopg.Connection:
        connection = psycopg.connect(office.database_url, autocommit=True)
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def stop_clock(office: Office) -> Iterator[Callable[[datetime], None]]:
    """Stops the ledger's clock at an instant, for what must happen in that very second."""

    def stop(instant: datetime) -> None:
        with psycopg.connect(superuser_dsn(office)) as connection:
            connection.execute(
                "CREATE OR REPLACE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql"
                f" VOLATILE AS $$ SELECT timestamptz '{instant.isoformat()}' $$".encode()
            )
            connection.execute("UPDATE register_version SET version = version + 1")

    yield stop
    with psycopg.connect(superuser_dsn(office)) as connection:
        connection.execute((SQL_DIR / "demo" / "ledger_now.sql").read_bytes())
        connection.execute("ALTER FUNCTION ledger_now() OWNER TO cjeune_owner")
