"""What the documents point at exists: files, make targets, settings.

A document that sends its reader to a file that has moved is worse than none.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.tidy.tree import PRODUCT, ROOT, own_files, shown

VARIABLE = re.compile(r"\bCJEUNE_[A-Z_]+[A-Z]\b")
# Read by psql, in deploy/postgresql/roles.sql.
OF_OTHERS = {
    "CJEUNE_OWNER_PASSWORD", "CJEUNE_APP_PASSWORD", "CJEUNE_SCAN_FOLDER",
    "CJEUNE_SCAN_SCHEME_NAME", "CJEUNE_SCAN_ASSISTANCE_PHONE", "CJEUNE_TPE_SERVER"
}  # fmt: skip

TOPS = (
    *(f"{package}/" for package in PRODUCT),
    "tests/", "docs/", "deploy/", "requirements/", "sql/", ".ci/",
)  # fmt: skip
SQL = ROOT / "cardservice" / "db" / "sql"

# C53, not C99-000001 nor DC53.
REQUIREMENT = re.compile(r"(?<![\w-])C([1-9]\d{0,2})(?![\w-])")
REQUIREMENTS = ROOT / "docs" / "requirements.md"


def paths_named(markdown: str) -> list[str]:
    """The `paths` of a text that lie in the repository; patterns and placeholders are none."""
    named = re.findall(r"`([\w./-]+)`", markdown)
    return [path for path in named if path.startswith(TOPS) and "NNNN" not in path]


def is_there(path: str) -> bool:
    home = SQL.parent if path.startswith("sql/") else ROOT
    return (home / path).exists()


def targets_named(markdown: str) -> set[str]:
    return set(re.findall(r"\bmake ([a-z]+)\b(?=[`\n #]|$)", "\n".join(_code(markdown))))


def variables_in(text: str) -> set[str]:
    return set(VARIABLE.findall(text))


def requirements_in(text: str) -> set[int]:
    return {int(number) for number in REQUIREMENT.findall(text)}


def requirements_listed(markdown: str) -> set[int]:
    """The numbers of the list's rows; one row may stand for « C78 to C98 »."""
    rows = re.findall(r"(?m)^\| C(\d+)(?: to C(\d+))? \|", markdown)
    return {number for first, last in rows for number in range(int(first), int(last or first) + 1)}


def _code(markdown: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", markdown, re.DOTALL)
    return [*blocks, *(f"{span}`" for span in re.findall(r"`([^`\n]+)`", markdown))]


def documents() -> list[Path]:
    return own_files(".md")


def test_every_path_that_a_document_names_exists() -> None:
    found = [
        f"{shown(file)}: {path}"
        for file in documents()
        for path in paths_named(file.read_text())
        if not is_there(path)
    ]
    assert not found, "\n".join(found)


def test_every_command_that_a_document_names_is_a_target() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    found = [
        f"{shown(file)}: make {target}"
        for file in documents()
        for target in targets_named(file.read_text())
        if target not in targets
    ]
    assert not found, "\n".join(found)


def test_the_readme_lists_the_settings_and_only_them() -> None:
    settings = variables_in((ROOT / "cardservice" / "settings.py").read_text())
    assert variables_in((ROOT / "README.md").read_text()) - OF_OTHERS == settings


def test_decisions_are_numbered_without_a_gap_and_name_what_holds_them() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").iterdir())
    assert [file.name[:4] for file in decisions] == [
        f"{number:04d}" for number in range(1, len(decisions) + 1)
    ]
    for file in decisions:
        text = file.read_text()
        assert "**Held by**" in text and "tests/" in text.split("**Held by**")[1], file.name
        assert len(text.splitlines()) <= 45, f"{file.name} is more than one screen"


def test_every_requirement_that_is_cited_is_in_the_list() -> None:
    listed = requirements_listed(REQUIREMENTS.read_text())
    found = [
        f"{shown(file)}: C{number}"
        for file in own_files(".py", ".sql", ".md", ".html", ".js")
        for number in sorted(requirements_in(file.read_text()) - listed)
    ]
    assert not found, "\n".join(found)


def test_a_requirement_is_seen_by_its_whole_number() -> None:
    assert requirements_in("C53, (C60); C99-000001, DC5, C7x, 0xC12") == {53, 60}
    assert requirements_listed("| C1 | a | – | – |\n| C78 to C80 | b | – | – |") == {1, 78, 79, 80}


def test_a_path_that_leads_nowhere_is_seen() -> None:
    text = "see `cardservice/db/engine.py`, `cardservice/nowhere.py` and `sql/rights.sql`"
    assert [path for path in paths_named(text) if not is_there(path)] == ["cardservice/nowhere.py"]


def test_a_command_that_is_none_is_seen() -> None:
    assert targets_named("Run `make nonsense`.\n```sh\nmake demo    # x\n```\n") == {
        "nonsense",
        "demo",
    }
    assert targets_named("to make sure") == set()


def test_a_setting_is_seen_by_its_whole_name() -> None:
    assert variables_in("`CJEUNE_HOST`, CJEUNE_DEBTOR_BIC and XCJEUNE_PORT") == {
        "CJEUNE_HOST",
        "CJEUNE_DEBTOR_BIC",
    }
