"""The debit's whole road: reading, register, verdict, lane, money function.

What the rulebook decides here (agreement, wallet, identity, limit) must be what is booked, and the
check must say the same without booking.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from cardservice.services.identify_card import Identified, NotIdentified
from cardservice.services.suspend_partner import suspend_partner
from cardservice.wiring import Office
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.counter import SPORT, TUTORING, Counter
from tests.ledger.straight import Street, books, operations_of, wallet_of

RIGHT, WRONG = makers.PIN, "0007"


@pytest.fixture
def db(connect: Callable[[], psycopg.Connection]) -> psycopg.Connection:
    return connect()


def test_a_card_that_was_read_pays_at_the_till_that_read_it(
    street: Street, counter: Counter, db: psycopg.Connection
) -> None:
    answer = counter.debit(street.till, street.card, 1055)
    assert (answer.status, answer.outcome, answer.balance_after_cents) == (
        "recorded",
        "approved",
        8945,
    )
    (row,) = operations_of(db, answer.operation_id)
    assert (row.partner_id, row.terminal_id, row.actor_id) == (
        street.partner.partner_id,
        street.till.terminal_id,
        None,
    )


def test_a_reading_shows_the_wallets_that_the_agreement_covers(
    office: Office, street: Street, counter: Counter
) -> None:
    library = makers.make_partner(office, wallets=TUTORING)
    till = makers.make_terminal(office, library)
    found = counter.read(till, street.card.code)
    assert isinstance(found, Identified)
    assert found.wallets == {TUTORING: 5000}


def test_a_reading_leads_to_the_same_answer_whatever_is_wrong_with_it(
    street: Street, counter: Counter
) -> None:
    answers = [
        counter.read(street.till, reading)
        for reading in ("0000 0000 0000 00", "not a code", "x" * 200, "é", " ")
    ]
    assert {(type(one), getattr(one, "code", None)) for one in answers} == {
        (NotIdentified, "card_unknown")
    }


def test_one_identification_serves_any_number_of_debits(street: Street, counter: Counter) -> None:
    identification = counter.identify(street.till, street.card)
    answers = [counter.ask(street.till, identification, 10) for _ in range(3)]
    assert [one and one.balance_after_cents for one in answers] == [9990, 9980, 9970]


def test_an_identification_serves_five_minutes(
    street: Street, counter: Counter, clock: Clock
) -> None:
    identification = counter.identify(street.till, street.card)
    clock.set(A_MORNING + timedelta(minutes=4, seconds=50))
    in_time = counter.ask(street.till, identification, 10)
    clock.set(A_MORNING + timedelta(minutes=5, seconds=10))
    too_late = counter.ask(street.till, identification, 10)
    assert (in_time and in_time.status, too_late and too_late.status) == ("recorded", "expired")


def test_another_terminals_identification_buys_nothing(
    office: Office, street: Street, counter: Counter, db: psycopg.Connection
) -> None:
    beside = makers.make_terminal(office, street.partner, label="Caisse 2")
    before = books(db)
    answer = counter.ask(beside, counter.identify(street.till, street.card), 10)
    assert answer is not None and answer.status == "expired"
    assert books(db) == before


def test_a_forged_identification_buys_nothing(
    street: Street, counter: Counter, db: psycopg.Connection
) -> None:
    true = counter.identify(street.till, street.card)
    before = books(db)
    for forged in (true[:-4] + "AAAA", true[1:], "x", ""):
        answer = counter.ask(street.till, forged, 10)
        assert answer is not None and answer.status == "expired"
    assert books(db) == before


def test_a_replay_is_known_though_another_till_or_nobody_identified_the_card(
    office: Office, street: Street, counter: Counter
) -> None:
    beside = makers.make_terminal(office, street.partner, label="Caisse 2")
    identification = counter.identify(street.till, street.card)
    operation_id = uuid4()
    first = counter.ask(street.till, identification, 1055, operation_id=operation_id)
    assert first is not None
    for till, shown in ((beside, identification), (street.till, "forged")):
        again = counter.ask(till, shown, 1055, operation_id=operation_id)
        assert again == first._replace(status="replayed")


@pytest.mark.parametrize(
    ("agreement", "wallet", "code"),
    [
        ({"ends_on": "2026-11-21"}, SPORT, "agreement_not_in_force"),
        ({"starts_on": "2026-11-23"}, SPORT, "agreement_not_in_force"),
        ({"wallets": TUTORING}, SPORT, "wallet_not_accepted"),
        ({"ends_on": "2026-11-22"}, SPORT, None),
        ({"starts_on": "2026-11-22"}, SPORT, None),
        ({"wallets": TUTORING}, TUTORING, None),
    ],
)
def test_the_agreement_of_the_day_decides(
    office: Office,
    street: Street,
    counter: Counter,
    agreement: dict[str, str],
    wallet: str,
    code: str | None,
) -> None:
    till = makers.make_terminal(office, makers.make_partner(office, **agreement))
    identification = counter.identify(till, street.card)
    verdict = counter.check(till, identification, 1000, wallet=wallet)
    answer = counter.ask(till, identification, 1000, wallet=wallet)
    assert answer is not None
    assert (verdict.code, answer.code) == (code, code)


@pytest.mark.parametrize(
    ("limit", "cents", "checked", "code"),
    [
        (2000, 2001, True, "amount_above_terminal_limit"),
        (2000, 2000, True, None),
        (2000, 2001, False, "identity_not_checked"),
        (2000, 2000, False, "identity_not_checked"),
    ],
)
def test_the_terminals_limit_and_the_cashiers_look_decide(
    office: Office,
    street: Street,
    counter: Counter,
    limit: int,
    cents: int,
    checked: bool,
    code: str | None,
) -> None:
    till = makers.make_terminal(office, street.partner, label="Caisse 2", limit_cents=limit)
    identification = counter.identify(till, street.card)
    verdict = counter.check(till, identification, cents, identity_checked=checked)
    answer = counter.ask(till, identification, cents, identity_checked=checked)
    assert answer is not None
    assert (verdict.code, answer.code) == (code, code)


def test_a_youths_card_is_identified_and_has_no_money(
    office: Office, street: Street, counter: Counter
) -> None:
    card = makers.make_card(office, makers.make_youth(office))
    found = counter.read(street.till, card.code)
    assert isinstance(found, Identified) and found.wallets == {}
    answer = counter.ask(street.till, found.identification, 1000)
    assert answer is not None and answer.code == "holder_has_no_wallets"


@pytest.mark.parametrize(
    ("policy", "above", "cents", "pin", "code"),
    [
        ("always", None, 1, None, "pin_required"),
        ("always", None, 1, RIGHT, None),
        ("always", None, 1, WRONG, "pin_wrong"),
        ("above", 2000, 2000, None, None),
        ("above", 2000, 2001, None, "pin_required"),
        ("above", 2000, 2001, RIGHT, None),
        # Where the policy does not ask, what was typed is ignored.
        ("above", 2000, 2000, WRONG, None),
        ("never", None, 2001, WRONG, None),
    ],
)
def test_the_pin_is_asked_where_the_terminals_policy_says_so(
    office: Office,
    street: Street,
    counter: Counter,
    policy: str,
    above: int | None,
    cents: int,
    pin: str | None,
    code: str | None,
) -> None:
    till = makers.make_terminal(
        office, street.partner, label="Caisse 2", pin_required=policy, above_cents=above
    )
    answer = counter.debit(till, street.card, cents, pin=pin)
    assert answer.code == code


def test_a_check_where_a_pin_is_due_says_so_and_tries_none(
    office: Office, street: Street, counter: Counter, db: psycopg.Connection
) -> None:
    till = makers.make_terminal(office, street.partner, label="Caisse 2", pin_required="always")
    identification = counter.identify(till, street.card)
    for tries_left in (2, 1, 0):
        assert counter.check(till, identification, 1000).code == "pin_required"
        answer = counter.ask(till, identification, 1000, pin=WRONG)
        assert answer is not None and answer.tries_left == tries_left
    assert counter.check(till, identification, 1000).code == "pin_blocked"


def test_a_check_of_too_much_tells_the_balance(street: Street, counter: Counter) -> None:
    identification = counter.identify(street.till, street.card)
    verdict = counter.check(street.till, identification, 5001, wallet=TUTORING)
    assert (verdict.code, verdict.balance_cents) == ("insufficient_balance", 5000)


def test_a_check_of_an_identification_that_is_over_says_so(
    street: Street, counter: Counter, clock: Clock
) -> None:
    identification = counter.identify(street.till, street.card)
    clock.set(A_MORNING + timedelta(minutes=6))
    for shown in (identification, "forged"):
        assert counter.check(street.till, shown, 1000).code == "identification_expired"


def test_a_check_books_nothing(street: Street, counter: Counter, db: psycopg.Connection) -> None:
    identification = counter.identify(street.till, street.card)
    before = books(db)
    for cents in (1000, 5001):
        counter.check(street.till, identification, cents, wallet=TUTORING)
    assert books(db) == before


def test_a_suspended_partner_may_still_cancel(
    office: Office, street: Street, counter: Counter, db: psycopg.Connection
) -> None:
    paid = counter.debit(street.till, street.card, 1055)
    suspend_partner(office.engine, partner_name=street.partner.siret, actor="test")
    assert paid.operation_id is not None
    assert counter.cancel(street.till, paid.operation_id).outcome == "cancelled"
    assert wallet_of(db, street.card).balance_cents == 10_000


def test_any_terminal_of_the_partner_may_cancel(
    office: Office, street: Street, counter: Counter
) -> None:
    beside = makers.make_terminal(office, street.partner, label="Caisse 2")
    paid = counter.debit(street.till, street.card, 1055)
    assert paid.operation_id is not None
    assert counter.cancel(beside, paid.operation_id).balance_after_cents == 10_000


def test_a_hundred_debits_at_once_on_one_card_are_a_hundred_movements(
    street: Street, counter: Counter, db: psycopg.Connection
) -> None:
    identification = counter.identify(street.till, street.card)
    under_way = [counter.ask_later(street.till, identification, 99) for _ in range(100)]
    answers = [one.result(60) for one in under_way]
    balances = sorted(one.balance_after_cents for one in answers if one and one.code is None)
    assert balances == [10_000 - 99 * n for n in range(100, 0, -1)]
    assert wallet_of(db, street.card).balance_cents == 100
