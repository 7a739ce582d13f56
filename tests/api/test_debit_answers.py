"""A debit and its id: decided once, repeated as it was, refused when it is another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from cardservice.services.block_card import block_card
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.suspend_partner import suspend_partner
from cardservice.wiring import Office
from tests import makers
from tests.api.stranger import SPORT, TUTORING, Stranger
from tests.conftest import A_MORNING, Clock

Strangers = Callable[..., Stranger]


@pytest.fixture
def shop(office: Office) -> makers.Shop:
    return makers.make_partner(office)


@pytest.fixture
def card(office: Office) -> makers.HeldCard:
    return makers.make_card(office)


@pytest.fixture
def till(office: Office, stranger: Strangers, shop: makers.Shop) -> Stranger:
    return stranger(makers.make_terminal(office, shop, limit_cents=100_000))


def test_an_approved_debit_has_exactly_the_members_of_the_contract(
    till: Stranger, card: makers.HeldCard
) -> None:
    operation_id = str(uuid4())
    body = till.debit(till.identify(card.code), 1055, operation_id=operation_id)
    assert body.pop("reference")[0] == "D"
    assert body.pop("accepted_at").endswith("Z")
    assert body == {
        "outcome": "approved",
        "operation_id": operation_id,
        "wallet": SPORT,
        "amount_cents": 1055,
        "balance_after_cents": 8945,
        "business_day": "2026-11-22",
        "card": {"last4": card.code[-4:]},
        "replayed": False,
    }


def test_a_declined_debit_tells_its_facts(till: Stranger, card: makers.HeldCard) -> None:
    body = till.debit(till.identify(card.code), 10001)
    assert set(body) == {
        "outcome", "operation_id", "code", "final", "message", "next_step", "balance_cents",
        "wallet", "amount_cents", "accepted_at", "business_day", "reference", "replayed",
    }  # fmt: skip
    assert (body["code"], body["balance_cents"]) == ("insufficient_balance", 10000)
    assert "100,00\u00a0€" in body["message"]


def test_a_check_says_what_the_debit_will_and_writes_nothing(
    till: Stranger, card: makers.HeldCard
) -> None:
    identification = till.identify(card.code)
    for amount_cents in (1055, 10001):
        verdict = till.check(identification, amount_cents)
        body = till.debit(identification, amount_cents)
        for member in ("operation_id", "reference", "accepted_at", "business_day", "replayed"):
            del body[member]
        assert verdict == body if amount_cents == 1055 else verdict["code"] == body["code"]
    assert len(till.day()["items"]) == 2


def test_the_same_debit_again_gets_the_stored_answer(till: Stranger, card: makers.HeldCard) -> None:
    operation_id = str(uuid4())
    first = till.debit(till.identify(card.code), operation_id=operation_id)
    again = till.debit_answer(till.identify(card.code), operation_id=operation_id.upper())
    assert again.status_code == 200
    assert again.json() == {**first, "replayed": True}
    asked = till.ask(operation_id).json()
    assert asked == {**first, "replayed": True, "cancellation": None}


def test_a_refusal_is_final_for_its_id(
    till: Stranger, card: makers.HeldCard, office: Office
) -> None:
    operation_id = str(uuid4())
    identification = till.identify(card.code)
    first = till.debit(identification, operation_id=operation_id, identity_checked=False)
    again = till.debit_answer(identification, operation_id=operation_id, identity_checked=True)
    assert (again.status_code, again.json()) == (200, {**first, "replayed": True})


def test_a_replay_is_answered_whatever_has_expired_since(
    till: Stranger, card: makers.HeldCard, office: Office, clock: Clock, shop: makers.Shop
) -> None:
    operation_id = str(uuid4())
    identification = till.identify(card.code)
    first = till.debit(identification, operation_id=operation_id)
    clock.set(A_MORNING + timedelta(days=3))
    block_card(office.engine, office.keys, card_name=card.code, reason="lost", actor="test")
    suspend_partner(office.engine, partner_name=shop.siret, actor="test")
    again = till.debit_answer(identification, operation_id=operation_id, pin="0000")
    assert (again.status_code, again.json()) == (200, {**first, "replayed": True})


def test_other_content_is_another_operation(till: Stranger, card: makers.HeldCard) -> None:
    operation_id = str(uuid4())
    identification = till.identify(card.code)
    till.debit(identification, operation_id=operation_id)
    for answer in (
        till.debit_answer(identification, 1001, operation_id=operation_id),
        till.debit_answer(identification, wallet=TUTORING, operation_id=operation_id),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "operation_id_reused")


def test_another_card_is_another_operation(
    till: Stranger, card: makers.HeldCard, office: Office
) -> None:
    operation_id = str(uuid4())
    till.debit(till.identify(card.code), operation_id=operation_id)
    other = till.identify(makers.make_card(office).code)
    assert till.debit_answer(other, operation_id=operation_id).status_code == 409


def test_another_partners_operation_cannot_be_taken_seen_or_cancelled(
    till: Stranger, card: makers.HeldCard, office: Office, stranger: Strangers
) -> None:
    operation_id = str(uuid4())
    till.debit(till.identify(card.code), operation_id=operation_id)
    other = stranger(makers.make_terminal(office))
    taken = other.debit_answer(other.identify(card.code), operation_id=operation_id)
    assert (taken.status_code, taken.json()["code"]) == (409, "operation_id_reused")
    asked = other.ask(operation_id)
    assert (asked.status_code, asked.json()["code"]) == (404, "operation_unknown")
    cancelled = other.cancel(operation_id)
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "operation_id_reused")


def test_any_terminal_of_the_partner_may_ask_and_cancel(
    till: Stranger,
    card: makers.HeldCard,
    office: Office,
    stranger: Strangers,
    shop: makers.Shop,
) -> None:
    operation_id = str(uuid4())
    till.debit(till.identify(card.code), operation_id=operation_id)
    beside = stranger(makers.make_terminal(office, shop))
    assert beside.ask(operation_id).status_code == 200
    assert beside.cancel(operation_id).json()["outcome"] == "cancelled"


@pytest.mark.parametrize("forged", ["", "x", "AQAAAA", "é", "A" * 66, "A" * 5000])
def test_a_forged_identification_has_expired_and_stores_nothing(
    till: Stranger, card: makers.HeldCard, forged: str
) -> None:
    operation_id = str(uuid4())
    answer = till.debit_answer(forged, operation_id=operation_id)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (200, "identification_expired")
    assert (body["operation_id"], body["final"]) == (operation_id, False)
    assert till.ask(operation_id).status_code == 404
    assert till.check(forged)["code"] == "identification_expired"
    assert till.debit(till.identify(card.code), operation_id=operation_id)


def test_an_identification_serves_its_own_terminal_for_five_minutes(
    till: Stranger,
    card: makers.HeldCard,
    office: Office,
    stranger: Strangers,
    shop: makers.Shop,
    clock: Clock,
) -> None:
    identification = till.identify(card.code)
    beside = stranger(makers.make_terminal(office, shop))
    assert beside.debit_answer(identification).json()["code"] == "identification_expired"
    clock.set(A_MORNING + timedelta(minutes=4, seconds=30))
    assert till.debit(identification)["outcome"] == "approved"
    clock.set(A_MORNING + timedelta(minutes=5, seconds=1))
    assert till.debit_answer(identification).json()["code"] == "identification_expired"


def test_a_tombstone_declines_the_late_debit(till: Stranger, card: makers.HeldCard) -> None:
    operation_id = str(uuid4())
    identification = till.identify(card.code)
    tombstone = till.cancel(operation_id, reason="other")
    assert tombstone.status_code == 201
    body = tombstone.json()
    assert (body["reference"], body["balance_after_cents"]) == (None, None)
    assert till.cancel(operation_id).json() == body
    assert till.ask(operation_id).status_code == 404
    late = till.debit(identification, operation_id=operation_id)
    assert (late["code"], late["final"]) == ("operation_cancelled", True)
    assert till.ask(operation_id).json()["code"] == "operation_cancelled"
    assert till.read(card.code)["wallets"][0]["balance_cents"] == 10000


def test_a_cancelled_debit_is_repeated_as_approved_and_moves_nothing(
    till: Stranger, card: makers.HeldCard
) -> None:
    operation_id = str(uuid4())
    identification = till.identify(card.code)
    first = till.debit(identification, operation_id=operation_id)
    done = till.cancel(operation_id, reason="mistake")
    assert done.status_code == 201
    assert done.json()["balance_after_cents"] == 10000
    again = till.cancel(operation_id, reason="wrong_amount")
    assert (again.status_code, again.json()) == (200, done.json())
    replay = till.debit_answer(identification, operation_id=operation_id)
    assert replay.json() == {**first, "replayed": True}
    assert till.ask(operation_id).json()["cancellation"] == {
        "reference": done.json()["reference"],
        "cancelled_at": done.json()["cancelled_at"],
    }
    assert till.read(card.code)["wallets"][0]["balance_cents"] == 10000


def test_cancelling_is_refused_after_the_day_and_after_a_refusal(
    till: Stranger, card: makers.HeldCard, clock: Clock
) -> None:
    identification = till.identify(card.code)
    approved, declined = str(uuid4()), str(uuid4())
    till.debit(identification, operation_id=approved)
    till.debit(identification, 99_999, operation_id=declined)
    refused = till.cancel(declined)
    assert (refused.status_code, refused.json()["code"]) == (201, "debit_was_declined")
    clock.set(A_MORNING + timedelta(days=1))
    late = till.cancel(approved).json()
    assert late == {
        "outcome": "declined",
        "operation_id": approved,
        "code": "cancellation_day_over",
        "final": True,
        "message": late["message"],
        "next_step": late["next_step"],
    }


def test_a_revoked_terminal_is_told_so_at_the_very_next_call(
    office: Office, stranger: Strangers, card: makers.HeldCard
) -> None:
    terminal = makers.make_terminal(office)
    till = stranger(terminal)
    identification = till.identify(card.code)
    revoke_terminal(office.engine, terminal_id=terminal.public_id, actor="test")
    for answer in (
        till.debit_answer(identification),
        till.debit_answer(identification, "malformed"),
        till.http.post("/identifications", json={"reading": card.code}),
        till.ask(str(uuid4())),
        till.http.get("/me"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "terminal_revoked")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_without_a_known_key_everything_is_401_before_anything_else(
    office: Office, stranger: Strangers
) -> None:
    nobody = stranger(None)
    for headers in (
        {},
        {"Authorization": "Bearer nobody"},
        {"Authorization": "Basic bm9ib2R5"},
        {"Authorization": "Bearer"},
        {"Authorization": b"Bearer \xff\xfe"},
    ):
        for method, path in (
            ("PUT", "/debits/not-a-uuid"),
            ("POST", "/debits/check"),
            ("GET", "/debits?limit=0"),
            ("POST", "/identifications"),
            ("GET", "/day-closes/never"),
            ("PUT", "/debits/not-a-uuid/cancellation"),
        ):
            answer = nobody.http.request(method, path, headers=headers, content=b"{")
            assert (answer.status_code, answer.json()["code"]) == (401, "terminal_unknown")


def test_a_suspended_partner_may_ask_list_and_cancel_but_not_sell(
    till: Stranger, card: makers.HeldCard, office: Office, shop: makers.Shop
) -> None:
    operation_id = str(uuid4())
    identification = till.identify(card.code)
    till.debit(identification, operation_id=operation_id)
    suspend_partner(office.engine, partner_name=shop.siret, actor="test")
    refused = till.debit_answer(identification)
    assert (refused.status_code, refused.json()["code"]) == (403, "partner_suspended")
    body = {
        "identification": "x",
        "wallet": SPORT,
        "amount_cents": 1,
        "identity_checked": True,
    }
    assert till.http.post("/debits/check", json=body).status_code == 403
    assert till.debit_answer("forged").status_code == 403
    assert till.debit_answer(identification, 0).status_code == 422
    assert till.ask(operation_id).status_code == 200
    assert len(till.day()["items"]) == 1
    assert till.cancel(operation_id).json()["outcome"] == "cancelled"
