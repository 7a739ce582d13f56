"""The terminal's key stays private and whole; names of operations; how long is waited."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_client import activation
from api_client.answers import Recognised
from api_client.backoff import Patience
from api_client.key_file import KeyFileFailed, TerminalKey, read_key_file, write_key_file
from api_client.operation_id import local_reference, new_operation_id
from tests.terminals.canned import canned_service, problem

KEY = TerminalKey("https://carte.example", "7K2M9QXR", "ck_secret")
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "box" / "terminal.json"


def test_a_key_is_read_as_it_was_written_and_is_nobody_elses(path: Path) -> None:
    assert read_key_file(path) is None
    write_key_file(path, KEY)
    assert read_key_file(path) == KEY
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["terminal.json"]
    assert "ck_secret" not in repr(KEY)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_a_key_that_others_could_have_read_is_not_used(path: Path, mode: int) -> None:
    write_key_file(path, KEY)
    path.chmod(mode)
    with pytest.raises(KeyFileFailed) as failed:
        read_key_file(path)
    assert failed.value.code == "not_private"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format": "cjeune-terminal-key-1"}',
        b'{"format": 1}',
        b"9" * 9000,
    ],
)
def test_a_damaged_key_file_says_so_and_shows_nothing_of_it(path: Path, content: bytes) -> None:
    write_key_file(path, KEY)
    path.write_bytes(content)
    with pytest.raises(KeyFileFailed) as failed:
        read_key_file(path)
    assert failed.value.code == "unreadable"
    assert failed.value.__cause__ is None and failed.value.__suppress_context__


def test_a_key_is_replaced_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key_file(path, KEY)

    def full(descriptor: int) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(KeyFileFailed) as failed:
            write_key_file(path, TerminalKey("https://other.example", "x", "y"))
    assert failed.value.code == "not_writable"
    assert read_key_file(path) == KEY
    assert [file.name for file in path.parent.iterdir()] == ["terminal.json"]


def test_no_key_is_asked_for_that_could_not_be_kept(path: Path) -> None:
    path.parent.write_text("a file where the folder should be")
    found = Recognised("7K2M9QXR", "token", "box", "Librairie", "Boutique", "3 cours Mirabeau")
    with canned_service(problem(404, "activation_unknown")) as service:
        with pytest.raises(KeyFileFailed):
            activation.confirm(service.base_url, found, label="Caisse", client="c/1", key_path=path)
        assert service.heard == []


def test_an_activation_that_fails_leaves_no_file(path: Path) -> None:
    found = Recognised("7K2M9QXR", "token", "box", "Librairie", "Boutique", "3 cours Mirabeau")
    with canned_service(b"") as service:
        activation.confirm(service.base_url, found, label="Caisse", client="c/1", key_path=path)
    assert list(path.parent.iterdir()) == []


# Names of operations


def test_an_operation_id_is_a_uuid_of_version_7_and_sorts_by_age() -> None:
    made = [new_operation_id(AT + timedelta(milliseconds=step)) for step in range(50)]
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
    assert made == sorted(made)
    assert made[0].int >> 80 == int(AT.timestamp() * 1000)
    assert len({new_operation_id(AT) for _ in range(10_000)}) == 10_000


def test_the_short_name_of_an_operation_is_always_the_same() -> None:
    assert local_reference(UUID("01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88")) == "TME2PKM84"


@given(st.uuids(), st.integers(1, 7), st.integers(1, 31))
def test_a_wrong_character_of_a_short_name_is_never_another_one(
    operation_id: UUID, place: int, step: int
) -> None:
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    said = local_reference(operation_id)
    assert len(said) == 9 and said[0] == "T" and set(said[1:]) <= set(alphabet)
    other = alphabet[(alphabet.index(said[place]) + step) % 32]
    misheard = said[:place] + other + said[place + 1 :]
    digits = [alphabet.index(character) for character in misheard[1:8]]
    tail = sum(digit << 5 * (6 - index) for index, digit in enumerate(digits))
    assert local_reference(UUID(int=tail)) != misheard


# Waiting


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_no_wait_is_longer_than_its_bound_or_shorter_than_half_its_step(
    round_no: int, chance: float
) -> None:
    patience = Patience(draw=lambda: chance)
    step = min(2.0 ** (round_no - 1), 8.0)
    assert step / 2 <= patience.seconds_after(round_no) <= step


def test_there_is_no_wait_after_the_last_round() -> None:
    waits: list[float] = []
    patience = Patience(tries=2, wait=waits.append)
    assert patience.pause(1)
    assert not patience.pause(2)
    assert len(waits) == 1
