"""The money function, called straight: what it answers, what it books, what it never does.

C53 (never above the balance), C58 (PIN), C60 (cancellation), C72 to C76 (refusals).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from cardservice.domain.refusal import Refused
from cardservice.services.activate_card import activate_card
from cardservice.services.block_card import block_card
from cardservice.services.pause_card import pause_card
from cardservice.services.replace_card import replace_card
from cardservice.services.resume_card import resume_card
from tests import makers
from tests.conftest import A_MORNING, Clock, superuser_dsn
from tests.counter import SPORT, TUTORING
from tests.ledger.straight import (
    Street,
    books,
    cancel,
    debit,
    operations_of,
    wallet_of,
)

Connect = Callable[[], psycopg.Connection]
RIGHT, WRONG = makers.PIN, "0007"
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    return connect()


def test_a_debit_takes_its_cents_and_tells_what_is_left(
    street: Street, db: psycopg.Connection
) -> None:
    answer = debit(db, street.call(1055))
    assert (answer.status, answer.outcome, answer.code) == ("recorded", "approved", None)
    assert (answer.amount_cents, answer.balance_after_cents) == (1055, 8945)
    assert answer.wallet == SPORT and answer.last4 == street.card.code[-4:]
    assert wallet_of(db, street.card).balance_cents == 8945


def test_a_debit_leaves_one_row_with_all_that_was_answered(
    street: Street, db: psycopg.Connection
) -> None:
    answer = debit(db, street.call(1055))
    (row,) = operations_of(db, answer.operation_id)
    assert (row.kind, row.outcome, row.code) == ("debit", "approved", None)
    assert (row.partner_id, row.outlet_id) == (street.partner.partner_id, street.partner.outlet_id)
    assert (row.terminal_id, row.card_id) == (street.till.terminal_id, street.card.card_id)
    assert (row.beneficiary_id, row.school_year) == (street.card.holder.beneficiary_id, 2026)
    assert (row.wallet, row.amount_cents, row.balance_after_cents) == (SPORT, 1055, 8945)
    # The grant was the wallet's first movement.
    assert row.wallet_seq == 2
    assert (row.accepted_at, row.business_day) == (answer.accepted_at, date(2026, 11, 22))


def test_a_debit_tells_its_holder_once_and_a_refusal_tells_nobody(
    street: Street, db: psycopg.Connection
) -> None:
    paid = debit(db, street.call(1055))
    debit(db, street.call(99_999))
    told = db.execute("SELECT operation_id FROM notification_outbox").fetchall()
    assert told == [(paid.operation_id,)]


def test_the_two_wallets_are_two(street: Street, db: psycopg.Connection) -> None:
    debit(db, street.call(1000, wallet=TUTORING))
    assert wallet_of(db, street.card, TUTORING).balance_cents == 4000
    assert wallet_of(db, street.card, SPORT).balance_cents == 10_000


def test_the_whole_balance_may_be_spent(street: Street, db: psycopg.Connection) -> None:
    assert debit(db, street.call(10_000)).balance_after_cents == 0


def test_one_cent_above_the_balance_is_refused_with_the_balance(
    street: Street, db: psycopg.Connection
) -> None:
    answer = debit(db, street.call(10_001))
    assert (answer.outcome, answer.code) == ("declined", "insufficient_balance")
    assert answer.balance_after_cents == 10_000
    assert wallet_of(db, street.card).balance_cents == 10_000


def test_an_empty_wallet_refuses_one_cent(street: Street, db: psycopg.Connection) -> None:
    debit(db, street.call(10_000))
    answer = debit(db, street.call(1))
    assert (answer.code, answer.balance_after_cents) == ("insufficient_balance", 0)


@pytest.mark.parametrize("cents", [-1, 10_001])
def test_no_wallet_is_ever_below_zero_or_above_its_grant(
    street: Street, db: psycopg.Connection, cents: int
) -> None:
    """The last line behind every program, even the database's own superuser."""
    with (
        psycopg.connect(superuser_dsn(street.office)) as superuser,
        pytest.raises(psycopg.errors.CheckViolation, match="never_below_zero"),
    ):
        superuser.execute("UPDATE wallet SET balance_cents = %s WHERE wallet = %s", [cents, SPORT])


