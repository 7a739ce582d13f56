"""A service keeps a copy of the register; what changes holds from the very next call all the same.

Each test first lets the counter take a debit, so that the copy is warm.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import psycopg
import pytest

from cardservice.domain.keys import secret_hash
from cardservice.services.import_partners import import_partners
from cardservice.services.resume_partner import resume_partner
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.suspend_partner import suspend_partner
from cardservice.wiring import Office
from tests import makers
from tests.conftest import Clock
from tests.counter import SPORT, Counter
from tests.ledger.straight import Street


@pytest.fixture
def identification(street: Street, counter: Counter) -> str:
    """An identification whose till has just sold something."""
    shown = counter.identify(street.till, street.card)
    warm = counter.ask(street.till, shown, 1)
    assert warm is not None and warm.outcome == "approved"
    return shown


def test_a_revoked_terminal_opens_nothing_from_the_next_call(
    street: Street, counter: Counter, identification: str
) -> None:
    revoke_terminal(street.office.engine, terminal_id=street.till.public_id, actor="test")
    assert counter.ask(street.till, identification, 10) is None
    assert counter.read(street.till, street.card.code) is None


def test_a_terminal_activated_just_now_sells_though_the_copy_is_older(
    street: Street, counter: Counter, identification: str
) -> None:
    beside = makers.make_terminal(street.office, street.partner, label="Caisse 2")
    assert counter.debit(beside, street.card, 10).outcome == "approved"


def test_a_suspended_partner_sells_nothing_from_the_next_call(
    street: Street, counter: Counter, identification: str
) -> None:
    suspend_partner(street.office.engine, partner_name=street.partner.siret, actor="test")
    answer = counter.ask(street.till, identification, 10)
    assert answer is not None and answer.status == "suspended"


def test_a_resumed_partner_sells_from_the_next_call(
    street: Street, counter: Counter, identification: str
) -> None:
    suspend_partner(street.office.engine, partner_name=street.partner.siret, actor="test")
    counter.ask(street.till, identification, 10)
    resume_partner(street.office.engine, partner_name=street.partner.siret, actor="test")
    answer = counter.ask(street.till, identification, 10)
    assert answer is not None and answer.outcome == "approved"


def test_an_agreement_ended_today_refuses_the_next_call(office: Office, counter: Counter) -> None:
    line = makers.partner_line()
    partner = makers.make_partner(office, **line)
    till = makers.make_terminal(office, partner)
    shown = counter.identify(till, makers.make_card(office))
    counter.ask(till, shown, 1)
    ended = makers.register([line | {"ends_on": "2026-11-21"}])
    import_partners(office.engine, ended, actor="test")
    answer = counter.ask(till, shown, 10)
    assert answer is not None and answer.code == "agreement_not_in_force"


def test_a_wallet_taken_out_of_the_agreement_is_refused_at_the_next_call(
    office: Office, counter: Counter
) -> None:
    line = makers.partner_line()
    till = makers.make_terminal(office, makers.make_partner(office, **line))
    shown = counter.identify(till, makers.make_card(office))
    counter.ask(till, shown, 1)
    import_partners(office.engine, makers.register([line | {"wallets": "tutoring"}]), actor="test")
    answer = counter.ask(till, shown, 10, wallet=SPORT)
    assert answer is not None and answer.code == "wallet_not_accepted"


def test_an_agreement_that_ends_tonight_is_over_at_midnight(
    office: Office, counter: Counter, clock: Clock
) -> None:
    till = makers.make_terminal(office, makers.make_partner(office, ends_on="2026-11-22"))
    card = makers.make_card(office)
    clock.set(datetime(2026, 11, 22, 22, 58, tzinfo=UTC))
    before = counter.debit(till, card, 10)
    clock.set(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))
    after = counter.debit(till, card, 10)
    assert (before.code, after.code) == (None, "agreement_not_in_force")


def test_a_moved_clock_reaches_the_next_call(
    street: Street, counter: Counter, identification: str, clock: Clock
) -> None:
    clock.set(datetime(2026, 11, 22, 11, 0, tzinfo=UTC))
    answer = counter.ask(street.till, identification, 10)
    assert answer is not None and answer.status == "expired"


def test_many_tills_that_meet_a_moved_register_are_all_answered(
    street: Street, counter: Counter, identification: str
) -> None:
    """The copy is read anew once for all of them, while it moves under their hands."""
    moving = threading.Event()

    def move() -> None:
        with psycopg.connect(street.office.database_url, autocommit=True) as connection:
            for _ in range(40):
                connection.execute("UPDATE partner SET trade = trade || ''")
                moving.set()

    mover = threading.Thread(target=move)
    mover.start()
    assert moving.wait(20)
    under_way = [counter.ask_later(street.till, identification, 1) for _ in range(60)]
    answers = [one.result(60) for one in under_way]
    mover.join(30)
    assert [one and one.outcome for one in answers] == ["approved"] * 60


def test_a_key_that_nobody_has_is_never_remembered(counter: Counter, street: Street) -> None:
    register = counter.till.register
    for guess in range(50):
        assert counter.wait_for(register.terminal(secret_hash(f"guess {guess}"))) is None
    assert counter.wait_for(register.terminal(secret_hash(street.till.key))) is not None
    copy = register._copy
    assert copy is not None and list(copy.terminals) == [secret_hash(street.till.key)]
