"""The portal's till of an outlet is one terminal; who acts there stands in the ledger (C36)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Row, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.ledger.proofs import prove
from cardservice.services.cancel_debit import cancel_debit
from cardservice.services.check_debit import check_debit
from cardservice.services.identify_card import Identified, identify_card
from cardservice.services.recall_holder import Holder, recall_holder
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.take_debit import Actor, DebitAsked, take_debit
from cardservice.services.web_till import WebTill, web_till
from cardservice.wiring import Office
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.counter import SPORT, Counter, opened_counter

LABEL = "Caisse en ligne"
ACTOR = "delegate:7"


def open_till(office: Office, outlet_id: int) -> WebTill | Refused:
    return web_till(
        office.engine, outlet_id=outlet_id, label=LABEL, draw=secrets.randbelow, actor=ACTOR
    )


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    with opened_counter(office) as opened:
        yield opened


@pytest.fixture
def partner(office: Office) -> makers.Shop:
    return makers.make_partner(office)


@pytest.fixture
def till(office: Office, partner: makers.Shop) -> WebTill:
    opened = open_till(office, partner.outlet_id)
    assert isinstance(opened, WebTill)
    return opened


def terminals(office: Office) -> list[Row[Any]]:
    with unit_of_work(office.engine) as connection:
        return list(
            connection.execute(
                text(
                    "SELECT public_id, kind, label, state, pin_required, above_cents, limit_cents,"
                    " key_hash FROM terminal ORDER BY terminal_id"
                )
            )
        )


def operation(office: Office, operation_id: object) -> Row[Any]:
    with unit_of_work(office.engine) as connection:
        return connection.execute(
            text("SELECT * FROM operation WHERE operation_id = :id"), {"id": operation_id}
        ).one()


def identified(counter: Counter, till: WebTill, card: makers.HeldCard) -> str:
    found = counter.wait_for(identify_card(counter.till, key_hash=till.key_hash, reading=card.code))
    assert isinstance(found, Identified), found
    return found.identification


def debited(
    counter: Counter, till: WebTill, card: makers.HeldCard, cents: int, actor: Actor
) -> DebitAnswer:
    asked = DebitAsked(uuid4(), identified(counter, till, card), SPORT, cents, True, None)
    answer = counter.wait_for(
        take_debit(counter.till, key_hash=till.key_hash, asked=asked, actor=actor)
    )
    assert answer is not None
    return answer


def test_the_first_use_makes_the_till_of_an_outlet(office: Office, till: WebTill) -> None:
    (made,) = terminals(office)
    assert (made.kind, made.label, made.state) == ("web_till", LABEL, "active")
    assert (made.pin_required, made.above_cents) == ("never", None)
    assert made.limit_cents > 0
    assert bytes(made.key_hash) == till.key_hash


def test_opening_a_till_is_noted_for_its_partner(
    office: Office, till: WebTill, partner: makers.Shop
) -> None:
    with unit_of_work(office.engine) as connection:
        noted = connection.execute(
            text(
                "SELECT actor, subject, partner_id, outlet_id, terminal_id FROM journal"
                " WHERE action = 'terminal.activate'"
            )
        ).one()
    assert tuple(noted) == (
        ACTOR, f"terminal:{till.public_id}", partner.partner_id, partner.outlet_id,
        till.terminal_id,
    )  # fmt: skip


def test_every_later_use_finds_the_same_till(
    office: Office, till: WebTill, partner: makers.Shop
) -> None:
    assert open_till(office, partner.outlet_id) == till
    assert len(terminals(office)) == 1


def test_eight_cashiers_who_come_at_once_find_one_till(
    office: Office, partner: makers.Shop
) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_till(office, partner.outlet_id), range(8)))
    assert len({till.public_id for till in opened if isinstance(till, WebTill)}) == 1
    assert not [refused for refused in opened if isinstance(refused, Refused)]
    assert len(terminals(office)) == 1


def test_a_till_that_waits_keeps_the_policy_and_the_limit_it_was_given(
    office: Office, partner: makers.Shop
) -> None:
    waiting = makers.make_terminal_waiting(
        office, partner, kind="web_till", label="Accueil", pin_required="above", above_cents=1500,
        limit_cents=4000,
    )  # fmt: skip
    opened = open_till(office, partner.outlet_id)
    assert isinstance(opened, WebTill) and opened.public_id == waiting.terminal_id
    (made,) = terminals(office)
    assert (made.label, made.state) == ("Accueil", "active")
    assert (made.pin_required, made.above_cents, made.limit_cents) == ("above", 1500, 4000)


def test_the_activation_code_of_a_till_that_was_opened_is_dead(
    office: Office, partner: makers.Shop
) -> None:
    makers.make_terminal_waiting(office, partner, kind="web_till")
    open_till(office, partner.outlet_id)
    with unit_of_work(office.engine) as connection:
        alive = connection.execute(
            text("SELECT count(*) FROM activation_code WHERE expires_at > ledger_now()")
        ).scalar_one()
    assert alive == 0


def test_a_revoked_till_is_not_replaced_by_itself(
    office: Office, till: WebTill, partner: makers.Shop
) -> None:
    revoke_terminal(office.engine, terminal_id=till.public_id, actor="test")
    assert open_till(office, partner.outlet_id) == Refused("web_till_revoked")
    assert [made.state for made in terminals(office)] == ["revoked"]


def test_the_departement_may_give_an_outlet_another_till(
    office: Office, till: WebTill, partner: makers.Shop
) -> None:
    revoke_terminal(office.engine, terminal_id=till.public_id, actor="test")
    makers.make_terminal_waiting(office, partner, kind="web_till", pin_required="always")
    opened = open_till(office, partner.outlet_id)
    assert isinstance(opened, WebTill) and opened.public_id != till.public_id


def test_an_outlet_that_does_not_exist_has_no_till(office: Office) -> None:
    assert open_till(office, 2**40) == Refused("outlet_unknown")


def test_a_debit_carries_who_took_it(office: Office, till: WebTill, counter: Counter) -> None:
    answer = debited(counter, till, makers.make_card(office), 1055, Actor(41))
    assert answer.outcome == "approved"
    assert operation(office, answer.operation_id).actor_id == 41


def test_a_refusal_carries_who_was_refused(office: Office, till: WebTill, counter: Counter) -> None:
    answer = debited(counter, till, makers.make_card(office), 50_000, Actor(41))
    assert answer.outcome == "declined"
    assert operation(office, answer.operation_id).actor_id == 41


def test_a_cancellation_carries_who_cancelled(
    office: Office, till: WebTill, counter: Counter
) -> None:
    answer = debited(counter, till, makers.make_card(office), 1055, Actor(41))
    assert answer.operation_id is not None
    terminal = counter.wait_for(counter.till.register.current_terminal(till.key_hash))
    assert terminal is not None
    cancel_debit(
        office.engine,
        terminal=terminal,
        operation_id=answer.operation_id,
        reason="mistake",
        actor_id=42,
    )
    with unit_of_work(office.engine) as connection:
        actor = connection.execute(
            text("SELECT actor_id FROM operation WHERE kind = 'cancellation'")
        ).scalar_one()
    assert actor == 42


def test_a_person_s_acts_are_proven_with_everything_else(
    office: Office, till: WebTill, counter: Counter, superuser: Callable[[str], None]
) -> None:
    debited(counter, till, makers.make_card(office), 1055, Actor(41))
    assert prove(office.engine).ok
    # Whoever blames somebody else is found: the person is part of the hash.
    superuser(
        "SET session_replication_role = replica;"
        "UPDATE operation SET actor_id = 43 WHERE actor_id = 41"
    )
    assert not prove(office.engine).ok


@pytest.mark.parametrize(
    ("ceiling_cents", "cents", "code"),
    [
        (2000, 2000, None),
        (2000, 2001, "amount_above_terminal_limit"),
        # A ceiling lowers the terminal's limit and never lifts it.
        (90_000, 9001, "amount_above_terminal_limit"),
        (None, 9000, None),
    ],
)
def test_a_delegate_s_ceiling_lowers_the_limit_of_the_till(
    office: Office,
    partner: makers.Shop,
    counter: Counter,
    ceiling_cents: int | None,
    cents: int,
    code: str | None,
) -> None:
    makers.make_terminal_waiting(office, partner, kind="web_till", limit_cents=9000)
    till = open_till(office, partner.outlet_id)
    assert isinstance(till, WebTill)
    card, actor = makers.make_card(office), Actor(41, ceiling_cents)
    terminal = counter.wait_for(counter.till.register.current_terminal(till.key_hash))
    assert terminal is not None
    asked = DebitAsked(uuid4(), identified(counter, till, card), SPORT, cents, True, None)
    verdict = check_debit(counter.till, office.engine, terminal=terminal, asked=asked, actor=actor)
    assert verdict.code == code
    assert debited(counter, till, card, cents, actor).code == code


def test_an_identification_recalls_its_own_holder_at_its_own_till_alone(
    office: Office, till: WebTill, counter: Counter
) -> None:
    card = makers.make_card(office)
    identification = identified(counter, till, card)
    own = counter.wait_for(counter.till.register.current_terminal(till.key_hash))
    other = counter.facts(makers.make_terminal(office))
    assert own is not None

    def recalled(terminal: Any, words: str) -> Holder | None:
        return recall_holder(office.engine, office.keys, terminal=terminal, identification=words)

    holder = recalled(own, identification)
    assert holder is not None and holder.card_id == card.card_id
    assert holder.wallets == {"sport_culture_leisure": 10_000, "tutoring": 5_000}
    assert recalled(other, identification) is None
    assert recalled(own, identification[:-4] + "AAAA") is None


def test_an_identification_recalls_nobody_once_it_is_over(
    office: Office, till: WebTill, counter: Counter, clock: Clock
) -> None:
    identification = identified(counter, till, makers.make_card(office))
    terminal = counter.wait_for(counter.till.register.current_terminal(till.key_hash))
    clock.set(A_MORNING.replace(minute=6))
    assert terminal is not None
    assert (
        recall_holder(office.engine, office.keys, terminal=terminal, identification=identification)
        is None
    )
