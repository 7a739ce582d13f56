"""A demonstration as a script runs it: a process, a manifest, signals, and commands beside it.

The law: nothing here knows the product's code; what it sees is the contract of design §5.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg

ROOT = Path(__file__).parents[2]
CJEUNE = [sys.executable, "-m", "cardservice.cli"]
PATIENCE_SECONDS = 120


def cjeune(*words: object) -> subprocess.CompletedProcess[str]:
    """A command of the product, run to its end."""
    return subprocess.run(
        [*CJEUNE, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


@dataclass
class Demonstration:
    """One data directory, served or not."""

    folder: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[str] | None = None
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def manifest_file(self) -> Path:
        return self.folder / "manifest.json"

    def begin(self) -> subprocess.Popen[str]:
        """Starts the process and waits for nothing."""
        self.process = subprocess.Popen(
            [
                *CJEUNE, "demo", "--headless", "--port", "0", "--data-dir", self.data_dir,
                "--manifest", self.manifest_file, *self.options,
            ],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        return self.process

    def wait_for(self, *files: Path) -> None:
        """Until the process has made all these files; fails as soon as it has ended without."""
        assert self.process is not None
        for _ in range(PATIENCE_SECONDS * 50):
            if all(file.exists() for file in files):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.02)
                raise AssertionError(self.process.communicate()[0])
        raise AssertionError(f"nobody made {files}")

    def start(self) -> None:
        """Starts the process and waits until it answers."""
        self.manifest_file.unlink(missing_ok=True)
        self.begin()
        self.wait_for(self.manifest_file)
        self.manifest = json.loads(self.manifest_file.read_text())

    def run(self) -> None:
        """Starts it unless it runs."""
        if self.process is None or self.process.poll() is not None:
            self.start()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends the process; its exit status."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.send_signal(how)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode

    def postmaster(self) -> int | None:
        """The process of the private database, if it lives."""
        try:
            line = (self.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0]
        except FileNotFoundError:
            return None
        return int(line) if lives(int(line)) else None

    # What a script does with the manifest

    def cards(self, state: str = "active", category: str = "collegien") -> list[dict[str, Any]]:
        return [
            card
            for card in self.manifest["cards"]
            if (card["state"], card["category"]) == (state, category)
        ]

    def terminals(self, **wanted: Any) -> list[dict[str, Any]]:
        return [
            terminal
            for terminal in self.manifest["terminals"]
            if all(terminal[name] == value for name, value in wanted.items())
        ]

    def till(self) -> dict[str, Any]:
        """A terminal that asks for no PIN and covers both wallets."""
        return next(
            terminal
            for terminal in self.terminals(state="active", pin_required="never")
            if len(terminal["wallets"]) == 2
        )

    def ask(self, method: str, path: str, body: Any = None, *, key: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.request(
            method, self.manifest["base_url"] + path, json=body, headers=headers, timeout=30
        )

    def read(self, code: str, *, key: str) -> dict[str, Any]:
        """What a till is told about a card."""
        answer = self.ask("POST", "/api/v1/identifications", {"reading": code}, key=key)
        body: dict[str, Any] = answer.json()
        return body

    def debit(self, card: dict[str, Any], cents: int, *, key: str) -> dict[str, Any]:
        """A debit of the first wallet, from reading the card on."""
        seen = self.read(card["code"], key=key)
        body = {
            "identification": seen["identification"],
            "wallet": "sport_culture_leisure",
            "amount_cents": cents,
            "identity_checked": True,
            "pin": card["pin"],
        }
        answer = self.ask("PUT", f"/api/v1/debits/{uuid4()}", body, key=key)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def cancel(self, operation_id: str, *, key: str) -> dict[str, Any]:
        path = f"/api/v1/debits/{operation_id}/cancellation"
        told: dict[str, Any] = self.ask("PUT", path, {}, key=key).json()
        return told

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """What the superuser of the running database sees."""
        with psycopg.connect(self.manifest["superuser_dsn"]) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []


def lives(pid: int) -> bool:
    """Whether a process still runs; one that has ended and waits to be counted does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def mode_of(file: Path) -> int:
    """The rights of a file."""
    return file.stat().st_mode & 0o777