@pytest.mark.parametrize("cents", [0, -5])
def test_a_debit_of_nothing_is_a_defect_of_ours_and_books_nothing(
    street: Street, db: psycopg.Connection, cents: int
) -> None:
    before = books(db)
    with pytest.raises(psycopg.errors.CheckViolation):
        debit(db, street.call(cents))
    assert books(db) == before


# -- refusals ------------------------------------------------------------------------------------


def blocked(street: Street) -> None:
    block_card(
        street.office.engine,
        street.office.keys,
        card_name=street.card.code,
        reason="lost",
        actor="test",
    )


def paused(street: Street) -> None:
    pause_card(street.office.engine, street.office.keys, card_name=street.card.code, actor="test")


def replaced(street: Street) -> str:
    """The code of the new card."""
    done = replace_card(
        street.office.engine,
        street.office.keys,
        card_name=street.card.code,
        draw=secrets.randbelow,
        prove=lambda code: None,
        actor="test",
    )
    assert not isinstance(done, Refused), done
    return done.card.code


SUMMER = datetime(2026, 8, 20, 10, tzinfo=UTC)
LAST_SECOND = datetime(2027, 8, 31, 21, 59, 59, tzinfo=UTC)
FIRST_OF_SEPTEMBER = datetime(2027, 8, 31, 22, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 9, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("make_it", "code"),
    [
        (blocked, "card_blocked"),
        (paused, "card_paused"),
        (replaced, "card_replaced"),
        (lambda street: Clock(street.office).set(SUMMER), "school_year_not_started"),
        (lambda street: Clock(street.office).set(FIRST_OF_SEPTEMBER), "school_year_over"),
        (lambda street: Clock(street.office).set(NEXT_YEAR), "card_obsolete"),
    ],
)
def test_a_card_that_cannot_pay_is_refused_even_if_the_balance_is_enough(
    street: Street,
    db: psycopg.Connection,
    make_it: Callable[[Street], None],
    code: str,
) -> None:
    make_it(street)
    answer = debit(db, street.call(1000))
    assert (answer.outcome, answer.code) == ("declined", code)
    assert wallet_of(db, street.card).balance_cents == 10_000


def test_a_card_that_was_never_activated_is_refused(street: Street, db: psycopg.Connection) -> None:
    issued = makers.make_card(street.office, pin=None)
    assert debit(db, street.call(1000, card=issued)).code == "card_not_activated"


def test_a_resumed_card_pays_again(street: Street, db: psycopg.Connection) -> None:
    paused(street)
    resume_card(street.office.engine, street.office.keys, card_name=street.card.code, actor="test")
    assert debit(db, street.call(1000)).outcome == "approved"


def test_a_card_without_money_is_refused(street: Street, db: psycopg.Connection) -> None:
    youth = makers.make_card(street.office, makers.make_youth(street.office))
    assert debit(db, street.call(1000, card=youth)).code == "holder_has_no_wallets"


def test_a_wallet_nobody_has_is_refused(street: Street, db: psycopg.Connection) -> None:
    assert debit(db, street.call(1000, wallet="groceries")).code == "holder_has_no_wallets"


@pytest.mark.parametrize(
    "verdict",
    [
        "holder_has_no_wallets",
        "agreement_not_in_force",
        "wallet_not_accepted",
        "identity_not_checked",
        "amount_above_terminal_limit",
    ],
)
def test_the_rulebooks_verdict_is_answered_and_stored(
    street: Street, db: psycopg.Connection, verdict: str
) -> None:
    answer = debit(db, street.call(1000, verdict=verdict))
    (row,) = operations_of(db, answer.operation_id)
    assert (answer.code, row.code, row.outcome) == (verdict, verdict, "declined")
    assert (row.balance_after_cents, row.wallet_seq, row.amount_cents) == (None, None, 1000)


@pytest.mark.parametrize("make_it", [blocked, paused, replaced])
def test_the_cards_own_refusal_goes_before_the_rulebooks(
    street: Street, db: psycopg.Connection, make_it: Callable[[Street], None]
) -> None:
    make_it(street)
    answer = debit(db, street.call(1000, verdict="agreement_not_in_force"))
    assert answer.code is not None and answer.code.startswith("card_")


