"""What a repository may hold: our own text. No copies of others' work, no place of one machine.

Libraries come by name from hash-locked lists; where from is the setting of each machine.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.tidy.tree import BINARY, ROOT, own_files, place, shown

LOCKS = ("requirements/run.txt", "requirements/terminal.txt", "requirements/dev.txt")

FOREIGN_FOLDERS = {"node_modules", "vendor", "third_party", "site-packages", "dist", "build"}
FOREIGN_SUFFIXES = {
    ".whl", ".jar", ".so", ".dll", ".dylib", ".exe", ".wasm", ".woff", ".woff2", ".ttf", ".otf",
    ".zip", ".gz", ".xz", ".tar", ".deb", ".map", ".xsd",
}  # fmt: skip
FOREIGN_NOTICE = re.compile(
    r"(?im)^\W*(@license\b|SPDX-License|copyright\s+(\(c\)|©)|licensed under the )"
)
LONGEST_LINE = 1_000

# Written so that this very line is no hit.
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(root|home|work|opt|Users|mnt)/\w")
REGISTRIES = re.compile(
    r"pypi\.(org|python)|pythonhosted\.|registry\.npm|npmjs\.|yarnpkg\.|jsdelivr|unpkg\.com"
    r"|cdnjs|deb\.debian|archive\.ubuntu|proxy\.golang|crates\.io|rubygems"
)


def is_foreign(parts: tuple[str, ...]) -> bool:
    name = parts[-1]
    return (
        bool(FOREIGN_FOLDERS & set(parts[:-1]))
        or Path(name).suffix in FOREIGN_SUFFIXES
        or ".min." in name
    )


def is_minified(text: str) -> bool:
    return any(len(line) > LONGEST_LINE for line in text.splitlines())


def unhashed(lock: str) -> list[str]:
    """The requirements of a lock that no hash follows."""
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", lock))
    return [
        entry.split()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry
    ]


def texts() -> list[tuple[Path, str]]:
    return [(file, file.read_text()) for file in own_files() if file.suffix not in BINARY]


def test_no_file_is_somebody_elses() -> None:
    found = [shown(file) for file in own_files() if is_foreign(place(file))]
    assert not found, "\n".join(found)


def test_git_keeps_no_file_that_is_somebody_elses() -> None:
    """What is kept, whatever is ignored: an ignore rule that misses would hide a copy from us."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    kept = [Path(name).parts for name in listed.stdout.split("\0") if name]
    assert len(kept) > 100
    assert ["/".join(parts) for parts in kept if is_foreign(parts)] == []


def test_no_file_carries_somebody_elses_notice() -> None:
    found = [shown(file) for file, text in texts() if FOREIGN_NOTICE.search(text)]
    assert not found, "\n".join(found)


def test_every_source_file_can_be_read_by_a_person() -> None:
    found = [
        shown(file)
        for file in own_files(".js", ".mjs", ".css", ".html", ".py", ".sql", ".svg")
        if is_minified(file.read_text())
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_carries_a_hash_for_each_package_and_no_address(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert len(re.findall(r"(?m)^[\w.\[\]-]+==", lock)) > 20
    assert unhashed(lock) == []
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock


def test_every_wish_is_locked() -> None:
    """A package named in a .in file and not in its lock would never be installed."""
    for name in LOCKS:
        wishes = (ROOT / name).with_suffix(".in").read_text().splitlines()
        lock = (ROOT / name).read_text()
        for wish in wishes:
            package = re.split(r"[\[<>=#; ]", wish)[0]
            if package and not wish.startswith("-"):
                assert re.search(rf"(?mi)^{re.escape(package)}(\[[\w,]+\])?==", lock), wish


def test_no_file_names_a_place_of_one_machine() -> None:
    found = [
        f"{shown(file)}:{number}"
        for file, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_file_names_a_registry() -> None:
    found = [
        shown(file)
        for file, text in texts()
        if place(file)[:2] != ("tests", "tidy") and REGISTRIES.search(text)
    ]
    assert not found, "\n".join(found)


def test_a_foreign_file_is_seen() -> None:
    assert is_foreign(("partner_portal", "static", "vendor", "reader.js"))
    assert is_foreign(("static", "jquery.min.js"))
    assert is_foreign(("fonts", "Inter.woff2"))
    assert not is_foreign(("cardservice", "db", "rights.sql"))
    assert FOREIGN_NOTICE.search("/*!\n * @license MIT */")
    assert FOREIGN_NOTICE.search("# Copyright (c) 2019 Somebody Else")
    assert not FOREIGN_NOTICE.search("the copyright of a photo is its author's")
    assert is_minified("var a=1;" * 200)


def test_an_unhashed_requirement_is_seen() -> None:
    lock = "# made\na==1 \\\n    --hash=sha256:00\n    # via b\nb==2\n    # via x\n"
    assert unhashed(lock) == ["b==2"]


def test_a_place_of_one_machine_is_seen() -> None:
    for top in ("root", "home", "work", "opt", "Users"):
        assert MACHINE_PATH.search(f"bin = '/{top}/somebody/bin'")
    assert not MACHINE_PATH.search("the page /partner/home/today")
    assert not MACHINE_PATH.search("./work/today and ${HOME}/work/x")
    assert REGISTRIES.search("pip install -i https://pypi." + "org/simple")
