"""Files and functions stay small enough to be read in one sitting (house rule 2).

A SQL function stands in a file of its own: the file's limit is its limit.
"""

from __future__ import annotations

import ast

from tests.tidy.tree import own_files, parsed, place, shown

MOST_LINES = 400
MOST_LINES_OF_TESTS = 600
MOST_LINES_OF_A_FUNCTION = 60

# Written by Alembic, read once: a migration makes all its tables in one function.
GENERATED = ("cardservice", "db", "migrations", "versions")


def too_long(text: str, most: int) -> bool:
    return len(text.splitlines()) > most


def long_functions(tree: ast.Module) -> list[str]:
    return [
        f"{node.name} has {_lines(node)} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _lines(node) > MOST_LINES_OF_A_FUNCTION
    ]


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_longer_than_its_limit() -> None:
    found = []
    for file in own_files(".py", ".sql", ".js", ".mjs", ".css", ".html"):
        most = MOST_LINES_OF_TESTS if place(file)[0] == "tests" else MOST_LINES
        if too_long(file.read_text(), most):
            found.append(f"{shown(file)}: more than {most} lines")
    assert not found, "\n".join(found)


def test_no_function_is_longer_than_its_limit() -> None:
    found = [
        f"{shown(file)}: {finding}"
        for file in own_files(".py")
        if place(file)[: len(GENERATED)] != GENERATED
        for finding in long_functions(parsed(file))
    ]
    assert not found, "\n".join(found)


def test_a_file_of_one_line_too_many_is_seen() -> None:
    assert not too_long("x\n" * 400, MOST_LINES)
    assert too_long("x\n" * 401, MOST_LINES)


def test_a_function_of_one_line_too_many_is_seen() -> None:
    def function_of(lines: int) -> ast.Module:
        return ast.parse("def story():\n" + "    pass\n" * (lines - 1))

    assert long_functions(function_of(60)) == []
    assert long_functions(function_of(61)) == ["story has 61 lines"]
