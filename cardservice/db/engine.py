"""The engines of the product, and the only place where work is committed.

The law: money calls run in AUTOCOMMIT, one statement being one transaction. So do the pages that
are answered on the event loop: they only look, and what their door keeps of a session (when it was
last seen, that it has ended) is one statement. Everything else runs in a `unit_of_work`, which
commits as a whole or not at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from math import inf
from time import monotonic
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# A request that cannot get its lock in this time ends as "unavailable" and stores nothing.
SERVING = "-c lock_timeout=2s -c statement_timeout=6s -c idle_in_transaction_session_timeout=10s"
# Long work (imports, clearing) may take its time, but holds no idle transaction for long.
WORKING = "-c idle_in_transaction_session_timeout=15min"

# What has answered so shortly before is there.
_ASKED_AFTER_SECONDS: Final = 1.0

DURABILITY = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class NotDurable(Exception):
    """The server could acknowledge a debit and lose it: the service refuses to start."""


def make_engine(url: str, *, serving: bool, pool_size: int = 8) -> Engine:
    """A synchronous engine for a libpq URL; `serving` bounds every wait."""
    return create_engine(
        _driver(url),
        pool_size=pool_size,
        max_overflow=32 if serving else 4,
        pool_timeout=5,
        # A connection that died with its server is replaced before it is used, not told to a till.
        pool_pre_ping=serving,
        # An error that reaches a log must not carry a name, a PIN or an IBAN with it.
        hide_parameters=True,
        connect_args=_connect_args(serving=serving),
    )


def make_lane_engine(url: str, lanes: int) -> AsyncEngine:
    """The asynchronous AUTOCOMMIT engine of the group-commit lanes: one connection for each."""
    return create_async_engine(
        _driver(url),
        isolation_level="AUTOCOMMIT",
        pool_size=lanes,
        max_overflow=2,
        pool_reset_on_return=None,
        hide_parameters=True,
        connect_args={**_connect_args(serving=True), "prepare_threshold": 0},
    )


def make_page_engine(url: str) -> AsyncEngine:
    """The asynchronous AUTOCOMMIT engine of the pages that are answered on the event loop
    (webkit/doors.py): each asks for a few milliseconds, so that a few connections serve them all,
    and a rush of pages never takes the whole loop from the tills. In a rush pages come late, as
    they would wait for a thread; a server that is away is told at once."""
    engine = create_async_engine(
        _driver(url),
        isolation_level="AUTOCOMMIT",
        pool_size=8,
        max_overflow=0,
        pool_timeout=60,
        pool_reset_on_return=None,
        hide_parameters=True,
        connect_args=_connect_args(serving=True),
    )
    _ask_who_has_rested(engine.sync_engine)
    return engine


def _ask_who_has_rested(engine: Engine) -> None:
    """A connection that has rested is asked whether its server still lives before it is used; when
    it does not answer, it and all that rest beside it are replaced. `pool_pre_ping` asks one that
    has just answered too: a trip for every page."""

    @event.listens_for(engine, "checkin")
    def rests(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def is_asked(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if monotonic() - record.info.get("rests_since", inf) <= _ASKED_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as away:
            # The others rest on the same server.
            raise InvalidatePoolError from away


@contextlib.contextmanager
def unit_of_work(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    with engine.begin() as connection:
        yield connection


def assert_durable(engine: Engine) -> None:
    """Raises NotDurable unless the server keeps what it acknowledges."""
    with unit_of_work(engine) as connection:
        for name, wanted in DURABILITY.items():
            found = connection.execute(text("SELECT current_setting(:name)"), {"name": name})
            value = found.scalar_one()
            if value != wanted:
                raise NotDurable(f"PostgreSQL runs with {name}={value}; it must be {wanted}")


def _driver(url: str) -> str:
    scheme, _, rest = url.partition("://")
    assert scheme in ("postgresql", "postgres"), "a libpq URL begins with postgresql://"
    return f"postgresql+psycopg://{rest}"


def _connect_args(*, serving: bool) -> dict[str, Any]:
    return {
        "options": SERVING if serving else WORKING,
        "connect_timeout": 5,
        "application_name": "cjeune",
    }
