"""The box's figures of a day against the service's, open and closed (télécollecte)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api_client.answers import Approved, Difference, NoAnswer, Problem
from api_client.backoff import Patience
from api_client.entries import Order
from api_client.journal import Journal
from api_client.settle import take_debit
from api_client.transport import Line
from clearing.day_close import close_days
from tests.conftest import Clock
from tests.terminals.conftest import Service
from tests.terminals.scripted_line import BUSY, REVOKED, SILENCE
from tpe_client.compare_days import compare_days

SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 11, 23)
MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Paris"))
NewOrder = Callable[..., Order]


def sell(line: Line, journal: Journal, order: Order, *, patience: Patience) -> Approved:
    answer = take_debit(line, journal, order, pin=None, patience=patience)
    assert isinstance(answer, Approved)
    return answer


def test_a_closed_day_agrees(
    service: Service,
    line: Line,
    journal: Journal,
    new_order: NewOrder,
    eager: Patience,
    clock: Clock,
) -> None:
    sell(line, journal, new_order(), patience=eager)
    clock.set(MONDAY_MORNING)
    close_days(service.office.engine, SUNDAY)
    compared = compare_days(line, journal, today=MONDAY)
    assert isinstance(compared, tuple)
    today, sunday = compared
    assert (today.business_day, today.count, today.is_closed) == (MONDAY, 0, False)
    assert (sunday.business_day, sunday.count, sunday.amount_cents) == (SUNDAY, 1, 1055)
    assert sunday.is_closed and not (today.differences or sunday.differences or sunday.strays)


def test_a_day_that_is_not_closed_yet_is_not_judged(
    line: Line, journal: Journal, new_order: NewOrder, eager: Patience, clock: Clock
) -> None:
    sell(line, journal, new_order(), patience=eager)
    clock.set(MONDAY_MORNING)
    compared = compare_days(line, journal, today=MONDAY)
    assert isinstance(compared, tuple) and [one.business_day for one in compared] == [MONDAY]


def test_a_lost_journal_shows_as_a_difference(
    line: Line, journal: Journal, new_order: NewOrder, eager: Patience, tmp_path: Path
) -> None:
    sell(line, journal, new_order(), patience=eager)
    with Journal.open(tmp_path / "other.sqlite") as empty:
        compared = compare_days(line, empty, today=SUNDAY)
    assert isinstance(compared, tuple)
    assert compared[0].differences == (
        Difference("count", 0, 1),
        Difference("amount_cents", 0, 1055),
    )


def test_a_service_that_does_not_answer_for_the_closed_day_is_no_agreement(
    line: Line, journal: Journal, new_order: NewOrder, eager: Patience, clock: Clock
) -> None:
    sell(line, journal, new_order(), patience=eager)
    clock.set(MONDAY_MORNING)
    for answer in (BUSY, REVOKED, Problem(429, "too_many_requests", "…", 60), SILENCE):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(line, "compare", lambda *_, said=answer, **__: said)
            assert compare_days(line, journal, today=MONDAY) == answer


def test_a_day_that_is_not_closed_yet_does_not_hide_an_earlier_one(
    service: Service,
    line: Line,
    journal: Journal,
    new_order: NewOrder,
    eager: Patience,
    clock: Clock,
) -> None:
    sell(line, journal, new_order(), patience=eager)
    clock.set(MONDAY_MORNING)
    close_days(service.office.engine, SUNDAY)
    sell(line, journal, new_order(), patience=eager)
    clock.set(MONDAY_MORNING + timedelta(days=1))
    compared = compare_days(line, journal, today=MONDAY + timedelta(days=1))
    assert isinstance(compared, tuple)
    assert [one.business_day for one in compared] == [MONDAY + timedelta(days=1), SUNDAY]


def test_the_day_is_the_services_whatever_the_boxs_clock_believes(
    line: Line, journal: Journal, new_order: NewOrder, eager: Patience
) -> None:
    sell(line, journal, new_order(), patience=eager)
    compared = compare_days(line, journal, today=SUNDAY - timedelta(days=400))
    assert isinstance(compared, tuple)
    assert compared[0].business_day == SUNDAY and not compared[0].differences


def test_without_network_there_is_no_comparison(
    make_line: Callable[..., Line], journal: Journal
) -> None:
    line = make_line(base_url="http://127.0.0.1:9")
    assert isinstance(compare_days(line, journal, today=SUNDAY), NoAnswer)
