"""A terminal of a few lines, run as a process of its own, that dies at a step a test names.

The law: nothing in the product knows of it. It dies by SIGKILL, from outside the product's code:
where the journal's file is about to be committed, and where the line is about to be written to or
read from. The orders come on standard input, so that no secret stands in the list of processes.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from api_client import deadline
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal
from api_client.settle import cancel_debit, resolve_open, take_debit
from api_client.transport import Line

ROOT = Path(__file__).parents[2]
CLIENT = "cjeune-tpe/1.0"

# What it does, and the boundaries at which it can die while doing it; each counts from 1.
DOINGS = ("sell", "cancel", "resolve")
BOUNDARIES = ("commit", "committed", "send", "sent", "answered")


def run(
    doing: str, *, dies_at: str, base_url: str, key: str, journal: Path, order: Order
) -> subprocess.CompletedProcess[str]:
    """A terminal that does it, to its end; `dies_at` is e.g. `sent:2`, or `never`."""
    told = {
        "doing": doing,
        "dies_at": dies_at,
        "base_url": base_url,
        "key": key,
        "journal": str(journal),
        "order": {
            "operation_id": str(order.operation_id),
            "identification": order.identification,
            "wallet": order.wallet,
            "amount_cents": order.amount_cents,
            "last4": order.last4,
            "identity_checked": order.identity_checked,
        },
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.terminals.small_terminal"],
        cwd=ROOT,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Death:
    """Comes at the n-th time that a boundary is reached."""

    def __init__(self, dies_at: str) -> None:
        self._boundary, _, number = dies_at.partition(":")
        self._left = int(number or 0)

    def passes(self, boundary: str) -> None:
        if boundary == self._boundary:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class DyingJournal(Journal):
    """Dies just before or just after what it wrote is on the disk."""

    death: Death

    def dies_of(self, death: Death) -> None:
        self.death = death
        self._connection.set_trace_callback(
            lambda statement: death.passes("commit") if statement == "COMMIT" else None
        )

    def write(self, order: Order, *, pin_given: bool = False) -> None:
        super().write(order, pin_given=pin_given)
        self.death.passes("committed")

    def ask_cancellation(self, operation_id: UUID, *, reason: str) -> None:
        super().ask_cancellation(operation_id, reason=reason)
        self.death.passes("committed")

    def settle(self, operation_id: UUID, answer: Any) -> None:
        super().settle(operation_id, answer)
        self.death.passes("committed")


class DyingStream(deadline._WatchedStream):
    """Dies before a request leaves, when it has left, or with its answer in hand."""

    death: Death

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The head of a request; its body follows in a write of its own.
        if b" HTTP/1.1\r\n" in buffer:
            self.death.passes("send")
        super().write(buffer, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.death.passes("sent")
        found = super().read(max_bytes, timeout)
        self.death.passes("answered")
        return found


def main() -> None:
    told = json.load(sys.stdin)
    death = Death(told["dies_at"])
    DyingStream.death = death
    deadline._WatchedStream = DyingStream  # type: ignore[misc]
    order = Order(**told["order"] | {"operation_id": UUID(told["order"]["operation_id"])})
    patience = Patience(tries=3, first_wait_seconds=0.01)

    with (
        DyingJournal.open(Path(told["journal"])) as journal,
        Line(told["base_url"], key=told["key"], client=CLIENT) as line,
    ):
        assert isinstance(journal, DyingJournal)
        journal.dies_of(death)
        match told["doing"]:
            case "sell":
                answer: Any = take_debit(line, journal, order, pin="4826", patience=patience)
            case "cancel":
                answer = cancel_debit(
                    line, journal, order.operation_id, reason="mistake", patience=patience
                )
            case "resolve":
                answer = resolve_open(line, journal, patience=patience)
    sys.stdout.write(type(answer).__name__)


if __name__ == "__main__":
    assert sqlite3.threadsafety, "the journal is used from several threads"
    main()
