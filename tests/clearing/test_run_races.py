"""A step that ten people take at once is taken once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pyotp

from cardservice.domain.refusal import Refused
from clearing.run.approve import approve_run
from clearing.run.record import Run
from tests import makers
from tests.clearing.story import PERIOD, Fortnight

TEN = 10
T = TypeVar("T")


def at_once(work: Callable[[int], T]) -> list[T]:
    """What ten threads get that begin together."""
    gate = threading.Barrier(TEN)

    def one(number: int) -> T:
        gate.wait(20)
        return work(number)

    with ThreadPoolExecutor(TEN) as threads:
        return list(threads.map(one, range(TEN)))


def sold(fortnight: Fortnight) -> Fortnight:
    fortnight.sell(1_000)
    fortnight.sell(2_450)
    fortnight.end()
    return fortnight


def test_ten_drafts_at_once_are_one_run(fortnight: Fortnight) -> None:
    sold(fortnight)
    drafts = at_once(lambda _: fortnight.draft())
    assert {one.run_id for one in drafts if isinstance(one, Run)} == {fortnight.run().run_id}
    assert not [one for one in drafts if isinstance(one, Refused)]
    (runs,) = fortnight.rows("SELECT count(*) AS n FROM reimbursement_run")
    (lines,) = fortnight.rows("SELECT count(*) AS n, sum(amount_cents) AS c FROM remittance_line")
    assert (runs.n, lines.n, lines.c) == (1, 2, 3_450)


def test_ten_exports_at_once_book_once_and_hand_out_one_file(fortnight: Fortnight) -> None:
    sold(fortnight).run_until("approved")
    exports = at_once(lambda _: fortnight.export())
    assert {one.state for one in exports if isinstance(one, Run)} == {"exported"}
    assert not [one for one in exports if isinstance(one, Refused)]
    (booked,) = fortnight.rows(
        "SELECT count(*) AS n, sum(amount_cents) AS c FROM operation WHERE kind = 'reimbursement'"
    )
    (files,) = fortnight.rows("SELECT count(*) AS n FROM document WHERE kind = 'pain001'")
    assert (booked.n, booked.c, files.n) == (1, 3_450, 1)


def test_of_ten_approvals_at_once_one_gives_the_numbers(fortnight: Fortnight) -> None:
    sold(fortnight).run_until("submitted")
    approvers = [makers.make_agent(fortnight.office) for _ in range(TEN)]

    def approve(number: int) -> Run | Refused:
        agent = approvers[number]
        return approve_run(
            fortnight.office.engine,
            fortnight.office.keys,
            PERIOD,
            by=agent.email,
            total_cents=3_450,
            totp=pyotp.TOTP(agent.totp_secret).now(),
        )

    answers = at_once(approve)
    assert [one for one in answers if isinstance(one, Run)]
    (approvals,) = fortnight.rows("SELECT count(*) AS n FROM run_event WHERE state = 'approved'")
    (numbered,) = fortnight.rows("SELECT min(number) AS a, max(number) AS z FROM remittance")
    assert (approvals.n, numbered.a, numbered.z) == (1, 1, 1)
