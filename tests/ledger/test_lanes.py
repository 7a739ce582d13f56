"""Batches meet locks: whoever can be answered is, whoever cannot holds nobody up for long, and two
services never wait for each other in a ring."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from cardservice.db.sql_objects import SQL_DIR
from cardservice.ledger.debit_lane import _DEBIT_MANY, DebitAnswer, DebitRequest, _arguments
from cardservice.ledger.group_commit import Unavailable
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.suspend_partner import suspend_partner
from cardservice.wiring import Office
from tests import makers
from tests.conftest import A_MORNING, Clock, superuser_dsn
from tests.counter import SPORT, Counter, opened_counter
from tests.ledger.straight import (
    FAR_OFF,
    Street,
    debit_once,
    hold_card,
    operations_of,
    wait_until_blocked,
    wait_until_somebody_is_blocked,
)

Connect = Callable[[], psycopg.Connection]


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    return connect()


def sale(street: Street, counter: Counter, card: makers.HeldCard | None = None) -> DebitRequest:
    """A sale as the service asks the lane for it."""
    counter.facts(street.till)
    return DebitRequest(
        register_version=counter.till.register.version,
        operation_id=uuid4(),
        partner_id=street.partner.partner_id,
        outlet_id=street.partner.outlet_id,
        terminal_id=street.till.terminal_id,
        actor_id=None,
        card_id=(card or street.card).card_id,
        wallet=SPORT,
        amount_cents=10,
        identified_until=FAR_OFF,
        partner_suspended=False,
        verdict=None,
        pin_due=False,
        pin_mac=None,
        judged_on=date(2026, 11, 22),
    )


# -- a locked card -------------------------------------------------------------------------------


def answer_that_waited(
    street: Street,
    counter: Counter,
    connect: Connect,
    meanwhile: Callable[[], object],
) -> DebitAnswer | None:
    """A debit that gets its card from somebody else only after `meanwhile`."""
    shown = counter.identify(street.till, street.card)
    holder = connect()
    hold_card(holder, street.card.card_id)
    waiting = counter.ask_later(street.till, shown, 10)
    wait_until_somebody_is_blocked(connect(), holder)
    meanwhile()
    holder.rollback()
    return waiting.result(20)


def test_a_terminal_revoked_while_its_debit_waited_gets_no_money(
    street: Street, counter: Counter, connect: Connect
) -> None:
    def revoke() -> None:
        revoke_terminal(street.office.engine, terminal_id=street.till.public_id, actor="test")

    assert answer_that_waited(street, counter, connect, revoke) is None


def test_a_partner_suspended_while_its_debit_waited_gets_no_money(
    street: Street, counter: Counter, connect: Connect
) -> None:
    def suspend() -> None:
        suspend_partner(street.office.engine, partner_name=street.partner.siret, actor="test")

    answer = answer_that_waited(street, counter, connect, suspend)
    assert answer is not None and answer.status == "suspended"


def test_an_agreement_that_ended_at_midnight_while_its_debit_waited_is_over(
    street: Street, counter: Counter, connect: Connect, clock: Clock
) -> None:
    partner = makers.make_partner(street.office, ends_on="2026-11-22")
    ended = Street(
        street.office, partner, makers.make_terminal(street.office, partner), street.card
    )
    clock.set(datetime(2026, 11, 22, 22, 59, tzinfo=UTC))
    midnight = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    answer = answer_that_waited(ended, counter, connect, lambda: clock.set(midnight))
    assert answer is not None
    assert (answer.code, answer.business_day) == ("agreement_not_in_force", date(2026, 11, 23))


def test_a_card_that_somebody_has_does_not_hold_the_batch_up(
    street: Street, counter: Counter, connect: Connect
) -> None:
    others = makers.make_cards(street.office, 5)
    shown = {card.code: counter.identify(street.till, card) for card in (street.card, *others)}
    holder = connect()
    hold_card(holder, street.card.card_id)
    locked = counter.ask_later(street.till, shown[street.card.code], 10)
    free = [counter.ask_later(street.till, shown[card.code], 10) for card in others]
    assert [(one.result(20) or one).outcome for one in free] == ["approved"] * 5
    assert not locked.done()
    holder.rollback()
    answer = locked.result(20)
    assert answer is not None and answer.outcome == "approved"


def test_a_batch_skips_a_locked_card_and_answers_the_others(
    street: Street, counter: Counter, connect: Connect
) -> None:
    others = makers.make_cards(street.office, 2)
    holder = connect()
    hold_card(holder, street.card.card_id)
    requests = [sale(street, counter, card) for card in (street.card, *others)]
    answers = counter.wait_for(counter.till.debits.settle(requests, False))
    assert [one and one.outcome for one in answers] == [None, "approved", "approved"]


def test_a_card_that_stays_locked_ends_as_unavailable_and_stores_nothing(
    street: Street, counter: Counter, connect: Connect, db: psycopg.Connection
) -> None:
    shown = counter.identify(street.till, street.card)
    operation_id = uuid4()
    holder = connect()
    hold_card(holder, street.card.card_id)
    with pytest.raises(Unavailable):
        counter.ask(street.till, shown, 10, operation_id=operation_id)
    holder.rollback()
    assert operations_of(db, operation_id) == []
    again = counter.ask(street.till, shown, 10, operation_id=operation_id)
    assert again is not None and again.status == "recorded"


# -- the one question ----------------------------------------------------------------------------


def test_a_sale_that_nothing_speaks_against_is_asked_one_question(
    street: Street, counter: Counter, connect: Connect
) -> None:
    """Through the lane's own call, with everything below that question made to fail."""
    request = sale(street, counter)
    source = (SQL_DIR / "functions" / "debit.sql").read_text()
    marked = source.replace("IS NOT TRUE\n    THEN\n", "IS NOT TRUE THEN RAISE 'asked more';\n")
    assert marked != source
    with psycopg.connect(superuser_dsn(street.office)) as connection:
        connection.execute(marked.encode())
        # The clock stands: a function's first call alone takes longer than an undisturbed sale.
        connection.execute(
            "CREATE OR REPLACE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql"
            f" VOLATILE AS $$ SELECT timestamptz '{A_MORNING.isoformat()}' $$".encode()
        )
        row = connection.execute(
            _DEBIT_MANY.encode(), _arguments([request], alone=False)
        ).fetchone()
        connection.rollback()
    assert row is not None and DebitAnswer._make(row).outcome == "approved"


