"""What a test of cjeune-scan needs: the program as its user starts it, and a real service.

- `service`  a service on a free port over the office of tests/conftest.py, emptied for each test
- `card`     an active card; `makers.PIN` is its holder's PIN
- `post`     a folder with the key of an active terminal that asks for no PIN
- `scan`     runs `cjeune-scan …` to its end, `console` under a terminal where a person answers
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api_client.key_file import TerminalKey, write_key_file
from cardservice.wiring import Office
from tests import makers
from tests.scanner.program import Console, Ended, run
from tests.terminals.conftest import Service, opened_service


@pytest.fixture(scope="session")
def shared_service(instance: Office) -> Iterator[Service]:
    with opened_service(instance) as service:
        yield service


@pytest.fixture
def service(shared_service: Service, office: Office) -> Service:
    assert shared_service.office is office
    return shared_service


@pytest.fixture
def card(service: Service) -> makers.HeldCard:
    return makers.make_card(service.office)


@pytest.fixture
def make_post(service: Service, tmp_path: Path) -> Callable[..., Path]:
    """Folders of posts whose terminal is made as the arguments say."""

    def make(**fields: object) -> Path:
        till = makers.make_terminal(service.office, kind="reader", **fields)  # type: ignore[arg-type]
        folder = tmp_path / till.public_id
        key = TerminalKey(service.base_url, till.public_id, till.key)
        write_key_file(folder / "terminal.json", key)
        return folder

    return make


@pytest.fixture
def post(make_post: Callable[..., Path]) -> Path:
    return make_post()


@pytest.fixture
def scan(tmp_path: Path) -> Callable[..., Ended]:
    def start(*arguments: str, folder: Path | None = None, **options: object) -> Ended:
        return run(*arguments, folder=folder or tmp_path / "new", **options)  # type: ignore[arg-type]

    return start


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Callable[..., Console]]:
    with contextlib.ExitStack() as opened:

        def start(*arguments: str, folder: Path | None = None) -> Console:
            return opened.enter_context(Console(arguments, folder=folder or tmp_path / "new"))

        yield start


@pytest.fixture
def pin_descriptor() -> Iterator[Callable[[str], int]]:
    """Puts a PIN behind a file descriptor, as a script would."""
    opened: list[int] = []

    def put(pin: str) -> int:
        ours, theirs = os.pipe()
        opened.append(ours)
        os.write(theirs, f"{pin}\n".encode())
        os.close(theirs)
        return ours

    yield put
    for descriptor in opened:
        os.close(descriptor)
