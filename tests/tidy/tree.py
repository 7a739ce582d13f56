"""The repository's own files, as every tidy check sees them.

Tracked or not yet: a check must speak before the commit. What `.gitignore` leaves out is left out
here too, read from that very file, so that the two lists cannot part.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = (
    "cardservice", "clearing", "partner_portal", "youth_portal", "department_desk", "api_client",
    "scanner", "tpe_client",
)  # fmt: skip
BINARY = {".png", ".jpg", ".jpeg", ".webp", ".pdf", ".gz", ".ico"}


def own_files(*suffixes: str, under: tuple[str, ...] = ()) -> list[Path]:
    """Every file of ours, sorted; only these suffixes, only under these top folders, if given."""
    found = [
        file
        for file in _walk(ROOT, _ignored())
        if (not suffixes or file.suffix in suffixes) and (not under or place(file)[0] in under)
    ]
    return sorted(found)


def place(file: Path) -> tuple[str, ...]:
    """The parts of a file's path inside the repository."""
    return file.relative_to(ROOT).parts


def shown(file: Path) -> str:
    """A file's path as a finding names it."""
    return file.relative_to(ROOT).as_posix()


def parsed(file: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(file.read_text(), filename=str(file))


def literals(tree: ast.Module) -> Iterator[ast.Constant]:
    """The string literals of a module, pieces of f-strings among them, docstrings excepted."""
    docstrings = {id(node) for node in _docstrings(tree)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in docstrings:
            continue
        if isinstance(node.value, str):
            yield node


def sql_code(text: str) -> str:
    """SQL without its comments; line numbers stay."""
    return re.sub(r"--[^\n]*", "", text)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Any bare string statement: of a module, class or function, or under a field."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _ignored() -> set[str]:
    lines = (ROOT / ".gitignore").read_text().split()
    return {line.strip("/") for line in lines if not line.startswith("#")} | {".git"}


def _walk(folder: Path, ignored: set[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(path.match(pattern) for pattern in ignored) or path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path, ignored)
        else:
            yield path
