"""GLOSSARY.md is the law of names: what it names exists, and every table is in it.

A row for something not built yet says "to come" where its table or class will stand; the day it
exists, the row must name it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from cardservice.db.sql_objects import sql_files
from cardservice.db.tables import metadata
from tests.tidy.tree import PRODUCT, ROOT, own_files, parsed

TO_COME = "to come"
# Bookkeeping of the vault itself, no term of the business.
UNNAMED_TABLES: set[str] = set()


@dataclass(frozen=True)
class Term:
    """A row: the users' word, our identifiers, and the tables or classes that carry it."""

    french: str
    identifiers: tuple[str, ...]
    objects: tuple[str, ...]
    to_come: bool


def terms_in(markdown: str) -> list[Term]:
    """The rows of four cells: French | identifier | table or class | meaning."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in markdown.splitlines()
        if line.startswith("|")
    ]
    return [
        Term(cells[0], _code(cells[1]), _code(cells[2]), TO_COME in cells[2])
        for cells in rows
        if len(cells) == 4 and not set(cells[0]) <= set("-: ") and cells[1] != "Identifier"
    ]


def problems_of(term: Term, known: set[str]) -> list[str]:
    if not term.identifiers:
        return [f"{term.french}: no identifier"]
    if term.to_come:
        return [
            f"{term.french}: {name} exists, it is no longer to come"
            for name in term.identifiers
            if name in known
        ]
    missing = [f"{term.french}: {name} is nowhere" for name in term.objects if name not in known]
    return missing if term.objects else [f"{term.french}: names no table or class"]


def known_objects() -> set[str]:
    """Tables, SQL objects, classes, and names given at the top of a module."""
    known = set(metadata.tables) | {file.stem for file in sql_files()}
    for file in own_files(".py", under=PRODUCT):
        for node in parsed(file).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                known.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                known.add(node.target.id)
            elif isinstance(node, ast.Assign):
                known.update(t.id for t in node.targets if isinstance(t, ast.Name))
    return known


def _code(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


def the_glossary() -> list[Term]:
    return terms_in((ROOT / "GLOSSARY.md").read_text())


def test_every_term_names_a_table_or_class_that_exists() -> None:
    known = known_objects()
    found = [problem for term in the_glossary() for problem in problems_of(term, known)]
    assert not found, "\n".join(found)


def test_every_table_is_in_the_glossary() -> None:
    named = {name for term in the_glossary() for name in term.objects}
    assert sorted(set(metadata.tables) - named - UNNAMED_TABLES) == []


def test_no_term_has_two_rows() -> None:
    identifiers = [name for term in the_glossary() for name in term.identifiers]
    assert sorted({name for name in identifiers if identifiers.count(name) > 1}) == []


def test_a_term_without_its_object_is_seen() -> None:
    rows = terms_in(
        "| French | Identifier | Table or class | Meaning |\n"
        "|---|---|---|---|\n"
        "| carte | `card` | `card` | plastic |\n"
        "| bourse | `purse` | `purse` | wrong |\n"
        "| bon plan | `deal` | to come | a reduction |\n"
        "| rien | `nothing` | | no object |\n"
    )
    assert [term.french for term in rows] == ["carte", "bourse", "bon plan", "rien"]
    found = [problem for term in rows for problem in problems_of(term, {"card", "deal"})]
    assert found == [
        "bourse: purse is nowhere",
        "bon plan: deal exists, it is no longer to come",
        "rien: names no table or class",
    ]
