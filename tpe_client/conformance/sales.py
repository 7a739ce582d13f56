"""Checks of debits and of their rehearsal: shapes, money, forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tpe_client.conformance.bench import SMALL_CENTS, Bench, Till, new_id
from tpe_client.conformance.check import check
from tpe_client.conformance.endings import NotRun
from tpe_client.conformance.expect import (
    equal,
    has_shape,
    is_declined,
    is_problem,
    status_is,
    true,
)
from tpe_client.conformance.manifest import Card
from tpe_client.conformance.shapes import (
    APPROVED,
    ASKED_APPROVED,
    ASKED_DECLINED,
    CHECK_APPROVED,
    CHECK_DECLINED,
    DECLINED,
)

_PARIS: Final = ZoneInfo("Europe/Paris")


@check(
    "debit-moves-money-once",
    "A debit is 201 with all its members; exactly its amount leaves the wallet.",
    section="§4 PUT /debits",
)
def debit_moves_money_once(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    before = till.balance(card)
    operation_id = new_id()
    body = has_shape(till.debit(till.order(card), operation_id), APPROVED, 201)
    equal(body["operation_id"], operation_id, "operation_id")
    equal(body["amount_cents"], SMALL_CENTS, "amount_cents")
    equal(body["wallet"], till.wallet, "wallet")
    equal(body["card"]["last4"], card.code[-4:], "card.last4")
    equal(body["replayed"], False, "replayed")
    equal(body["balance_after_cents"], before - SMALL_CENTS, "balance_after_cents")
    equal(till.balance(card), before - SMALL_CENTS, "the balance of the next identification")


@check(
    "debit-has-its-day",
    "accepted_at is an instant in UTC; business_day is its Paris day or a later one.",
    section="§2, §4",
)
def debit_has_its_day(bench: Bench) -> None:
    till = bench.till()
    body = has_shape(till.debit(till.order(bench.card())), APPROVED, 201)
    accepted_at = datetime.fromisoformat(body["accepted_at"].replace("Z", "+00:00"))
    paris_day = accepted_at.astimezone(_PARIS).date().isoformat()
    true(body["business_day"] >= paris_day, f"{body['business_day']} is before {paris_day}")


@check(
    "debit-asked-for-is-the-same",
    "Asking gives the stored answer with replayed true, and cancellation null.",
    section="§4 GET /debits/{id}",
)
def debit_asked_for_is_the_same(bench: Bench) -> None:
    till = bench.till()
    taken = has_shape(till.debit(till.order(bench.card())), APPROVED, 201)
    asked = has_shape(till.ask(taken["operation_id"]), ASKED_APPROVED)
    equal(asked, {**taken, "replayed": True, "cancellation": None}, "the stored answer")
    upper = has_shape(till.ask(taken["operation_id"].upper()), ASKED_APPROVED)
    equal(upper, asked, "the answer to an id in upper case")


@check(
    "debit-never-exceeds-the-balance",
    "More than the balance is declined insufficient_balance with balance_cents; nothing moves.",
    section="§2, §4 Declined",
)
def debit_never_exceeds_the_balance(bench: Bench) -> None:
    till, card, balance = _within_reach(bench)
    answer = till.debit(till.order(card, amount_cents=balance + 1))
    body = is_declined(answer, "insufficient_balance", 201)
    has_shape(answer, DECLINED, 201)
    equal(body["balance_cents"], balance, "balance_cents")
    equal(till.balance(card), balance, "the balance afterwards")
    asked = has_shape(till.ask(body["operation_id"]), ASKED_DECLINED)
    equal(asked, {**body, "replayed": True, "cancellation": None}, "the stored refusal")


@check(
    "whole-balance-may-be-spent",
    "The whole balance may be debited to the cent, and the wallet is then empty.",
    section="§2",
)
def whole_balance_may_be_spent(bench: Bench) -> None:
    till, card, balance = _within_reach(bench)
    body = has_shape(till.debit(till.order(card, amount_cents=balance)), APPROVED, 201)
    equal(body["balance_after_cents"], 0, "balance_after_cents")
    is_declined(till.debit(till.order(card, amount_cents=1)), "insufficient_balance", 201)


@check(
    "debit-form-is-strict",
    "Missing, unknown, null, doubled and mistyped fields are 422, and nothing is stored.",
    section="§4, Errors",
)
def debit_form_is_strict(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    order = till.order(card)
    before = till.balance(card)
    operation_id = new_id()
    path = f"/debits/{operation_id}"
    for wrong in (*_wrong_orders(order), {}, [order], "order", None):
        raw = b"null" if wrong is None else None
        answer = till.call("PUT", path, body=wrong, raw=raw)
        is_problem(answer, 422, "malformed_request")
    doubled = b'{"amount_cents":1,"amount_cents":2}'
    for raw in (b"", b"{", doubled, b'{"amount_cents":NaN}', b"\xff\xfe{}", b"[" * 5000):
        is_problem(till.call("PUT", path, raw=raw), 422, "malformed_request")
    is_problem(till.ask(operation_id), 404, "operation_unknown")
    equal(till.balance(card), before, "the balance afterwards")


def _wrong_orders(order: dict[str, Any]) -> list[dict[str, Any]]:
    amounts = (0, -1, 100_001, 10**30, 10.5, 1055.0, "1055", True, None, [1])
    return [
        *({**order, "amount_cents": amount} for amount in amounts),
        *({**order, "pin": pin} for pin in ("123", "12345", "12a4", "١٢٣٤", 1234, None, "")),
        *({**order, "wallet": wallet} for wallet in ("", "culture", None, 7)),
        *({**order, "identity_checked": fact} for fact in ("true", 1, None)),
        {**order, "identification": 7},
        {**order, "currency": "EUR"},
        *({k: v for k, v in order.items() if k != name} for name in order if name != "pin"),
    ]


@check(
    "debit-id-is-a-uuid",
    "The id is a UUID of 8-4-4-4-12 of any version; anything else is 422.",
    section="§4 Operation ids",
)
def debit_id_is_a_uuid(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    order = till.order(card)
    whole = new_id()
    for wrong in (whole.replace("-", ""), whole[:-1], f"{{{whole}}}", f"{whole}0", "check"):
        answer = till.call("PUT", f"/debits/{wrong}", body=order)
        is_problem(answer, 422, "malformed_request")
    for version in ("1", "7"):
        odd = f"{whole[:14]}{version}{whole[15:]}"
        status_is(till.debit(order, odd), 201)


@check(
    "media-type-is-json",
    "A body of another media type is 422; a charset beside JSON is fine.",
    section="§4",
)
def media_type_is_json(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    raw = b'{"reading":"' + card.code.encode() + b'"}'
    for wrong in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = till.call("POST", "/identifications", raw=raw, headers={"Content-Type": wrong})
        is_problem(answer, 422, "malformed_request")
    fine = {"Content-Type": "application/json; charset=utf-8"}
    status_is(till.call("POST", "/identifications", raw=raw, headers=fine), 200)


@check(
    "check-tells-the-verdict",
    "A check gives the verdict of the same debit, less what only a debit has.",
    section="§4 POST /debits/check",
)
def check_tells_the_verdict(bench: Bench) -> None:
    till, card = bench.till(pin="never"), bench.card()
    order = till.order(card)
    checked = has_shape(till.check(order), CHECK_APPROVED)
    taken = has_shape(till.debit(order), APPROVED, 201)
    equal(checked, {name: taken[name] for name in checked}, "the verdict")
    refused = {**order, "identity_checked": False}
    checked = has_shape(till.check(refused), CHECK_DECLINED)
    declined = is_declined(till.debit(refused), "identity_not_checked", 201)
    equal(checked, {name: declined[name] for name in checked}, "the verdict")


@check(
    "check-writes-nothing",
    "A check moves no money and leaves no row, and takes no PIN (422).",
    section="§4 POST /debits/check",
)
def check_writes_nothing(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    order = till.order(card)
    before = till.balance(card)
    newest = _newest(till)
    status_is(till.check(order), 200)
    equal(till.balance(card), before, "the balance after a check")
    equal(_newest(till), newest, "the newest debit after a check")
    answer = till.call("POST", "/debits/check", body={**order, "pin": card.pin})
    is_problem(answer, 422, "malformed_request")


def _newest(till: Till) -> tuple[object, object]:
    page = till.call("GET", "/debits?limit=1").json
    return page["items"], page["totals"]


@check(
    "check-asks-for-the-pin",
    "Where a PIN is due the verdict of a check is pin_required.",
    section="§4 POST /debits/check",
)
def check_asks_for_the_pin(bench: Bench) -> None:
    till = bench.till(pin="always")
    is_declined(till.check(till.order(bench.card())), "pin_required", 200)


@check(
    "mailed-tickets-are-of-known-sales",
    "A ticket is mailed for an approved sale of this partner only; a broken address is 422.",
    section="§4 POST /debits/{id}/ticket",
)
def mailed_tickets_are_of_known_sales(bench: Bench) -> None:
    path = "/api/v1/debits/{operation_id}/ticket"
    if path not in bench.call("GET", "/api/v1/openapi.json").json.get("paths", {}):
        raise NotRun("the server's OpenAPI document does not list the mailed ticket")
    till = bench.till()
    unknown = f"/debits/{new_id()}/ticket"
    answer = till.call("POST", unknown, body={"email": "nobody@example.org"})
    is_problem(answer, 404, "operation_unknown")
    for body in ({}, {"email": "nobody"}, {"email": 7}, {"email": "a@example.org", "to": "b"}):
        is_problem(till.call("POST", unknown, body=body), 422, "malformed_request")


def _within_reach(bench: Bench) -> tuple[Till, Card, int]:
    """A till, a card, and a balance that the till's limit does not cut off."""
    for till in bench.tills(pin="never"):
        balance = till.reachable_balance(bench.card(3))
        if balance is not None:
            return till, bench.card(3), balance
    raise NotRun("no terminal without a PIN may debit as much as a card holds")


CHECKS = (
    debit_moves_money_once,
    debit_has_its_day,
    debit_asked_for_is_the_same,
    debit_never_exceeds_the_balance,
    whole_balance_may_be_spent,
    debit_form_is_strict,
    debit_id_is_a_uuid,
    media_type_is_json,
    check_tells_the_verdict,
    check_writes_nothing,
    check_asks_for_the_pin,
    mailed_tickets_are_of_known_sales,
)