def test_a_state_of_the_card_goes_before_its_year(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    blocked(street)
    clock.set(NEXT_YEAR)
    assert debit(db, street.call(1000)).code == "card_blocked"


def test_the_rulebooks_verdict_goes_before_the_balance(
    street: Street, db: psycopg.Connection
) -> None:
    assert debit(db, street.call(10_001, verdict="wallet_not_accepted")).code == (
        "wallet_not_accepted"
    )


def test_the_balance_goes_before_the_pin_and_costs_no_try(
    street: Street, db: psycopg.Connection
) -> None:
    assert debit(db, street.pin_call(10_001, WRONG)).code == "insufficient_balance"
    assert debit(db, street.pin_call(1000, WRONG)).tries_left == 2


def test_a_refusal_changes_nothing_but_its_own_row(street: Street, db: psycopg.Connection) -> None:
    before = books(db)
    answer = debit(db, street.call(10_001))
    operations, *others = books(db)
    assert operations == [*before[0], *operations_of(db, answer.operation_id)]
    assert others == before[1:]


# -- the PIN -------------------------------------------------------------------------------------


def test_the_right_pin_is_noted_on_the_row(street: Street, db: psycopg.Connection) -> None:
    answer = debit(db, street.pin_call(1000, RIGHT))
    (row,) = operations_of(db, answer.operation_id)
    assert (row.outcome, row.pin_checked) == ("approved", True)


def test_a_till_that_asks_for_the_pin_gets_no_money_without_it(
    street: Street, db: psycopg.Connection
) -> None:
    answer = debit(db, street.pin_call(1000, None))
    assert (answer.code, answer.tries_left) == ("pin_required", None)
    assert debit(db, street.pin_call(1000, WRONG)).tries_left == 2


def test_three_wrong_pins_block_it_and_the_right_one_comes_too_late(
    street: Street, db: psycopg.Connection
) -> None:
    answers = [debit(db, street.pin_call(1000, WRONG)) for _ in range(3)]
    assert [(one.code, one.tries_left) for one in answers] == [
        ("pin_wrong", 2),
        ("pin_wrong", 1),
        ("pin_wrong", 0),
    ]
    assert debit(db, street.pin_call(1000, RIGHT)).code == "pin_blocked"
    assert wallet_of(db, street.card).balance_cents == 10_000


def test_a_right_pin_gives_the_three_tries_back(street: Street, db: psycopg.Connection) -> None:
    for _ in range(2):
        debit(db, street.pin_call(1000, WRONG))
    debit(db, street.pin_call(1000, RIGHT))
    assert debit(db, street.pin_call(1000, WRONG)).tries_left == 2


def test_a_blocked_pin_stops_no_till_that_does_not_ask(
    street: Street, db: psycopg.Connection
) -> None:
    for _ in range(3):
        debit(db, street.pin_call(1000, WRONG))
    assert debit(db, street.call(1000)).outcome == "approved"


def test_a_replayed_wrong_pin_costs_no_second_try(street: Street, db: psycopg.Connection) -> None:
    call = street.pin_call(1000, WRONG)
    first, second = debit(db, call), debit(db, call)
    assert (second.status, second.tries_left) == ("replayed", first.tries_left)
    assert debit(db, street.pin_call(1000, WRONG)).tries_left == 1


def test_the_tries_belong_to_the_holder_and_not_to_the_card(
    street: Street, db: psycopg.Connection
) -> None:
    debit(db, street.pin_call(1000, WRONG))
    code = replaced(street)
    activate_card(street.office.engine, street.office.keys, reading=code, pin=None, actor="test")
    (new_card,) = db.execute("SELECT card_id FROM card WHERE state = 'active'").fetchone() or (0,)
    assert debit(db, street.pin_call(1000, WRONG, card_id=new_card)).tries_left == 1


# -- the same id again ---------------------------------------------------------------------------


@pytest.mark.parametrize("cents", [1055, 10_001])
def test_the_same_request_again_gets_the_same_facts_and_books_nothing(
    street: Street, db: psycopg.Connection, cents: int
) -> None:
    call = street.call(cents)
    first = debit(db, call)
    after = books(db)
    assert debit(db, call) == first._replace(status="replayed")
    assert books(db) == after


def test_a_retry_of_the_debit_that_emptied_the_wallet_is_still_approved(
    street: Street, db: psycopg.Connection
) -> None:
    call = street.call(10_000)
    debit(db, call)
    assert debit(db, call).outcome == "approved"


@pytest.mark.parametrize(
    "members",
    [
        {"until": A_MORNING - timedelta(days=1)},
        {"suspended": True},
        {"verdict": "agreement_not_in_force"},
        {"pin_due": True},
        {"terminal_id": 999_999, "outlet_id": 999_999},
        {"card_id": None, "suspended": True},
    ],
)
def test_whatever_has_changed_since_the_stored_answer_stands(
    street: Street, db: psycopg.Connection, members: dict[str, object]
) -> None:
    call = street.call(1055)
    first = debit(db, call)
    blocked(street)
    assert debit(db, replace(call, **members)) == first._replace(status="replayed")


@pytest.mark.parametrize("members", [{"amount_cents": 1056}, {"wallet": TUTORING}])
def test_the_same_id_with_another_content_is_reused_and_books_nothing(
    street: Street, db: psycopg.Connection, members: dict[str, object]
) -> None:
    call = street.call(1055)
    debit(db, call)
    after = books(db)
    assert debit(db, replace(call, **members)).status == "reused"
    assert books(db) == after


def test_the_same_id_with_another_card_is_reused(street: Street, db: psycopg.Connection) -> None:
    call = street.call(1055)
    debit(db, call)
    other = makers.make_card(street.office)
    assert debit(db, replace(call, card_id=other.card_id)).status == "reused"


def test_another_partners_id_is_reused_and_tells_nothing(
    street: Street, db: psycopg.Connection
) -> None:
    call = street.call(1055)
    debit(db, call)
    stranger = makers.make_partner(street.office)
    answer = debit(db, replace(call, partner_id=stranger.partner_id))
    assert answer == ("reused", *[None] * 11)


def test_the_id_of_a_grant_is_nobodys_debit(street: Street, db: psycopg.Connection) -> None:
    (granted,) = db.execute(
        "SELECT operation_id FROM operation WHERE kind = 'grant' LIMIT 1"
    ).fetchone() or (None,)
    assert debit(db, street.call(1055, operation_id=granted)).status == "reused"


# -- what decides nothing stores nothing ---------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"suspended": True}, "suspended"),
        ({"until": A_MORNING - timedelta(seconds=1)}, "expired"),
        ({"card_id": None}, "expired"),
        # A suspension is the first thing a new debit meets.
        ({"suspended": True, "card_id": None}, "suspended"),
        ({"suspended": True, "until": A_MORNING - timedelta(days=1)}, "suspended"),
    ],
)
def test_what_was_not_decided_is_not_stored_and_the_id_may_come_again(
    street: Street, db: psycopg.Connection, members: dict[str, object], status: str
) -> None:
    before = books(db)
    call = street.call(1055)
    assert debit(db, replace(call, **members)) == (status, *[None] * 11)
    assert books(db) == before
    assert debit(db, call).outcome == "approved"


