"""Two fortnights on the desk at once, and what nobody can do to be paid twice."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from clearing.run.record import Run
from tests.clearing.story import (
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
)


@pytest.fixture
def two(fortnight: Fortnight) -> Fortnight:
    """Two ended fortnights with a sale each, both drafted, none submitted."""
    fortnight.sell(1000)
    fortnight.end()
    assert isinstance(fortnight.draft(PERIOD), Run)
    fortnight.sell(700)
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    assert isinstance(fortnight.draft(NEXT_PERIOD), Run)
    return fortnight


@pytest.fixture
def sold(fortnight: Fortnight) -> Fortnight:
    """An ended fortnight with one sale."""
    fortnight.sell(1000)
    fortnight.end()
    return fortnight


@pytest.mark.parametrize("order", [(PERIOD, NEXT_PERIOD), (NEXT_PERIOD, PERIOD)])
def test_two_drafted_fortnights_are_submitted_in_any_order(
    two: Fortnight, order: tuple[str, str]
) -> None:
    for period in order:
        step = two.submit(period)
        assert isinstance(step, Run), step
    assert [two.run(period).transfers_cents for period in (PERIOD, NEXT_PERIOD)] == [1000, 700]


def test_the_earlier_fortnight_is_paid_after_the_later_one(two: Fortnight) -> None:
    assert two.run_until("exported", NEXT_PERIOD).transfers_cents == 700
    assert two.run_until("exported", PERIOD).transfers_cents == 1000
    assert prove(two.office.engine).ok


def test_the_application_cannot_free_a_paid_debit_for_a_second_run(sold: Fortnight) -> None:
    sold.run_until("exported")
    with (
        psycopg.connect(sold.office.database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("UPDATE remittance_line SET live = false")


def test_the_owner_cannot_free_a_paid_debit_either(sold: Fortnight) -> None:
    sold.run_until("exported")
    assert sold.office.private_server is not None
    with (
        psycopg.connect(sold.office.private_server.url("cjeune_owner")) as connection,
        pytest.raises(psycopg.errors.RaiseException),
    ):
        connection.execute("UPDATE remittance_line SET live = false")


CHANGES = {
    ("remittance_line", "amount_cents"): "UPDATE remittance_line SET amount_cents = 1001",
    ("remittance", "gross_cents"): "UPDATE remittance SET gross_cents = 1, transfer_cents = 1",
    ("document", "content"): "UPDATE document SET content = content || '\\x20'",
}


@pytest.mark.parametrize(("table", "field"), sorted(CHANGES))
def test_the_proof_names_what_was_changed_about_a_paid_run(
    sold: Fortnight, superuser: Callable[[str], None], table: str, field: str
) -> None:
    sold.run_until("exported")
    assert prove(sold.office.engine).ok
    superuser(CHANGES[table, field])
    difference = prove(sold.office.engine).first_difference
    assert difference is not None
    assert (difference.table, difference.field) == (table, field)


def test_the_proof_names_a_debit_that_stands_in_two_runs(
    sold: Fortnight, superuser: Callable[[str], None]
) -> None:
    sold.run_until("exported")
    superuser("UPDATE remittance_line SET live = false")
    sold.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    assert not isinstance(sold.draft(NEXT_PERIOD), Refused)
    difference = prove(sold.office.engine).first_difference
    assert difference is not None
    assert (difference.table, difference.field) == ("remittance_line", "operation_id")