def test_a_sale_judged_on_another_day_is_stale_even_if_nobody_waited(
    street: Street, db: psycopg.Connection, stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(A_MORNING)
    call = street.call(10, judged_on=A_MORNING.date() - timedelta(days=1))
    assert debit_once(db, call).status == "stale"
    assert operations_of(db, call.operation_id) == []


def test_a_sale_that_waited_for_its_twin_reads_the_register_again(
    street: Street, connect: Connect, db: psycopg.Connection, clock: Clock
) -> None:
    holder, till = connect(), connect()
    call = street.call(10)
    holder.execute("BEGIN")
    holder.execute("SELECT pg_advisory_xact_lock(uuid_hash_extended(%s, 0))", [call.operation_id])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(debit_once, till, call)
        wait_until_blocked(db, till)
        clock.set(A_MORNING + timedelta(minutes=1))  # the register moves, the day does not
        holder.rollback()
        assert waiting.result(20).status == "stale"
    assert operations_of(db, call.operation_id) == []


def test_a_sale_that_goes_alone_reads_the_register_again(
    street: Street, db: psycopg.Connection, stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(A_MORNING)
    call = street.call(10, register_version=0, wait=True)
    assert debit_once(db, call).status == "stale"
    assert operations_of(db, call.operation_id) == []


# -- two services -------------------------------------------------------------------------------


def test_two_services_with_crossing_cards_never_fail_each_other(
    office: Office, street: Street, counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    cards = makers.make_cards(office, 12)
    with opened_counter(office) as beside, caplog.at_level(logging.WARNING, "cjeune.lanes"):
        shown = [counter.identify(street.till, card) for card in cards]
        under_way = [
            asking.ask_later(street.till, one, 1)
            for _ in range(10)
            for asking, order in ((counter, shown), (beside, shown[::-1]))
            for one in order
        ]
        answers = [one.result(60) for one in under_way]
    assert [one and one.outcome for one in answers] == ["approved"] * 240
    assert caplog.messages == []


def test_two_services_with_crossing_twins_never_fail_each_other(
    office: Office, street: Street, counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    """The same debits of one card resent through another service, in another order."""
    with opened_counter(office) as beside, caplog.at_level(logging.WARNING, "cjeune.lanes"):
        shown = counter.identify(street.till, street.card)
        for _ in range(10):
            ids = [uuid4() for _ in range(20)]
            under_way = [
                asking.ask_later(street.till, shown, 1, operation_id=one)
                for asking, order in ((counter, ids), (beside, ids[::-1]))
                for one in order
            ]
            answers = [one.result(60) for one in under_way]
            assert sorted(_status(one) for one in answers) == ["recorded"] * 20 + ["replayed"] * 20
    assert caplog.messages == []


def test_cancellations_that_meet_a_batch_never_fail_it(
    office: Office, street: Street, counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    """Resent debits of one card share a batch with new ones while they are being cancelled."""
    shown = counter.identify(street.till, street.card)
    with caplog.at_level(logging.WARNING, "cjeune.lanes"), ThreadPoolExecutor(4) as pool:
        for _ in range(15):
            ids: list[UUID] = [uuid4() for _ in range(8)]
            for one in [counter.ask_later(street.till, shown, 1, operation_id=one) for one in ids]:
                one.result(60)
            undone = [pool.submit(counter.cancel, street.till, one) for one in ids]
            again = [
                counter.ask_later(street.till, shown, 1, operation_id=operation_id)
                for one in ids
                for operation_id in (uuid4(), one)
            ]
            assert {_status(one.result(60)) for one in again} == {"recorded", "replayed"}
            assert {one.result(60).outcome for one in undone} == {"cancelled"}
    assert caplog.messages == []


def _status(answer: DebitAnswer | None) -> str:
    return "no key" if answer is None else answer.status
