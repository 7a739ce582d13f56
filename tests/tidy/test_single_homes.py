"""What must have one home: the clock, the commit, the environment, and money that is never a float.

Each exception is one line with its reason; one that is no longer needed fails.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tidy.tree import PRODUCT, literals, own_files, parsed, shown, sql_code

FLOATS = {
    "cardservice/adapters/card_sheet.py": "a width on paper, in points",
    "clearing/documents/pdf_text.py": "a width on paper, in points",
}
CLOCKS = {"api_client/wall_clock.py": "a terminal has a clock of its own, and no database to ask"}
COMMITS: dict[str, str] = {}
BEGINNINGS = {"cardservice/db/engine.py": "unit_of_work, the one place that commits"}
ENVIRONMENTS = {"cardservice/settings.py": "the one place that reads configuration"}
SQL_CLOCKS = {
    "cardservice/db/sql/functions/ledger_now.sql": "the one clock",
    "cardservice/db/sql/demo/ledger_now.sql": "the one clock, moved, of a demo database",
    "cardservice/db/queries/clock.py": "wall_seconds: authenticators run on the real clock",
}

# Frozen at the start of the transaction, or a second clock beside ledger_now().
FROZEN_CLOCK = re.compile(
    r"(?<!\w)(now\s*\(\s*\)|(transaction|statement)_timestamp\s*\(|current_timestamp\b"
    r"|current_date\b|current_time\b|localtime(stamp)?\b)",
    re.IGNORECASE,
)
MOVING_CLOCK = re.compile(r"\bclock_timestamp\s*\(|\btimeofday\s*\(", re.IGNORECASE)


def calls(tree: ast.Module) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def makes_floats(tree: ast.Module) -> bool:
    return any(isinstance(c.func, ast.Name) and c.func.id == "float" for c in calls(tree))


def reads_a_clock(tree: ast.Module) -> bool:
    """datetime.now, .utcnow, .today, date.today, time.time: the machine's own idea of the time."""
    return any(
        isinstance(c.func, ast.Attribute)
        and (c.func.attr, _owner(c.func.value))
        in {
            ("now", "datetime"), ("utcnow", "datetime"), ("today", "datetime"),
            ("today", "date"), ("time", "time"), ("time_ns", "time"),
        }
        for c in calls(tree)
    )  # fmt: skip


def calls_method(tree: ast.Module, name: str) -> bool:
    return any(isinstance(c.func, ast.Attribute) and c.func.attr == name for c in calls(tree))


def commits(tree: ast.Module) -> bool:
    return calls_method(tree, "commit")


def begins(tree: ast.Module) -> bool:
    return calls_method(tree, "begin")


def reads_the_environment(tree: ast.Module) -> bool:
    """`{**os.environ, …}` hands the environment on to a child process and reads nothing."""
    handed_on = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if key is None
    }
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in ("environ", "environb", "getenv")
        and _owner(node.value) == "os"
        and id(node) not in handed_on
        for node in ast.walk(tree)
    ) or any(
        isinstance(node, ast.ImportFrom)
        and node.module == "os"
        and {"environ", "getenv"} & {alias.name for alias in node.names}
        for node in ast.walk(tree)
    )


def sql_of(file: Path) -> str:
    """The SQL of a file: all of a .sql file, the string literals of a Python file."""
    if file.suffix == ".sql":
        return sql_code(file.read_text())
    return "\n".join(str(node.value) for node in literals(parsed(file)))


def _owner(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


PYTHON_LAWS: list[tuple[str, Callable[[ast.Module], bool], tuple[str, ...], dict[str, str]]] = [
    ("money is whole cents: no float(", makes_floats, PRODUCT, FLOATS),
    ("the clock is ledger_now()", reads_a_clock, (), CLOCKS),
    ("nobody commits by hand", commits, PRODUCT, COMMITS),
    ("transactions begin in unit_of_work", begins, PRODUCT, BEGINNINGS),
    ("configuration is read in settings.py", reads_the_environment, PRODUCT, ENVIRONMENTS),
]


@pytest.mark.parametrize(("law", "breaks", "under", "homes"), PYTHON_LAWS)
def test_each_of_these_has_one_home_in_python(
    law: str, breaks: Callable[[ast.Module], bool], under: tuple[str, ...], homes: dict[str, str]
) -> None:
    breaking = {shown(file) for file in own_files(".py", under=under) if breaks(parsed(file))}
    assert breaking - homes.keys() == set(), law
    assert homes.keys() - breaking == set(), f"exceptions nobody needs any more ({law})"


def test_sql_asks_no_clock_that_stands_still() -> None:
    # A migration's server default may: it dates a row for the operator, no rule reads it.
    found = [
        shown(file)
        for file in own_files(".sql", ".py", under=PRODUCT)
        if "migrations" not in file.parts and FROZEN_CLOCK.search(sql_of(file))
    ]
    assert not found, "\n".join(found)


def test_migrations_use_a_clock_for_server_defaults_alone() -> None:
    found = [
        f"{shown(file)}: {line.strip()}"
        for file in own_files(".py", under=PRODUCT)
        if "versions" in file.parts
        for line in file.read_text().splitlines()
        if FROZEN_CLOCK.search(line) and "server_default=" not in line
    ]
    assert not found, "\n".join(found)


def test_only_the_one_clock_reads_the_time_in_sql() -> None:
    reading = {
        shown(file)
        for file in own_files(".sql", ".py", under=PRODUCT)
        if MOVING_CLOCK.search(sql_of(file))
    }
    assert reading == SQL_CLOCKS.keys()


@pytest.mark.parametrize(
    ("breaks", "bad", "good"),
    [
        (makes_floats, "cents = float('10.55')", "x: float = seconds"),
        (reads_a_clock, "at = datetime.now(UTC)", "at = ledger_now(connection)"),
        (reads_a_clock, "at = datetime.datetime.utcnow()", "at = clock.now()"),
        (reads_a_clock, "day = date.today()", "day = paris_today(connection)"),
        (reads_a_clock, "t = time.time()", "t = time.monotonic()"),
        (commits, "connection.commit()", "commit = 1"),
        (begins, "with engine.begin() as c: pass", "with unit_of_work(engine) as c: pass"),
        (reads_the_environment, "x = os.environ['HOME']", "x = settings.host"),
        (reads_the_environment, "x = os.getenv('HOME')", "os.getpid()"),
        (reads_the_environment, "x = {'a': os.environ['A']}", "x = {**os.environ, 'A': 'b'}"),
        (reads_the_environment, "from os import environ", "from os import getpid"),
    ],
)
def test_a_second_home_is_seen(breaks: Callable[[ast.Module], bool], bad: str, good: str) -> None:
    assert breaks(ast.parse(bad))
    assert not breaks(ast.parse(good))


@pytest.mark.parametrize(
    "bad", ["SELECT now()", "x := NOW ( );", "SELECT current_date", "VALUES (CURRENT_TIMESTAMP)"]
)
def test_a_still_clock_is_seen_in_sql(bad: str) -> None:
    assert FROZEN_CLOCK.search(bad)
    assert not FROZEN_CLOCK.search("SELECT ledger_now(), t.current_dates")
    assert not FROZEN_CLOCK.search(sql_code("-- clock_timestamp(), not now()"))
    assert MOVING_CLOCK.search("SELECT clock_timestamp()")
