"""Checks of cancellations: undone once, on its day, and the tombstone."""

from __future__ import annotations

from datetime import date, timedelta

from tpe_client.conformance.bench import SMALL_CENTS, Bench, Till, new_id
from tpe_client.conformance.check import check
from tpe_client.conformance.expect import (
    equal,
    has_shape,
    is_declined,
    is_problem,
    status_is,
    true,
)
from tpe_client.conformance.shapes import (
    APPROVED,
    ASKED_APPROVED,
    CANCELLED,
    DECLINED,
    NOT_CANCELLED,
    TOMBSTONE,
)


@check(
    "cancellation-gives-back-once",
    "A cancellation is 201 and gives the amount back, once: again it is 200 with the same body.",
    section="§4 cancellation",
)
def cancellation_gives_back_once(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    before = till.balance(card)
    sale = has_shape(till.debit(till.order(card)), APPROVED, 201)
    first = has_shape(till.cancel(sale["operation_id"]), CANCELLED, 201)
    equal(first["balance_after_cents"], before, "balance_after_cents")
    true(first["reference"] != sale["reference"], "the cancellation has the sale's reference")
    again = has_shape(till.cancel(sale["operation_id"], "other"), CANCELLED, 200)
    equal(again, first, "the second cancellation")
    equal(till.balance(card), before, "the balance after two cancellations")


@check(
    "cancelled-debit-stays-stored",
    "After a cancellation the debit's id still gets its approval, moves nothing, and names it.",
    section="§4 Operation ids",
)
def cancelled_debit_stays_stored(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    before = till.balance(card)
    order, operation_id = till.order(card), new_id()
    sale = has_shape(till.debit(order, operation_id), APPROVED, 201)
    done = has_shape(till.cancel(operation_id), CANCELLED, 201)
    replay = has_shape(till.debit(order, operation_id), APPROVED, 200)
    equal(replay, {**sale, "replayed": True}, "the replay after the cancellation")
    asked = has_shape(till.ask(operation_id), ASKED_APPROVED)
    named = {"reference": done["reference"], "cancelled_at": done["cancelled_at"]}
    equal(asked["cancellation"], named, "cancellation")
    equal(till.balance(card), before, "the balance afterwards")


@check(
    "tombstone-stops-the-late-debit",
    "Cancelling an operation never seen leaves a tombstone; the late debit is declined "
    "operation_cancelled.",
    section="§4 cancellation",
)
def tombstone_stops_the_late_debit(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    before = till.balance(card)
    operation_id = new_id()
    buried = has_shape(till.cancel(operation_id), TOMBSTONE, 201)
    equal(has_shape(till.cancel(operation_id), TOMBSTONE, 200), buried, "the second tombstone")
    is_problem(till.ask(operation_id), 404, "operation_unknown")
    order = till.order(card)
    late = till.debit(order, operation_id)
    is_declined(late, "operation_cancelled", 201)
    first = has_shape(late, DECLINED, 201)
    equal(first["final"], True, "final")
    again = has_shape(till.debit(order, operation_id), DECLINED, 200)
    equal(again, {**first, "replayed": True}, "the replay of the late debit")
    equal(till.balance(card), before, "the balance afterwards")


@check(
    "refused-debit-is-not-cancelled",
    "A refused debit cannot be cancelled: declined debit_was_declined, the same again.",
    section="§4 Declined",
)
def refused_debit_is_not_cancelled(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    operation_id = new_id()
    status_is(till.debit(till.order(card, identity_checked=False), operation_id), 201)
    answer = till.cancel(operation_id)
    first = is_declined(answer, "debit_was_declined", 201)
    has_shape(answer, NOT_CANCELLED, 201)
    equal(is_declined(till.cancel(operation_id), "debit_was_declined", 200), first, "again")


@check(
    "cancellation-form-is-strict",
    "A reason is one of five or left out, with or without a body; anything else is 422.",
    section="§4 cancellation",
)
def cancellation_form_is_strict(bench: Bench) -> None:
    till = bench.till()
    path = f"/debits/{new_id()}/cancellation"
    wrong: tuple[object, ...] = (
        {"reason": "no"},
        {"reason": None},
        {"reason": 7},
        {"amount_cents": 5},
        [],
    )
    for body in wrong:
        is_problem(till.call("PUT", path, body=body), 422, "malformed_request")
    is_problem(till.call("PUT", "/debits/nothing/cancellation", body={}), 422, "malformed_request")
    status_is(till.call("PUT", f"/debits/{new_id()}/cancellation"), 201)
    for reason in ("mistake", "wrong_amount", "wrong_wallet", "holder_changed_mind", "other"):
        status_is(till.cancel(new_id(), reason), 201)


@check(
    "cancellation-credits-what-is-left",
    "A cancellation after a later sale gives back on top of what is there now.",
    section="§2 Cancellation",
)
def cancellation_credits_what_is_left(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    before = till.balance(card)
    first = has_shape(till.debit(till.order(card)), APPROVED, 201)
    status_is(till.debit(till.order(card, amount_cents=SMALL_CENTS + 6)), 201)
    done = has_shape(till.cancel(first["operation_id"]), CANCELLED, 201)
    equal(done["balance_after_cents"], before - SMALL_CENTS - 6, "balance_after_cents")


@check(
    "cancellation-ends-with-the-day",
    "A sale of an earlier day is not cancelled any more: declined cancellation_day_over.",
    section="§4 Declined",
)
def cancellation_ends_with_the_day(bench: Bench) -> None:
    till, operation_id = _sale_of_an_earlier_day(bench)
    answer = till.cancel(operation_id)
    is_declined(answer, "cancellation_day_over", 200, 201)
    has_shape(answer, NOT_CANCELLED, 200, 201)
    equal(till.ask(operation_id).json.get("cancellation"), None, "cancellation")


def _sale_of_an_earlier_day(bench: Bench) -> tuple[Till, str]:
    for till in bench.tills()[:9]:
        page = till.call("GET", "/debits?limit=1").json
        today = _day_of(page) or _day_of_a_tombstone(till)
        for back in range(1, 4):
            day = (today - timedelta(days=back)).isoformat()
            for sale in till.call("GET", f"/debits?business_day={day}").json.get("items", []):
                if sale.get("outcome") == "approved" and sale.get("cancellation") is None:
                    return till, sale["operation_id"]
    card = bench.card_where(
        lambda one: one.provokes.get("cancellation") == "cancellation_day_over",
        "whose day is over, and no terminal has a sale of an earlier day",
    )
    till = bench.till(pin="never")
    return till, has_shape(till.debit(till.order(card)), APPROVED, 201)["operation_id"]


def _day_of(page: dict[str, object]) -> date | None:
    items = page.get("items")
    if not isinstance(items, list) or not items:
        return None
    return date.fromisoformat(items[0]["business_day"])


def _day_of_a_tombstone(till: Till) -> date:
    done = has_shape(till.cancel(new_id()), TOMBSTONE, 201)
    return date.fromisoformat(done["cancelled_at"][:10])


CHECKS = (
    cancellation_gives_back_once,
    cancelled_debit_stays_stored,
    tombstone_stops_the_late_debit,
    refused_debit_is_not_cancelled,
    cancellation_form_is_strict,
    cancellation_credits_what_is_left,
    cancellation_ends_with_the_day,
)