def test_an_identification_ends_at_its_very_instant(
    street: Street, db: psycopg.Connection, stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(A_MORNING)
    assert debit(db, street.call(1000, until=A_MORNING)).status == "expired"
    assert debit(db, street.call(1000, until=A_MORNING + MICROSECOND)).status == "recorded"


# -- cancellations -------------------------------------------------------------------------------


def test_a_cancellation_gives_the_whole_debit_back_once(
    street: Street, db: psycopg.Connection
) -> None:
    call = street.call(1055)
    debit(db, call)
    first, second = cancel(db, call, reason="mistake"), cancel(db, call)
    assert (first.outcome, first.balance_after_cents) == ("cancelled", 10_000)
    assert second == first._replace(status="replayed")
    assert wallet_of(db, street.card).balance_cents == 10_000


@pytest.mark.parametrize("make_it", [blocked, paused, replaced])
def test_a_cancellation_credits_the_wallet_whatever_has_become_of_the_card(
    street: Street, db: psycopg.Connection, make_it: Callable[[Street], None]
) -> None:
    call = street.call(1055)
    debit(db, call)
    make_it(street)
    assert cancel(db, call).balance_after_cents == 10_000


def test_after_a_cancellation_the_debits_id_still_gets_its_approval_and_moves_nothing(
    street: Street, db: psycopg.Connection
) -> None:
    call = street.call(1055)
    first = debit(db, call)
    cancel(db, call)
    after = books(db)
    assert debit(db, call) == first._replace(status="replayed")
    assert books(db) == after


def test_a_refused_debit_cannot_be_cancelled_and_that_answer_is_stored(
    street: Street, db: psycopg.Connection
) -> None:
    call = street.call(10_001)
    debit(db, call)
    first, second = cancel(db, call), cancel(db, call)
    assert (first.outcome, first.code) == ("declined", "debit_was_declined")
    assert second == first._replace(status="replayed")


def test_the_day_after_nothing_can_be_cancelled(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    call = street.call(1055)
    debit(db, call)
    clock.set(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))
    answer = cancel(db, call)
    assert (answer.outcome, answer.code) == ("declined", "cancellation_day_over")
    assert wallet_of(db, street.card).balance_cents == 8945


def test_until_the_last_second_of_its_paris_day_a_debit_can_be_cancelled(
    street: Street, db: psycopg.Connection, clock: Clock
) -> None:
    call = street.call(1055)
    debit(db, call)
    clock.set(datetime(2026, 11, 22, 22, 59, 50, tzinfo=UTC))
    assert cancel(db, call).outcome == "cancelled"


def test_another_partners_debit_cannot_be_cancelled(street: Street, db: psycopg.Connection) -> None:
    call = street.call(1055)
    debit(db, call)
    after = books(db)
    stranger = makers.make_partner(street.office)
    assert cancel(db, call, partner_id=stranger.partner_id).status == "reused"
    assert books(db) == after


def test_another_partner_learns_nothing_of_a_cancelled_debit(
    street: Street, db: psycopg.Connection
) -> None:
    call = street.call(1055)
    debit(db, call)
    cancel(db, call)
    stranger = makers.make_partner(street.office)
    answer = cancel(db, call, partner_id=stranger.partner_id)
    assert answer == ("reused", *[None] * 7)


def test_a_debit_that_comes_after_its_cancellation_is_declined_and_stored(
    street: Street, db: psycopg.Connection
) -> None:
    call = street.call(1055)
    tombstone = cancel(db, call)
    assert (tombstone.outcome, tombstone.is_tombstone) == ("cancelled", True)
    assert tombstone.balance_after_cents is None
    late = debit(db, call)
    assert (late.outcome, late.code) == ("declined", "operation_cancelled")
    assert debit(db, call) == late._replace(status="replayed")
    assert wallet_of(db, street.card).balance_cents == 10_000


@pytest.mark.parametrize(
    "members",
    [
        {"until": A_MORNING - timedelta(days=1)},
        {"verdict": "agreement_not_in_force"},
        {"amount_cents": 10_001},
        {"pin_due": True},
        # A forged identification names no card: the answer is stored without one.
        {"card_id": None},
    ],
)
def test_a_tombstone_goes_before_every_other_refusal(
    street: Street, db: psycopg.Connection, members: dict[str, object]
) -> None:
    call = replace(street.call(1055), **members)
    cancel(db, call)
    blocked(street)
    assert debit(db, call).code == "operation_cancelled"


def test_another_partners_tombstone_makes_the_id_reused(
    street: Street, db: psycopg.Connection
) -> None:
    call = street.call(1055)
    cancel(db, call)
    stranger = makers.make_partner(street.office)
    assert debit(db, replace(call, partner_id=stranger.partner_id)).status == "reused"
    assert len(operations_of(db, call.operation_id)) == 1


def test_a_reason_is_kept_apart_from_the_money(street: Street, db: psycopg.Connection) -> None:
    call = street.call(1055)
    debit(db, call)
    cancel(db, call, reason="wrong_amount")
    cancel(db, call, reason="mistake")
    assert db.execute("SELECT reason FROM cancellation_reason").fetchall() == [("wrong_amount",)]


# -- days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 22, 22, 59, 50, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 22, 23, 0, tzinfo=UTC), date(2026, 11, 23)),
        # The two nights of the clock change, before and after.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2027, 3, 27, 23, 30, tzinfo=UTC), date(2027, 3, 28)),
        (datetime(2027, 3, 28, 21, 59, 50, tzinfo=UTC), date(2027, 3, 28)),
        (datetime(2027, 3, 28, 22, 0, tzinfo=UTC), date(2027, 3, 29)),
    ],
)
def test_a_debit_belongs_to_its_day_in_paris(
    street: Street, db: psycopg.Connection, clock: Clock, instant: datetime, day: date
) -> None:
    clock.set(instant)
    assert debit(db, street.call(1000)).business_day == day


def test_the_last_second_of_august_passes(
    street: Street, db: psycopg.Connection, stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(LAST_SECOND)
    assert debit(db, street.call(1000)).outcome == "approved"
