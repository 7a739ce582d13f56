"""First that applies wins: every neighbouring pair of DECLINE_ORDER, both conditions provoked.

Pairs that cannot happen together are named with their reason, so that none is forgotten.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from cardservice.domain.codes import DECLINE_ORDER
from cardservice.services.block_card import block_card
from cardservice.services.pause_card import pause_card
from cardservice.services.replace_card import replace_card
from cardservice.wiring import Office
from tests import makers
from tests.api.stranger import SPORT, TUTORING, Stranger
from tests.conftest import A_MORNING, Clock

# 1 September 2027 is no school day yet: the year 2026 is over, 2027 has not begun.
LAST_EVENING = datetime(2027, 8, 31, 21, 58, tzinfo=UTC)
AFTER_MIDNIGHT = LAST_EVENING + timedelta(minutes=4)
NEXT_YEAR = datetime(2027, 9, 10, 10, 0, tzinfo=UTC)


class Scene:
    """One till, one card and a moveable clock; each method provokes a pair and gives its code."""

    def __init__(self, office: Office, clock: Clock, stranger: Callable[..., Stranger]) -> None:
        self.office, self.clock, self.stranger = office, clock, stranger

    def till(self, *, ends_on: str = "", wallets: str = "", **settings: Any) -> Stranger:
        fields = {"ends_on": ends_on} | ({"wallets": wallets} if wallets else {})
        shop = makers.make_partner(self.office, **fields)
        return self.stranger(makers.make_terminal(self.office, shop, **settings))

    def card(self) -> makers.HeldCard:
        return makers.make_card(self.office)

    def youth_card(self) -> makers.HeldCard:
        return makers.make_card(self.office, makers.make_youth(self.office))

    def block(self, card: makers.HeldCard) -> None:
        assert block_card(
            self.office.engine,
            self.office.keys,
            card_name=card.code,
            reason="lost",
            actor="test",
        )

    def operation_cancelled_before_identification_expired(self) -> str:
        till, card, operation_id = self.till(), self.card(), str(uuid4())
        identification = till.identify(card.code)
        till.cancel(operation_id)
        self.clock.set(A_MORNING + timedelta(minutes=10))
        return code(till.debit(identification, operation_id=operation_id))

    def identification_expired_before_card_unknown(self) -> str:
        # A forged identification names no card at all.
        return code(self.till().debit_answer("forged").json())

    def card_unknown_before_card_not_activated(self) -> str:
        card = makers.make_card(self.office, pin=None)
        mistyped = card.code[:-1] + ("A" if card.code[-1] != "A" else "B")
        return code(self.till().read(mistyped))

    def card_not_activated_before_card_blocked(self) -> str:
        card = makers.make_card(self.office, pin=None)
        self.block(card)
        return code(self.till().read(card.code))

    def card_blocked_before_card_paused(self) -> str:
        till, card = self.till(), self.card()
        identification = till.identify(card.code)
        done = pause_card(self.office.engine, self.office.keys, card_name=card.code, actor="test")
        assert done
        self.block(card)
        assert code(till.read(card.code)) == "card_blocked"
        return code(till.debit(identification))

    def replace(self, card: makers.HeldCard) -> None:
        assert replace_card(
            self.office.engine,
            self.office.keys,
            card_name=card.code,
            draw=secrets.randbelow,
            prove=lambda code: None,
            actor="test",
        )

    def card_paused_before_screen_code_expired(self) -> str:
        till, card = self.till(), self.card()
        payload = makers.screen_of(self.office, card)
        assert pause_card(self.office.engine, self.office.keys, card_name=card.code, actor="test")
        self.clock.set(A_MORNING + timedelta(minutes=10))
        return code(till.read(payload))

    def screen_code_expired_before_card_replaced(self) -> str:
        till, card = self.till(), self.card()
        payload = makers.screen_of(self.office, card)
        self.replace(card)
        self.clock.set(A_MORNING + timedelta(minutes=10))
        return code(till.read(payload))

    def card_replaced_before_card_obsolete(self) -> str:
        till, card = self.till(), self.card()
        self.replace(card)
        self.clock.set(NEXT_YEAR)
        return code(till.read(card.code))

    def school_year_over_before_holder_has_no_wallets(self) -> str:
        till, card = self.till(), self.youth_card()
        self.clock.set(LAST_EVENING)
        identification = till.identify(card.code)
        self.clock.set(AFTER_MIDNIGHT)
        return code(till.debit(identification))

    def holder_has_no_wallets_before_agreement_not_in_force(self) -> str:
        till = self.till(ends_on="2026-10-31")
        return self.both(till, till.identify(self.youth_card().code))

    def agreement_not_in_force_before_wallet_not_accepted(self) -> str:
        till = self.till(ends_on="2026-10-31", wallets=SPORT)
        return self.both(till, till.identify(self.card().code), wallet=TUTORING)

    def wallet_not_accepted_before_identity_not_checked(self) -> str:
        till = self.till(wallets=SPORT)
        identification = till.identify(self.card().code)
        return self.both(till, identification, wallet=TUTORING, identity_checked=False)

    def identity_not_checked_before_amount_above_terminal_limit(self) -> str:
        till = self.till(limit_cents=500)
        return self.both(till, till.identify(self.card().code), identity_checked=False)

    def amount_above_terminal_limit_before_insufficient_balance(self) -> str:
        till = self.till(limit_cents=10_000)
        return self.both(till, till.identify(self.card().code), amount_cents=10_001)

    def insufficient_balance_before_pin_blocked(self) -> str:
        till = self.till(limit_cents=100_000, pin_required="always")
        identification = till.identify(self.card().code)
        block_pin(till, identification)
        return self.both(till, identification, amount_cents=10_001)

    def pin_blocked_before_pin_required(self) -> str:
        till = self.till(pin_required="always")
        identification = till.identify(self.card().code)
        block_pin(till, identification)
        return self.both(till, identification)

    def both(self, till: Stranger, identification: str, **members: Any) -> str:
        """The debit's code, after its check has said the same."""
        verdict = till.check(identification, **members)
        answer = till.debit(identification, **members)
        assert verdict["code"] == answer["code"]
        assert (verdict["message"], verdict["final"]) == (answer["message"], answer["final"])
        return code(answer)


