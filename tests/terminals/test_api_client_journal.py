"""The journal: on disk before anything is sent, private, one program's, and never a PIN in it."""

from __future__ import annotations

import base64
import hashlib
import pickle
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api_client.answers import Approved, Cancellation, Cancelled, Declined, Problem
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import (
    Journal,
    JournalDamaged,
    JournalFailed,
    JournalInUse,
    JournalTooNew,
)
from api_client.settle import take_debit
from api_client.transport import Line
from tests.terminals.canned import canned_service, problem, response

DAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SPORT, TUTORING = "sport_culture_leisure", "tutoring"
# Digits that neither an id, an instant nor an amount of these tests holds.
PIN = "7391"


def order(number: int = 1, **fields: Any) -> Order:
    """Sale `number`, of 10,55 €."""
    sale = Order(UUID(int=number << 4), f"token-{number}", SPORT, 1055, "7QXR", True)
    return replace(sale, **fields)


def approved(sale: Order, *, day: date = DAY, **fields: Any) -> Approved:
    answer = Approved(
        sale.operation_id, "D0004K7D", sale.wallet, sale.amount_cents, 4500, AT, day, "7QXR", False
    )
    return replace(answer, **fields)


def declined(sale: Order, code: str = "insufficient_balance", *, day: date = DAY) -> Declined:
    return Declined(
        code, False, "Il reste 8,30 €.", "…", {}, sale.operation_id, SPORT, 1055, "D1", AT, day
    )


def cancelled(sale: Order) -> Cancelled:
    return Cancelled(sale.operation_id, "D0004K8K", 5555, AT + timedelta(minutes=2))


def bytes_of(path: Path) -> bytes:
    """Everything the journal has on the disk."""
    return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))


# What it keeps


def test_a_sale_is_found_again_as_it_was_written(journal_path: Path) -> None:
    with Journal.open(journal_path, clock=lambda: AT) as journal:
        journal.write(order(), pin_given=True)
    with Journal.open(journal_path) as journal:
        (entry,) = journal.unresolved()
    assert entry.order == order()
    assert (entry.state, entry.pin_given, entry.written_at) == ("written", True, AT)
    assert entry.settled_at is None and entry.is_open


def test_an_approved_sale_forgets_its_identification_and_keeps_its_references(
    journal: Journal, journal_path: Path
) -> None:
    journal.write(order())
    journal.settle(order().operation_id, approved(order()))
    entry = journal.last()
    assert entry is not None and entry.state == "approved" and not entry.is_open
    assert (entry.reference, entry.accepted_at, entry.business_day) == ("D0004K7D", AT, DAY)
    assert entry.order.identification == ""
    journal.close()
    assert b"token-1" not in bytes_of(journal_path)


def test_a_refusal_keeps_its_code_and_sentence_until_the_next_day_that_sells(
    journal_path: Path,
) -> None:
    with Journal.open(journal_path) as journal:
        journal.write(order())
        journal.settle(order().operation_id, declined(order()))
        entry = journal.last()
        assert entry is not None
        assert (entry.state, entry.code) == ("declined", "insufficient_balance")
        assert entry.message == "Il reste 8,30 €."

        tomorrow = order(2)
        journal.write(tomorrow)
        journal.settle(tomorrow.operation_id, approved(tomorrow, day=DAY + timedelta(days=1)))
    with Journal.open(journal_path) as journal:
        entry = journal.entry(order().operation_id)
        assert entry is not None and (entry.code, entry.message) == ("insufficient_balance", None)


def test_a_cancelled_sale_keeps_both_references(journal: Journal) -> None:
    journal.write(order())
    journal.settle(order().operation_id, approved(order()))
    journal.settle(order().operation_id, cancelled(order()))
    entry = journal.last()
    assert entry is not None and entry.state == "cancelled"
    assert (entry.reference, entry.cancellation_reference) == ("D0004K7D", "D0004K8K")


@pytest.mark.parametrize(
    ("first", "later", "state"),
    [
        (approved, declined, "approved"),
        (approved, approved, "approved"),
        (approved, cancelled, "cancelled"),
        (declined, approved, "declined"),
        (declined, cancelled, "declined"),
        # A debit's id gets its stored approval for ever, also after its cancellation.
        (cancelled, approved, "cancelled"),
        (cancelled, declined, "cancelled"),
    ],
)
def test_the_first_certain_answer_stands_and_only_a_sale_can_be_undone(
    journal: Journal, first: Callable[..., Any], later: Callable[..., Any], state: str
) -> None:
    journal.write(order())
    journal.settle(order().operation_id, first(order()))
    journal.settle(order().operation_id, later(order()))
    entry = journal.last()
    assert entry is not None and entry.state == state


