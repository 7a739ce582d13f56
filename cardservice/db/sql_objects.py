"""Applies the SQL objects (types, functions, triggers, views, rights), one file each.

The law: what runs in the database is what lies in `sql/`; a digest of every applied file is kept
beside, and a test compares both.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import Connection, text

SQL_DIR = Path(__file__).parent / "sql"
FOLDERS = ("types", "functions", "triggers", "views")


def sql_files() -> list[Path]:
    """Every SQL file of a real database, in the order in which they are applied."""
    files = [file for folder in FOLDERS for file in sorted((SQL_DIR / folder).glob("*.sql"))]
    return [*files, SQL_DIR / "rights.sql"]


def apply_sql_objects(connection: Connection) -> None:
    """Makes the database's objects those of the files; runs as the owning role.

    A demo or test database keeps its movable clock, which replaces the real one.
    """
    connection.execute(
        text("CREATE TABLE IF NOT EXISTS sql_object (path text PRIMARY KEY, sha256 text NOT NULL)")
    )
    for file in (SQL_DIR / "types").glob("*.sql"):
        connection.execute(text(f"DROP TYPE IF EXISTS {file.stem} CASCADE"))
    for file in sql_files():
        _apply(connection, file)
    if connection.execute(text("SELECT to_regclass('demo_clock')")).scalar_one():
        install_demo_clock(connection)


def install_demo_clock(connection: Connection) -> None:
    """Gives a demo or test database the clock that `cjeune demo clock` moves."""
    _run(connection, SQL_DIR / "demo" / "ledger_now.sql")


def applied_digests(connection: Connection) -> dict[str, str]:
    """Path of each applied file -> SHA-256 of what was applied."""
    return {
        path: digest
        for path, digest in connection.execute(text("SELECT path, sha256 FROM sql_object"))
    }


def file_digest(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _apply(connection: Connection, file: Path) -> None:
    _run(connection, file)
    connection.execute(
        text(
            "INSERT INTO sql_object VALUES (:path, :sha256)"
            " ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256"
        ),
        {"path": str(file.relative_to(SQL_DIR)), "sha256": file_digest(file)},
    )


def _run(connection: Connection, file: Path) -> None:
    """The driver's own cursor without parameters: a percent sign in SQL is just a percent sign."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(file.read_text())
