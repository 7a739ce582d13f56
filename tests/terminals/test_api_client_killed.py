"""kill -9, a dead battery: at every step of a sale, of a cancellation and of finding out. After the
restart the truth is found, and nobody has paid twice."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal
from api_client.settle import resolve_open
from api_client.transport import Line
from tests.makers import Till
from tests.terminals import small_terminal
from tests.terminals.conftest import Service
from tests.terminals.ledger_truth import assert_all_true, debits_of

Runs = Callable[..., int]
NewOrder = Callable[..., Order]


@pytest.fixture
def run(service: Service, terminal: Till, journal_path: Path) -> Runs:
    """Runs a small terminal on this test's journal; its exit status."""

    def run(doing: str, order: Order, *, dies_at: str, base_url: str = service.base_url) -> int:
        done = small_terminal.run(
            doing,
            dies_at=dies_at,
            base_url=base_url,
            key=terminal.key,
            journal=journal_path,
            order=order,
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode

    return run


def state_after_restart(
    service: Service, line: Line, path: Path, order: Order, eager: Patience
) -> str | None:
    """What the restarted terminal says of the sale, when the ledger agrees; None: never heard."""
    with Journal.open(path) as journal:
        resolve_open(line, journal, patience=eager)
        assert journal.unresolved() == [] and journal.cancellations_asked() == []
        entry = journal.entry(order.operation_id)
        if entry is None:
            assert order.operation_id not in debits_of(service.office)
            return None
        assert_all_true(service.office, journal, [order.operation_id])
        return entry.state


@pytest.mark.parametrize(
    ("dies_at", "state"),
    [
        # Writing it down
        ("commit:1", None),
        ("committed:1", "cancelled"),
        # Sending it
        ("send:1", "cancelled"),
        ("sent:1", "approved"),
        # Keeping what was answered
        ("answered:1", "approved"),
        ("commit:2", "approved"),
        ("committed:2", "approved"),
    ],
)
def test_a_terminal_killed_during_a_sale_finds_the_truth(
    service: Service,
    line: Line,
    journal_path: Path,
    new_order: NewOrder,
    eager: Patience,
    run: Runs,
    dies_at: str,
    state: str | None,
) -> None:
    order = new_order()
    assert run("sell", order, dies_at=dies_at) == -signal.SIGKILL
    found = state_after_restart(service, line, journal_path, order, eager)
    # Whether a request that had left has arrived is the network's to say; both are the truth.
    assert found == state or (dies_at == "sent:1" and found == "cancelled")


@pytest.mark.parametrize(
    "dies_at", ["commit:1", "committed:1", "send:1", "sent:1", "answered:1", "commit:2"]
)
def test_a_terminal_killed_during_a_cancellation_ends_it_or_has_not_begun(
    service: Service,
    line: Line,
    journal_path: Path,
    new_order: NewOrder,
    eager: Patience,
    run: Runs,
    dies_at: str,
) -> None:
    order = new_order()
    assert run("sell", order, dies_at="never") == 0
    assert run("cancel", order, dies_at=dies_at) == -signal.SIGKILL
    # What was not written down was not asked for.
    wanted = "approved" if dies_at == "commit:1" else "cancelled"
    assert state_after_restart(service, line, journal_path, order, eager) == wanted


@pytest.mark.parametrize("sale_dies_at", ["committed:1", "answered:1"])
@pytest.mark.parametrize(
    "dies_at", ["send:1", "sent:1", "answered:1", "send:2", "sent:2", "answered:2", "commit:1"]
)
def test_a_terminal_killed_again_while_it_finds_out_finds_out_all_the_same(
    service: Service,
    line: Line,
    journal_path: Path,
    new_order: NewOrder,
    eager: Patience,
    run: Runs,
    sale_dies_at: str,
    dies_at: str,
) -> None:
    order = new_order()
    assert run("sell", order, dies_at=sale_dies_at) == -signal.SIGKILL
    # A sale that has arrived needs one question only: then it does not die at a second one.
    run("resolve", order, dies_at=dies_at)
    wanted = "cancelled" if sale_dies_at == "committed:1" else "approved"
    assert state_after_restart(service, line, journal_path, order, eager) == wanted


def test_a_second_terminal_on_the_same_journal_sells_nothing(
    service: Service, terminal: Till, journal_path: Path, journal: Journal, new_order: NewOrder
) -> None:
    order = new_order()
    done = small_terminal.run(
        "sell",
        dies_at="never",
        base_url=service.base_url,
        key=terminal.key,
        journal=journal_path,
        order=order,
    )
    assert done.returncode == 1 and "journal in_use" in done.stderr
    assert debits_of(service.office) == {}
    journal.write(order)


def test_a_killed_terminal_leaves_its_journal_free_and_private(
    journal_path: Path, new_order: NewOrder, run: Runs
) -> None:
    assert run("sell", new_order(), dies_at="answered:1") == -signal.SIGKILL
    left = list(journal_path.parent.iterdir())
    assert {file.name for file in left} >= {"journal.sqlite", "journal.sqlite-wal"}
    assert {file.stat().st_mode & 0o777 for file in left} == {0o600}
    with Journal.open(journal_path) as journal:
        assert [entry.state for entry in journal.unresolved()] == ["written"]
