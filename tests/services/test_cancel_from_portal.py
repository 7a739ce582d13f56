"""Cancelling from the portal's list: until midnight, once, whoever looks on (C60, C61, C36)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.transactions import Scope, one
from cardservice.services.cancel_debit import CancellationAnswer
from cardservice.services.cancel_from_portal import cancel_from_portal
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.suspend_partner import suspend_partner
from cardservice.wiring import Office
from tests.conftest import Clock
from tests.services.street_of_delegates import Street, make_street

# The day of A_MORNING ends at 23:00 UTC.
LAST_SECOND = datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC)
NEXT_DAY = datetime(2026, 11, 22, 23, 0, 1, tzinfo=UTC)


@pytest.fixture
def street(office: Office) -> Street:
    return make_street(office)


def _scope(street: Street, at: int = 0) -> Scope:
    return Scope(street.teams[at].partner.partner_id)


def _cancel(street: Street, debit: UUID, *, at: int = 0) -> CancellationAnswer | None:
    return cancel_from_portal(
        street.office.engine,
        street.acting("cashier", at),
        _scope(street, at),
        operation_id=debit,
        reason="wrong_amount",
    )


def _state(street: Street, debit: UUID) -> str:
    with unit_of_work(street.office.engine) as connection:
        found = one(connection, _scope(street), debit)
    assert found is not None
    return found.state


def test_a_debit_of_a_physical_terminal_is_cancelled_by_a_delegate_with_a_name(
    street: Street,
) -> None:
    debit = street.sell(1055)
    answer = _cancel(street, debit)
    assert answer is not None and (answer.status, answer.outcome) == ("recorded", "cancelled")
    assert answer.balance_after_cents == 10_000
    assert _state(street, debit) == "cancelled"
    with unit_of_work(street.office.engine) as connection:
        booked = connection.execute(
            text("SELECT actor_id, outlet_id FROM operation WHERE target_id = :debit"),
            {"debit": debit},
        ).one()
    assert tuple(booked) == (street.person("cashier"), street.outlets()[0])


def test_two_screens_cancel_once(street: Street) -> None:
    debit = street.sell(2000)
    with ThreadPoolExecutor(8) as screens:
        answers = list(screens.map(lambda _: _cancel(street, debit), range(8)))
    assert all(answer is not None and answer.outcome == "cancelled" for answer in answers)
    assert sorted(answer.status for answer in answers if answer is not None) == [
        "recorded",
        *["replayed"] * 7,
    ]
    assert street.count("SELECT balance_cents FROM wallet WHERE wallet = :w", w=_SPORT) == 10_000
    assert street.count("SELECT count(*) FROM operation WHERE outcome = 'cancelled'") == 1


_SPORT = "sport_culture_leisure"


def test_the_last_second_of_the_day_still_cancels_and_the_next_one_does_not(
    street: Street,
) -> None:
    in_time, too_late = street.sell(500), street.sell(700)
    clock = Clock(street.office)
    clock.set(LAST_SECOND.replace(second=40))
    answer = _cancel(street, in_time)
    assert answer is not None and answer.outcome == "cancelled"
    clock.set(NEXT_DAY)
    answer = _cancel(street, too_late)
    assert answer is not None and answer.code == "cancellation_day_over"
    assert _state(street, too_late) == "accepted"
    assert street.count("SELECT count(*) FROM operation WHERE outcome = 'cancelled'") == 1


def test_a_refused_debit_has_nothing_to_cancel(street: Street) -> None:
    answer = _cancel(street, street.sell(500, refused="wallet_not_accepted"))
    assert answer is not None and answer.code == "debit_was_declined"


def test_a_suspended_partner_without_agreement_and_terminal_still_cancels(
    street: Street,
) -> None:
    debit, shop = street.sell(900), street.teams[0].partner
    suspend_partner(street.office.engine, partner_name=shop.siret, actor="test")
    till = street.tills[street.outlets()[0]]
    revoke_terminal(street.office.engine, terminal_id=till.public_id, actor="test")
    with unit_of_work(street.office.engine) as connection:
        connection.execute(
            text("UPDATE agreement SET ends_before = '2026-11-22' WHERE agreement_id = :id"),
            {"id": shop.agreement_id},
        )
    answer = _cancel(street, debit)
    assert answer is not None and answer.outcome == "cancelled"


def test_a_foreign_or_unknown_debit_is_not_there_and_leaves_no_tombstone(street: Street) -> None:
    theirs = street.sell(900, at=1)
    assert _cancel(street, theirs) is None
    assert _cancel(street, uuid4()) is None
    assert street.count("SELECT count(*) FROM operation WHERE kind = 'cancellation'") == 0
