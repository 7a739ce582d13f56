"""Every SQL file is applied, holds the object it is named after, and that object is used.

A function that nobody calls is a second road that nobody tests.
"""

from __future__ import annotations

import re
from pathlib import Path

from cardservice.db.sql_objects import SQL_DIR, sql_files
from tests.tidy.tree import PRODUCT, literals, own_files, parsed, shown, sql_code

DEMO = SQL_DIR / "demo" / "ledger_now.sql"
CREATES = {
    "functions": r"CREATE OR REPLACE FUNCTION {name}\(",
    "types": r"CREATE TYPE {name}\b",
    "triggers": r"CREATE (OR REPLACE|CONSTRAINT) TRIGGER {name}\b",
    "views": r"CREATE OR REPLACE VIEW {name}\b",
}


def creates_its_name(folder: str, name: str, sql: str) -> bool:
    return re.search(CREATES[folder].format(name=re.escape(name)), sql) is not None


def uses(sql: str, function: str) -> bool:
    """Whether this SQL calls a function, or hangs it on a trigger."""
    without_creation = re.sub(rf"CREATE OR REPLACE FUNCTION {function}\(", "", sql)
    return re.search(rf"\b{function}\s*\(", without_creation) is not None


def sql_in_python() -> str:
    return "\n".join(
        str(node.value)
        for file in own_files(".py", under=PRODUCT)
        for node in literals(parsed(file))
    )


def unused(functions: dict[str, str], elsewhere: str) -> list[str]:
    """Of functions (name -> its own SQL), those that nothing but themselves calls."""
    return [
        name
        for name in functions
        if not uses(elsewhere, name)
        and not any(uses(sql, name) for other, sql in functions.items() if other != name)
    ]


def test_every_sql_file_is_applied() -> None:
    applied = {*sql_files(), DEMO}
    assert {file for file in SQL_DIR.rglob("*.sql")} == applied


def test_every_sql_file_holds_the_object_it_is_named_after() -> None:
    found = [
        shown(file)
        for file in sql_files()
        if file.parent != SQL_DIR
        and not creates_its_name(file.parent.name, file.stem, sql_code(file.read_text()))
    ]
    assert not found, "\n".join(found)


def test_every_sql_function_is_called() -> None:
    def code(file: Path) -> str:
        return sql_code(file.read_text())

    functions = {file.stem: code(file) for file in sorted((SQL_DIR / "functions").glob("*.sql"))}
    others = [
        code(file) for folder in ("triggers", "views") for file in (SQL_DIR / folder).iterdir()
    ]
    assert unused(functions, "\n".join([*others, sql_in_python()])) == []


def test_a_function_that_only_calls_itself_is_seen() -> None:
    functions = {
        "lonely": "CREATE OR REPLACE FUNCTION lonely() AS $$ SELECT lonely() $$",
        "called": "CREATE OR REPLACE FUNCTION called() AS $$ SELECT 1 $$",
        "hung": "CREATE OR REPLACE FUNCTION hung() RETURNS trigger",
        "caller": "CREATE OR REPLACE FUNCTION caller() AS $$ SELECT called () $$",
    }
    assert unused(functions, "FOR EACH ROW EXECUTE FUNCTION hung();") == ["lonely", "caller"]


def test_a_file_with_another_object_in_it_is_seen() -> None:
    assert creates_its_name("functions", "debit", "CREATE OR REPLACE FUNCTION debit(")
    assert not creates_its_name("functions", "debit", "CREATE OR REPLACE FUNCTION debit_many(")
    assert not creates_its_name("views", "debit", "CREATE OR REPLACE FUNCTION debit(")
