"""Brings a database to the shape this version needs: roles, tables, SQL objects, first rows.

The law: running it again changes nothing, and it never touches an operation.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from cardservice.db.embedded import PrivateServer
from cardservice.db.engine import make_engine, unit_of_work
from cardservice.db.sql_objects import apply_sql_objects, install_demo_clock

OWNER = "cjeune_owner"
APPLICATION = "cjeune_app"
DATABASE = "cjeune"


def prepare_private_database(server: PrivateServer) -> None:
    """Roles and database on the private server; on a server of your own the DBA makes them
    (deploy/postgresql/roles.sql)."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        for role in (OWNER, APPLICATION):
            found = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
            if not found.rowcount:
                connection.execute(f"CREATE ROLE {role} LOGIN")
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
        if not found.rowcount:
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")


def upgrade_database(owner_url: str, *, movable_clock: bool = False) -> None:
    """Migrations, then SQL objects, then the rows that must exist; one transaction.

    `movable_clock` makes a demo or test database; it can only be asked for an empty one.
    """
    engine = make_engine(owner_url, serving=False, pool_size=1)
    try:
        with unit_of_work(engine) as connection:
            _migrate(connection)
            if movable_clock:
                _refuse_to_move_a_real_clock(connection)
            apply_sql_objects(connection)
            if movable_clock:
                # After the functions: its trigger calls one of them.
                install_demo_clock(connection)
            _first_rows(connection)
    finally:
        engine.dispose()


def is_up_to_date(engine: Engine) -> bool:
    """Whether the tables are there at all; a start on an empty database says what to run."""
    with unit_of_work(engine) as connection:
        found = connection.execute(text("SELECT to_regclass('sql_object')")).scalar_one()
    return found is not None


def alembic_config(connection: Connection) -> Config:
    """Alembic over this very connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _migrate(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


def _refuse_to_move_a_real_clock(connection: Connection) -> None:
    has_clock = connection.execute(text("SELECT to_regclass('demo_clock')")).scalar_one()
    used = connection.execute(text("SELECT EXISTS (SELECT FROM operation)")).scalar_one()
    if used and not has_clock:
        raise PermissionError("this database holds real operations: its clock cannot be moved")


def _first_rows(connection: Connection) -> None:
    connection.execute(
        text(
            "INSERT INTO register_version VALUES (1, 1) ON CONFLICT DO NOTHING;"
            "INSERT INTO open_day VALUES (1, '2023-09-01') ON CONFLICT DO NOTHING"
        )
    )