@pytest.mark.parametrize(
    "answer",
    [
        approved(order(), cancelled=Cancellation("D0004K8K", AT)),
        declined(order(), "operation_cancelled"),
        cancelled(order()),
    ],
)
def test_every_answer_that_says_cancelled_is_kept_as_cancelled(
    journal: Journal, answer: Approved | Declined | Cancelled
) -> None:
    journal.write(order())
    journal.ask_cancellation(order().operation_id, reason="mistake")
    journal.settle(order().operation_id, answer)
    entry = journal.last()
    assert entry is not None and entry.state == "cancelled" and not entry.is_open
    assert journal.cancellations_asked() == []


def test_a_refused_call_is_kept_with_its_code(journal: Journal) -> None:
    journal.write(order())
    journal.settle(order().operation_id, Problem(403, "partner_suspended", "…"))
    entry = journal.last()
    assert entry is not None and (entry.state, entry.code) == ("declined", "partner_suspended")


def test_a_sale_may_be_written_again_with_a_fresh_identification(journal: Journal) -> None:
    journal.write(order())
    journal.leave_unknown(order().operation_id)
    journal.write(order(identification="token-9"))
    (entry,) = journal.unresolved()
    assert (entry.state, entry.order.identification) == ("unknown", "token-9")


@pytest.mark.parametrize("other", [{"amount_cents": 1056}, {"wallet": TUTORING}, {"last4": "0000"}])
def test_an_operation_id_serves_one_sale(journal: Journal, other: dict[str, Any]) -> None:
    journal.write(order())
    with pytest.raises(AssertionError):
        journal.write(order(**other))
    (entry,) = journal.unresolved()
    assert entry.order == order()


def test_a_settled_sale_is_never_written_again(journal: Journal) -> None:
    journal.write(order())
    journal.settle(order().operation_id, declined(order()))
    with pytest.raises(AssertionError):
        journal.write(order())


def test_totals_are_of_the_services_day_and_without_what_was_undone(journal: Journal) -> None:
    sales = [order(1), order(2, amount_cents=45), order(3, wallet=TUTORING), order(4), order(5)]
    for sale in sales:
        journal.write(sale)
    for sale in sales[:4]:
        journal.settle(sale.operation_id, approved(sale))
    journal.settle(sales[3].operation_id, cancelled(sales[3]))
    journal.settle(sales[4].operation_id, approved(sales[4], day=DAY - timedelta(days=1)))

    totals = journal.totals(DAY)
    assert (totals.count, totals.amount_cents) == (3, 2155)
    assert [(w.wallet, w.count, w.amount_cents) for w in totals.wallets] == [
        (SPORT, 2, 1100),
        (TUTORING, 1, 1055),
    ]
    assert [entry.order for entry in journal.of_day(DAY - timedelta(days=1))] == [
        replace(sales[4], identification="")
    ]


def test_the_days_list_is_newest_first_and_open_sales_stand_on_the_terminals_own_day(
    journal_path: Path,
) -> None:
    # 23:30 in UTC is the next day in Paris.
    with Journal.open(journal_path, clock=lambda: datetime(2026, 11, 21, 23, 30, tzinfo=UTC)) as j:
        j.write(order(1))
        j.write(order(2))
        j.settle(order(1).operation_id, approved(order(1)))
        assert [entry.order.operation_id.int >> 4 for entry in j.of_day(DAY)] == [2, 1]
        assert j.of_day(DAY - timedelta(days=1)) == []


def test_old_sales_are_forgotten_by_the_services_days_and_open_ones_never(
    journal_path: Path,
) -> None:
    long_ago = DAY - timedelta(days=401)
    with Journal.open(journal_path, clock=lambda: AT - timedelta(days=401)) as journal:
        journal.write(order(1))
        journal.settle(order(1).operation_id, approved(order(1), day=long_ago))
        journal.write(order(2))
        journal.write(order(3))
        journal.settle(order(3).operation_id, approved(order(3), day=DAY - timedelta(days=400)))
    # A clock that believes in 2099 forgets nothing: no answer of the service has named that day.
    with Journal.open(journal_path, clock=lambda: datetime(2099, 1, 1, tzinfo=UTC)) as journal:
        assert journal.entry(order(1).operation_id) is not None
        journal.write(order(4))
        journal.settle(order(4).operation_id, approved(order(4)))
    with Journal.open(journal_path) as journal:
        assert journal.entry(order(1).operation_id) is None
        assert journal.entry(order(3).operation_id) is not None
        assert [entry.order.operation_id for entry in journal.unresolved()] == [
            order(2).operation_id
        ]