NEVER_TOGETHER = {
    ("card_obsolete", "school_year_not_started"): "a year is over or still to come",
    ("school_year_not_started", "school_year_over"): "a year is over or still to come",
    ("pin_required", "pin_wrong"): "a PIN was typed or not",
}


def code(body: dict[str, Any]) -> str:
    assert body["outcome"] == "declined", body
    return str(body["code"])


def block_pin(till: Stranger, identification: str) -> None:
    for tries_left in (2, 1, 0):
        assert till.debit(identification, pin="0001")["tries_left"] == tries_left


@pytest.mark.parametrize(("first", "second"), list(pairwise(DECLINE_ORDER)))
def test_of_two_refusals_the_earlier_one_is_told(
    first: str,
    second: str,
    office: Office,
    clock: Clock,
    stranger: Callable[..., Stranger],
) -> None:
    provoke = getattr(Scene(office, clock, stranger), f"{first}_before_{second}", None)
    if provoke is None:
        assert (first, second) in NEVER_TOGETHER
    else:
        assert provoke() == first


def test_each_state_of_a_card_is_told_by_its_reading(
    office: Office, clock: Clock, stranger: Callable[..., Stranger]
) -> None:
    scene = Scene(office, clock, stranger)
    till, active, paused, blocked = scene.till(), scene.card(), scene.card(), scene.card()
    issued = makers.make_card(office, pin=None)
    scene.block(blocked)
    assert pause_card(office.engine, office.keys, card_name=paused.code, actor="test")
    assert code(till.read(issued.code)) == "card_not_activated"
    assert code(till.read(paused.code)) == "card_paused"
    assert code(till.read(blocked.code)) == "card_blocked"
    clock.set(AFTER_MIDNIGHT)
    assert code(till.read(active.code)) == "school_year_over"
    clock.set(NEXT_YEAR)
    assert code(till.read(active.code)) == "card_obsolete"


def test_a_replaced_card_still_says_first_that_it_was_never_activated_or_is_paused(
    office: Office, clock: Clock, stranger: Callable[..., Stranger]
) -> None:
    scene = Scene(office, clock, stranger)
    till, issued, paused = scene.till(), makers.make_card(office, pin=None), scene.card()
    assert pause_card(office.engine, office.keys, card_name=paused.code, actor="test")
    scene.replace(issued)
    scene.replace(paused)
    assert code(till.read(issued.code)) == "card_not_activated"
    assert code(till.read(paused.code)) == "card_paused"


def test_a_card_of_next_year_does_not_pay_yet(
    office: Office, stranger: Callable[..., Stranger]
) -> None:
    card = makers.make_card(office, school_year=2027)
    assert code(stranger(makers.make_terminal(office)).read(card.code)) == (
        "school_year_not_started"
    )


def test_a_pin_is_asked_for_strictly_above_its_amount_and_ignored_below(
    office: Office, clock: Clock, stranger: Callable[..., Stranger]
) -> None:
    till = Scene(office, clock, stranger).till(pin_required="above", above_cents=2000)
    identification = till.identify(makers.make_card(office).code)
    assert till.debit(identification, 2000, pin="0001")["outcome"] == "approved"
    assert till.check(identification, 2001)["code"] == "pin_required"
    assert till.debit(identification, 2001)["code"] == "pin_required"
    assert till.debit(identification, 2001, pin=makers.PIN)["outcome"] == "approved"


def test_a_right_pin_resets_the_count_and_a_replay_costs_no_try(
    office: Office, clock: Clock, stranger: Callable[..., Stranger]
) -> None:
    till = Scene(office, clock, stranger).till(pin_required="always")
    identification = till.identify(makers.make_card(office).code)
    operation_id = str(uuid4())
    first = till.debit(identification, pin="0001", operation_id=operation_id)
    assert (first["code"], first["tries_left"]) == ("pin_wrong", 2)
    for _ in range(5):
        again = till.debit_answer(identification, pin="0001", operation_id=operation_id)
        assert again.json() == {**first, "replayed": True}
    assert till.debit(identification, pin="0001")["tries_left"] == 1
    assert till.debit(identification, pin=makers.PIN)["outcome"] == "approved"
    assert till.debit(identification, pin="0001")["tries_left"] == 2
