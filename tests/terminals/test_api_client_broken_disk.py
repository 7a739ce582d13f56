"""A disk that is full or read-only, a file that is none: one clear reason, and nothing is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from api_client.entries import Order
from api_client.journal import Journal, JournalFailed, JournalNotWritable
from api_client.settle import cancel_debit, take_debit
from tests.terminals.canned import Canned, canned_service, problem

ROOT = Path(__file__).parents[2]

# A terminal in a process of its own, which the operating system itself refuses the room or the
# right to write; when there is room again, it sells again.
TERMINAL = """
import json, os, resource, sys
from pathlib import Path
from uuid import UUID
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal, JournalFailed
from api_client.settle import cancel_debit, take_debit
from api_client.transport import Line

told = json.load(sys.stdin)
path, once = Path(told["journal"]), Patience(tries=1)
line = Line(told["base_url"], key="k", client="c/1")
order = Order(UUID(int=7), "t" * 400, "tutoring", 1055, "7QXR", True)

def attempt(doing):
    try:
        print(type(doing()).__name__)
    except JournalFailed as failed:
        print(failed.code)

if told["fault"] == "no_right":
    path.parent.chmod(0o500)
    if os.getuid() == 0:
        os.setuid(65534)
    attempt(lambda: Journal.open(path))
else:
    with Journal.open(path) as journal:
        most = path.with_name(path.name + "-wal").stat().st_size + 100
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        attempt(lambda: take_debit(line, journal, order, pin=None, patience=once))
        attempt(lambda: cancel_debit(line, journal, UUID(int=8), reason="other", patience=once))
        print(len(journal.unresolved()))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        attempt(lambda: take_debit(line, journal, order, pin=None, patience=once))
"""


def told_by_terminal(fault: str, journal: Path, service: Canned) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", TERMINAL],
        cwd=ROOT,
        input=json.dumps({"fault": fault, "journal": str(journal), "base_url": service.base_url}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_with_a_full_disk_nothing_is_sent_and_with_room_again_it_is(journal_path: Path) -> None:
    with canned_service(problem(403, "partner_suspended")) as service:
        told = told_by_terminal("full", journal_path, service)
        assert told == ["not_writable", "not_writable", "0", "Problem"]
        assert len(service.heard) == 1


def test_without_the_right_to_write_nothing_is_begun(journal_path: Path) -> None:
    Journal.open(journal_path).close()
    try:
        with canned_service(problem(403, "partner_suspended")) as service:
            assert told_by_terminal("no_right", journal_path, service) == ["not_writable"]
    finally:
        journal_path.parent.chmod(0o700)


def garbage(path: Path) -> None:
    path.write_bytes(b"not a journal at all, but long enough to be looked at" * 100)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (garbage, "damaged"),
        (lambda path: path.mkdir(), "not_writable"),
        (lambda path: path.parent.rmdir(), "not_writable"),
    ],
    ids=["garbage", "a folder", "no folder"],
)
def test_what_is_no_journal_is_not_opened(
    tmp_path: Path, make: Callable[[Path], object], code: str
) -> None:
    folder = tmp_path / "box"
    folder.mkdir()
    make(folder / "journal.sqlite")
    with pytest.raises(JournalFailed) as failed:
        Journal.open(folder / "journal.sqlite")
    assert failed.value.code == code
    assert str(failed.value).startswith(f"journal {code}: ")


def test_a_failure_names_no_sale_and_no_card(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order(UUID(int=7), "token", "tutoring", 1055, "7QXR", True)
    journal.close()
    monkeypatch.setattr(journal, "_connection", BrokenConnection())
    for write in (
        lambda: journal.write(order),
        lambda: take_debit(None, journal, order, pin="7391", patience=None),  # type: ignore[arg-type]
        lambda: cancel_debit(None, journal, UUID(int=7), reason="other", patience=None),  # type: ignore[arg-type]
    ):
        with pytest.raises(JournalNotWritable) as failed:
            write()
        assert str(failed.value) == "journal not_writable: OSError"


class BrokenConnection:
    """A disk that answers nothing any more."""

    in_transaction = False

    def execute(self, statement: str, values: object = ()) -> None:
        raise OSError(5, "7QXR token 7391")
