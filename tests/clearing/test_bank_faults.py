"""Imports at once and imports that are killed (-9): taken once and whole, or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from cardservice.domain.refusal import Refused
from cardservice.wiring import Office
from clearing.bank.take_in import TakenIn, take_in
from tests.clearing.bank_files import Status, camt053, debit, pain002, returned
from tests.clearing.bank_story import books, everything, holds, hour, state, take, transfers
from tests.clearing.story import PERIOD, Fortnight, make_fortnight
from tests.conftest import Clock, superuser_dsn
from tests.counter import TUTORING
from tests.faults.kill_points import dies_at
from tests.told_once import ToldOnce

TEN = 10
FILE = "CJP-2026-11-B-1"


def _told_sent(fortnight: Fortnight) -> Fortnight:
    fortnight.sell(1055)
    fortnight.sell(2000, wallet=TUTORING)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(hour(3))
    return fortnight


@pytest.fixture
def sent(office: Office, told_once: ToldOnce) -> Fortnight:
    return told_once("bank faults: sent", lambda: _told_sent(make_fortnight(office)))


def at_once(fortnight: Fortnight, contents: list[bytes]) -> list[TakenIn | Refused]:
    gate = Barrier(len(contents))

    def one(content: bytes) -> TakenIn | Refused:
        gate.wait(20)
        return take_in(fortnight.office.engine, content, by=fortnight.preparer.email)

    with ThreadPoolExecutor(len(contents)) as pool:
        return list(pool.map(one, contents))


def test_ten_imports_of_one_file_at_once_take_it_in_once(sent: Fortnight) -> None:
    done = at_once(sent, [camt053(debit("30.55", f"{FILE}-1"))] * TEN)
    taken = [one for one in done if isinstance(one, TakenIn)]
    assert len(taken) == TEN
    assert [one.is_known for one in taken].count(False) == 1
    assert (state(sent, PERIOD), books(sent)) == ("paid", (0, 0, 3055))
    holds(sent)


def test_a_payment_and_its_return_at_once_end_the_same_in_any_order(sent: Fortnight) -> None:
    (one,) = transfers(sent, PERIOD)
    files = [
        file
        for number in range(TEN // 2)
        for file in (
            camt053(debit("30.55", f"{FILE}-1"), message=f"D{number}"),
            camt053(returned(one.name, one.euros), message=f"R{number}"),
        )
    ]
    at_once(sent, files)
    assert books(sent) == (3055, 0, 0)
    assert len(sent.rows("SELECT * FROM transfer_answer WHERE outcome = 'failed'")) == 1
    holds(sent)


def facts(fortnight: Fortnight) -> list[list[Any]]:
    """What an import writes, told without the numbers that a lost try uses up."""
    with psycopg.connect(superuser_dsn(fortnight.office)) as connection:
        return [
            connection.execute(query).fetchall()
            for query in (
                "SELECT kind, message_id, sha256 FROM bank_message ORDER BY 1, 2",
                "SELECT entry_no, understood, amount_cents FROM bank_finding ORDER BY 1",
                "SELECT remittance_id, outcome, reason_code FROM transfer_answer ORDER BY 1, 2",
                "SELECT kind, wallet, amount_cents, hash FROM operation ORDER BY operation_id",
                "SELECT state FROM reimbursement_run ORDER BY run_id",
                "SELECT recipient, kind FROM waiting_mail ORDER BY 1, 2",
                "SELECT actor, action FROM journal WHERE action LIKE 'bank.%%' ORDER BY 1, 2",
            )
        ]


def test_an_import_that_is_killed_anywhere_is_before_or_after_and_goes_through_again(
    sent: Fortnight,
) -> None:
    (one,) = transfers(sent, PERIOD)
    content = camt053(debit("30.55", f"{FILE}-1"), returned(one.name, one.euros))
    by, url = sent.preparer.email, sent.office.database_url

    def work(engine: Engine) -> object:
        return take_in(engine, content, by=by)

    before, seen = facts(sent), []
    point = 1
    while dies_at(point, work, url=url):
        seen.append(facts(sent))
        point += 2
    after = facts(sent)
    assert point > 10, "an import has more steps than these"
    assert before != after
    assert all(one in (before, after) for one in seen)
    taken = take(sent, content)
    assert taken.is_known and dict(taken.understood) == {"paid": 1, "returned": 1}
    assert books(sent) == (3055, 0, 0)
    holds(sent)


def test_a_fault_in_the_middle_leaves_nothing_behind(
    sent: Fortnight, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(sent)
    report = pain002(FILE, Status(transfers(sent, PERIOD)[0].name), group="PART")

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the plug was pulled")

    with monkeypatch.context() as patch:
        patch.setattr("clearing.run.answer.settle_run", fails)
        with pytest.raises(RuntimeError):
            take(sent, report)
    assert everything(sent) == before
    take(sent, report)
    holds(sent)
