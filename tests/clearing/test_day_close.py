"""Télécollecte: every day, every partner, oldest first, once (C69)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger import post
from cardservice.ledger.proofs import prove
from cardservice.services.show_day_close import show_day_close
from clearing.day_close import close_days
from tests.clearing.story import Fortnight
from tests.conftest import Clock
from tests.ledger.straight import at_once

TODAY = date(2026, 11, 22)


def test_a_day_that_is_not_over_is_not_closed(fortnight: Fortnight, clock: Clock) -> None:
    clock.set(datetime(2026, 11, 22, 22, 59, 50, tzinfo=UTC))
    refused = close_days(fortnight.office.engine, TODAY)
    assert isinstance(refused, Refused) and refused.code == "day_not_over"
    assert fortnight.rows("SELECT * FROM day_block") == []


def test_a_day_is_closed_from_paris_midnight_on(fortnight: Fortnight, clock: Clock) -> None:
    clock.set(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))
    done = close_days(fortnight.office.engine, TODAY)
    assert not isinstance(done, Refused)
    assert [seal.day for seal in done] == [TODAY]


def test_missed_days_are_caught_up_oldest_first_the_empty_ones_too(
    fortnight: Fortnight, clock: Clock
) -> None:
    clock.set(datetime(2026, 11, 27, 9, tzinfo=UTC))
    done = close_days(fortnight.office.engine, date(2026, 11, 26))
    assert not isinstance(done, Refused)
    assert [seal.day.day for seal in done] == [22, 23, 24, 25, 26]
    closes = fortnight.rows("SELECT * FROM day_close WHERE partner_id > 0")
    assert [(one.debits, one.amount_cents) for one in closes] == [(0, 0)] * 5


def test_closing_again_makes_nothing_new(fortnight: Fortnight, clock: Clock) -> None:
    fortnight.sell(1055)
    fortnight.end()
    before = fortnight.rows("SELECT * FROM day_close ORDER BY 1, 2")
    for until in (date(2026, 11, 30), date(2026, 11, 25), date(2026, 11, 1)):
        assert close_days(fortnight.office.engine, until) == []
    assert fortnight.rows("SELECT * FROM day_close ORDER BY 1, 2") == before


def test_a_close_cut_between_marker_and_seal_is_finished_by_the_next(
    fortnight: Fortnight, clock: Clock
) -> None:
    fortnight.sell(1055)
    clock.set(datetime(2026, 11, 24, 9, tzinfo=UTC))
    with unit_of_work(fortnight.office.engine) as connection:
        post.close_day(connection, TODAY)
    done = close_days(fortnight.office.engine, date(2026, 11, 23))
    assert not isinstance(done, Refused)
    assert [seal.day.day for seal in done] == [22, 23]
    assert prove(fortnight.office.engine).ok


def test_ten_closers_at_once_close_each_day_once(fortnight: Fortnight, clock: Clock) -> None:
    fortnight.sell(1055)
    clock.set(datetime(2026, 11, 27, 9, tzinfo=UTC))
    done = at_once([lambda: close_days(fortnight.office.engine, date(2026, 11, 26))] * 10)
    days = sorted(seal.day.day for one in done if not isinstance(one, Refused) for seal in one)
    assert days == [22, 23, 24, 25, 26]
    assert prove(fortnight.office.engine).ok


def test_progress_tells_how_many_days_are_done(fortnight: Fortnight, clock: Clock) -> None:
    clock.set(datetime(2026, 11, 25, 9, tzinfo=UTC))
    told: list[tuple[int, int]] = []
    close_days(
        fortnight.office.engine,
        date(2026, 11, 24),
        progress=lambda done, every: told.append((done, every)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("opens", "last_second", "next_day"),
    [
        # 25 hours, then 23 hours; Paris midnight moves from 22:00 to 23:00 UTC and back.
        ((2026, 10, 24, 22, 0), (2026, 10, 25, 22, 59, 50), (2026, 10, 25, 23, 0)),
        ((2027, 3, 27, 23, 0), (2027, 3, 28, 21, 59, 50), (2027, 3, 28, 22, 0)),
    ],
)
def test_the_day_of_the_clock_change_counts_all_its_hours_and_no_other(
    fortnight: Fortnight,
    clock: Clock,
    opens: tuple[int, ...],
    last_second: tuple[int, ...],
    next_day: tuple[int, ...],
) -> None:
    for cents, instant in ((1, opens), (10, last_second), (100, next_day)):
        clock.set(datetime(*instant, tzinfo=UTC))
        fortnight.sell(cents)
    day = datetime(*opens[:3], tzinfo=UTC).date()
    changed = date(day.year, day.month, day.day + 1)
    clock.set(datetime(changed.year, changed.month, changed.day + 2, 9, tzinfo=UTC))
    close_days(fortnight.office.engine, changed)
    (close,) = fortnight.rows(
        "SELECT * FROM day_close WHERE partner_id > 0 AND business_day = %s", changed
    )
    assert (close.debits, close.amount_cents) == (2, 11)


def test_a_partner_is_shown_his_own_day(fortnight: Fortnight, clock: Clock) -> None:
    beside = fortnight.add_partner()
    fortnight.sell(1055)
    fortnight.sell(70, at=beside)
    fortnight.end()
    found = [
        show_day_close(fortnight.office.engine, partner_id=one.partner_id, day=TODAY)
        for one in fortnight.partners
    ]
    assert [one and one.amount_cents for one in found] == [1055, 70]