def test_several_threads_may_use_it(journal: Journal) -> None:
    def sell(number: int) -> None:
        journal.write(order(number))
        journal.settle(order(number).operation_id, approved(order(number)))

    threads = [threading.Thread(target=sell, args=(number,)) for number in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.totals(DAY).count == 20


# What it never keeps


def test_no_pin_is_in_any_file_of_the_journal(journal_path: Path, eager: Patience) -> None:
    sale = order()
    answers = (
        problem(503, "unavailable"),
        problem(404, "operation_unknown"),
        response(
            201,
            {
                "outcome": "approved",
                "operation_id": str(sale.operation_id),
                "reference": "D0004K7D",
                "wallet": SPORT,
                "amount_cents": 1055,
                "balance_after_cents": 4500,
                "accepted_at": "2026-11-22T10:00:00Z",
                "business_day": "2026-11-22",
                "card": {"last4": "7QXR"},
                "replayed": False,
            },
        ),
    )
    seen = b""
    with (
        canned_service(*answers) as service,
        Line(service.base_url, key="k", client="c/1") as line,
        Journal.open(journal_path, clock=lambda: AT) as journal,
    ):
        answer = take_debit(line, journal, sale, pin=PIN, patience=eager)
        assert isinstance(answer, Approved)
        seen += bytes_of(journal_path)
        # It was sent, twice: this test would not pass by never having had it.
        assert [body["pin"] for body in service.bodies if body] == [PIN, PIN]
        kept = [journal.last(), sale, answer, journal.unresolved()]
    seen += bytes_of(journal_path)
    # The objects a program passes on, dumped whole and shown.
    seen += pickle.dumps(kept[1:3]) + repr(kept).encode()

    assert b"7QXR" in seen and str(sale.operation_id).encode() in seen
    for shape in (
        PIN.encode(),
        PIN.encode("utf-16-le"),
        base64.b64encode(PIN.encode()),
        hashlib.sha256(PIN.encode()).hexdigest().encode(),
        int(PIN).to_bytes(2, "big"),
    ):
        assert shape not in seen, shape


def test_an_order_has_no_place_for_a_pin_and_shows_no_identification() -> None:
    with pytest.raises(TypeError):
        Order(UUID(int=1), "t", SPORT, 1, "7QXR", True, pin=PIN)  # type: ignore[call-arg]
    assert "token" not in repr(order())


# Whose it is, and what cannot be trusted


def test_a_journal_is_private_also_where_it_was_not(journal_path: Path) -> None:
    with Journal.open(journal_path) as journal:
        journal.write(order())
        files = list(journal_path.parent.iterdir())
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    journal_path.chmod(0o644)
    with Journal.open(journal_path):
        assert journal_path.stat().st_mode & 0o777 == 0o600


def test_every_write_reaches_the_disk(journal: Journal) -> None:
    def value(pragma: str) -> Any:
        return journal._connection.execute(f"PRAGMA {pragma}").fetchone()[0]

    assert (value("journal_mode"), value("synchronous")) == ("wal", 2)


def test_a_second_program_is_told_and_the_first_goes_on(journal_path: Path) -> None:
    with Journal.open(journal_path) as journal:
        journal.write(order())
        with pytest.raises(JournalInUse) as told:
            Journal.open(journal_path)
        assert told.value.code == "in_use"
        # The refused one has not loosened the first one's lock.
        with pytest.raises(JournalInUse):
            Journal.open(journal_path)
        journal.write(order(2))
    with Journal.open(journal_path) as journal:
        assert len(journal.unresolved()) == 2


def test_a_damaged_journal_says_so(journal_path: Path) -> None:
    with Journal.open(journal_path) as journal:
        for number in range(1, 200):
            journal.write(order(number))
    whole = journal_path.read_bytes()
    for start in (0, 100, 4096, len(whole) // 2):
        journal_path.write_bytes(whole[:start] + b"\xa5" * 3000 + whole[start + 3000 :])
        with pytest.raises(JournalDamaged):
            Journal.open(journal_path)
    journal_path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(JournalDamaged):
        Journal.open(journal_path)
    journal_path.write_bytes(whole)
    with Journal.open(journal_path) as journal:
        assert len(journal.unresolved()) == 199


def test_another_programs_file_is_left_alone(journal_path: Path) -> None:
    with sqlite3.connect(journal_path) as other:
        other.execute("CREATE TABLE bookmarks (address TEXT)")
    other.close()
    with pytest.raises(JournalDamaged):
        Journal.open(journal_path)
    with sqlite3.connect(journal_path) as other:
        assert other.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (1,)
    other.close()


def test_a_journal_of_a_later_version_is_not_guessed_at(journal_path: Path) -> None:
    Journal.open(journal_path).close()
    with sqlite3.connect(journal_path) as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    with pytest.raises(JournalTooNew):
        Journal.open(journal_path)


def test_a_journal_that_was_taken_away_takes_no_more_sales(
    journal: Journal, journal_path: Path
) -> None:
    journal.write(order())
    journal_path.rename(journal_path.with_name("elsewhere"))
    with pytest.raises(JournalFailed):
        journal.write(order(2))
    journal_path.write_bytes(b"")
    with pytest.raises(JournalDamaged):
        journal.write(order(2))
