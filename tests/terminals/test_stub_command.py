"""`cjeune-training` as a person starts it: it serves, writes its manifest, and ends when told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tpe_client.training.cli import main

WANTED_TERMINAL = {
    "terminal_id", "label", "partner", "kind", "state", "pin_required", "above_cents", "key",
    "wallets",
}  # fmt: skip
WANTED_CARD = {"code", "qr_text", "pin", "state", "wallets"}


@pytest.fixture
def manifest_file(tmp_path: Path) -> Path:
    return tmp_path / "manifest.json"


@pytest.fixture
def started(manifest_file: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tpe_client.training.cli", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--manifest", str(manifest_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


def _lines_until(process: subprocess.Popen[str], end: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if end in line:
            return lines
    raise AssertionError(f"ended without saying {end!r}: {lines}")


def test_it_says_where_it_is_and_that_there_is_no_money(
    started: subprocess.Popen[str], manifest_file: Path
) -> None:
    told = "\n".join(_lines_until(started, "Ctrl+C"))
    manifest = json.loads(manifest_file.read_text())
    origin = manifest["base_url"]
    assert told.startswith("Formation\u00a0: aucun argent")
    assert f"{origin}/" in told and f"--manifest {manifest_file}" in told
    assert httpx.get(f"{origin}/readyz", timeout=20).json() == {"status": "ready"}
    assert manifest_file.stat().st_mode & 0o777 == 0o600

    started.send_signal(signal.SIGTERM)
    rest, _ = started.communicate(timeout=20)
    assert started.returncode == 0
    assert rest.splitlines() == ["Serveur d’école arrêté\u00a0: tout est oublié."]


def test_its_manifest_serves_whoever_reads_the_demos(
    started: subprocess.Popen[str], manifest_file: Path
) -> None:
    _lines_until(started, "Ctrl+C")
    manifest = json.loads(manifest_file.read_text())
    terminals, cards = manifest["terminals"], manifest["cards"]
    assert all(one.keys() >= WANTED_TERMINAL for one in terminals)
    assert all(one.keys() >= WANTED_CARD for one in cards)
    assert {one["state"] for one in terminals} == {
        "active", "revoked", "suspended", "agreement_ended",
    }  # fmt: skip
    assert {one["pin_required"] for one in terminals} == {"always", "above", "never"}
    assert {"active", "issued", "blocked", "paused", "replaced", "obsolete"} <= {
        one["state"] for one in cards
    }
    full = [
        one for one in cards if one["state"] == "active" and min(one["wallets"].values()) > 3000
    ]
    assert len(full) >= 10
    assert len(manifest["activation_codes"]) >= 3


def test_interrupting_it_is_no_error(started: subprocess.Popen[str]) -> None:
    _lines_until(started, "Ctrl+C")
    started.send_signal(signal.SIGINT)
    started.communicate(timeout=20)
    assert started.returncode == 0


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = CliRunner().invoke(main, ["--port", str(port)])
    assert told.exit_code == 1
    assert told.stderr.count("\n") == 1 and str(port) in told.stderr


def test_an_address_of_another_machine_is_one_clear_line() -> None:
    told = CliRunner().invoke(main, ["--host", "192.0.2.7", "--port", "0"])
    assert told.exit_code == 1
    assert told.stderr.count("\n") == 1 and "192.0.2.7" in told.stderr
