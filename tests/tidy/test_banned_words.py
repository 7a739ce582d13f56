"""Words that have no place: layers as file names, promises in comments, second names for a thing.

One French term has one English word (GLOSSARY.md): a synonym in an identifier is a second house
style beginning. Identifiers are judged where we define them, never the names of a library.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

from tests.tidy.tree import PRODUCT, own_files, parsed, place, shown, sql_code

LAYERS = {
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "base",
    "service", "views",
}  # fmt: skip
PROMISES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
UNWRITTEN = "NotImplementedError"
MIGRATIONS = ("cardservice", "db", "migrations")
SLEEPS = re.compile(r"\btime\.sleep\(|\bfrom time import .*\bsleep\b")

# Synonym -> the word of the glossary. `statement` and `account` are absent on purpose: SQL has
# statements, and the ledger and the bank have accounts.
SYNONYMS = {
    "merchant": "partner",
    "shop": "partner or outlet",
    "pos": "terminal",
    "device": "terminal",
    "purse": "wallet",
    "refund": "reimbursement or regularisation",
    "slip": "remittance",
    "invoice": "remittance",
}
# Where a synonym is another thing's own name.
OTHER_THINGS: dict[tuple[str, str], str] = {
    ("tpe_client/printer/link.py", "_device"): "what python-escpos calls an open port",
}


def words_of(identifier: str) -> list[str]:
    """The lower-case words of a snake_case or CamelCase identifier, singular."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)
    return [word.lower() for word in words] + [word.lower().removesuffix("s") for word in words]


def synonyms_in(identifier: str) -> list[str]:
    return sorted(SYNONYMS.keys() & set(words_of(identifier)))


def defined_names(tree: ast.Module) -> Iterator[str]:
    """Every name a module gives: functions, classes, arguments, variables, attributes, columns, and
    what it calls the facts of a page."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg | ast.keyword) and node.arg is not None:
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif _names_a_column(node):
            yield str(node.args[0].value)


def _names_a_column(node: ast.AST) -> TypeGuard[Any]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Table", "Column", "identity", "instant")
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
    )


def sql_names(text: str) -> set[str]:
    without_strings = re.sub(r"'[^']*'", "", sql_code(text))
    return set(re.findall(r"[A-Za-z_]\w*", without_strings))


def promises_in(text: str) -> list[int]:
    lines = text.splitlines()
    return [number for number, line in enumerate(lines, 1) if PROMISES.search(line)]


def raises_unwritten(tree: ast.Module, *, except_in: str | None) -> bool:
    """Whether the module names NotImplementedError outside the function `except_in`."""
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == except_in
        for inner in ast.walk(node)
    }
    return any(
        isinstance(node, ast.Name) and node.id == UNWRITTEN and id(node) not in inside
        for node in ast.walk(tree)
    )


def is_this_folder(file: Path) -> bool:
    return place(file)[:2] == ("tests", "tidy")


def test_no_file_is_named_after_a_layer() -> None:
    found = [shown(file) for file in own_files() if file.stem in LAYERS]
    assert not found, "\n".join(found)


def test_nothing_is_promised_for_later() -> None:
    suffixes = (".py", ".sql", ".js", ".mjs", ".css", ".html", ".md", ".toml", ".sh", "")
    found = [
        f"{shown(file)}:{line}"
        for file in own_files(*suffixes)
        if not is_this_folder(file)
        for line in promises_in(file.read_text())
    ]
    assert not found, "\n".join(found)


def test_nothing_is_left_unwritten_but_the_way_back_of_a_migration() -> None:
    found = [
        shown(file)
        for file in own_files(".py")
        if raises_unwritten(
            parsed(file),
            except_in="downgrade" if place(file)[: len(MIGRATIONS)] == MIGRATIONS else None,
        )
        and not is_this_folder(file)
    ]
    assert not found, "\n".join(found)


def test_nobody_sleeps_and_hopes() -> None:
    found = [
        shown(file)
        for file in own_files(".py")
        if not is_this_folder(file) and SLEEPS.search(file.read_text())
    ]
    assert not found, "\n".join(found)


def test_identifiers_use_the_words_of_the_glossary() -> None:
    found = []
    for file in own_files(".py", ".sql", under=PRODUCT):
        names = (
            sql_names(file.read_text())
            if file.suffix == ".sql"
            else set(defined_names(parsed(file)))
        )
        for name in sorted({*names, file.stem}):
            for word in synonyms_in(name):
                if (shown(file), name) not in OTHER_THINGS:
                    found.append(f"{shown(file)}: {name}: {word} is {SYNONYMS[word]} here")
    assert not found, "\n".join(found)


def test_every_exception_is_still_needed() -> None:
    for path, name in OTHER_THINGS:
        text = next(file for file in own_files() if shown(file) == path).read_text()
        assert name in text, f"{path} no longer holds {name}"


def test_a_promise_is_seen() -> None:
    assert promises_in("fine\n# TODO: later\n") == [2]
    assert promises_in("XXXX XXXX XXXX XX, BDFEFRPPXXX") == []


def test_an_unwritten_function_is_seen() -> None:
    unwritten = ast.parse("def downgrade():\n    raise NotImplementedError('no')")
    assert raises_unwritten(unwritten, except_in=None)
    assert not raises_unwritten(unwritten, except_in="downgrade")


def test_a_sleep_is_seen() -> None:
    assert SLEEPS.search("time.sleep(1)")
    assert SLEEPS.search("from time import monotonic, sleep")
    assert not SLEEPS.search("await asyncio.sleep(0)")


def test_a_synonym_is_seen_but_not_a_word_that_holds_one() -> None:
    tree = ast.parse("class MerchantRow:\n    refunds_cents = 0\ndef f(device): ...\n")
    found = {word for name in defined_names(tree) for word in synonyms_in(name)}
    assert found == {"merchant", "refund", "device"}
    assert synonyms_in("payment_position_disposable") == []
    assert synonyms_in("stored_at") == []
    assert sql_names("SELECT purse -- slip\nFROM x WHERE y = 'invoice'") >= {"purse"}
    assert not {"slip", "invoice"} & sql_names("SELECT purse -- slip\nFROM x WHERE y = 'invoice'")
