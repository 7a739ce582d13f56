"""Checks of the holder's PIN: when it is due, what a wrong one costs, and that it is never told."""

from __future__ import annotations

from tpe_client.conformance.bench import Bench, Till, new_id
from tpe_client.conformance.check import check
from tpe_client.conformance.endings import NotRun
from tpe_client.conformance.expect import (
    equal,
    has_shape,
    is_declined,
    same_but,
    status_is,
    true,
)
from tpe_client.conformance.manifest import Card
from tpe_client.conformance.shapes import APPROVED, DECLINED


@check(
    "pin-is-required-where-due",
    "Where the policy asks, a debit without a PIN is declined pin_required and costs no try.",
    section="§4 PIN",
)
def pin_is_required_where_due(bench: Bench) -> None:
    till, card = bench.till(pin="always"), _card_of_pins(bench)
    for _ in range(4):
        is_declined(till.debit(till.order(card, pin=None)), "pin_required", 201)
    has_shape(till.debit(till.order(card)), APPROVED, 201)


@check(
    "wrong-pins-are-counted",
    "A wrong PIN says how many tries are left; a right one resets the count.",
    section="§4 PIN",
)
def wrong_pins_are_counted(bench: Bench) -> None:
    till, card = bench.till(pin="always"), _card_of_pins(bench)
    has_shape(till.debit(till.order(card)), APPROVED, 201)
    for tries_left in (2, 1):
        _is_wrong(till, card, tries_left)
    has_shape(till.debit(till.order(card)), APPROVED, 201)
    _is_wrong(till, card, 2)
    has_shape(till.debit(till.order(card)), APPROVED, 201)


@check(
    "replays-cost-no-try",
    "The replay of a wrong PIN is the stored refusal and costs no further try.",
    section="§4 PIN",
)
def replays_cost_no_try(bench: Bench) -> None:
    till, card = bench.till(pin="always"), _card_of_pins(bench)
    has_shape(till.debit(till.order(card)), APPROVED, 201)
    operation_id = new_id()
    order = till.order(card, pin=_wrong_pin(card))
    first = is_declined(till.debit(order, operation_id), "pin_wrong", 201)
    for pin in (order["pin"], order["pin"], card.pin):
        again = is_declined(till.debit({**order, "pin": pin}, operation_id), "pin_wrong", 200)
        same_but(first, again, "replayed")
    _is_wrong(till, card, 1)
    has_shape(till.debit(till.order(card)), APPROVED, 201)


@check(
    "pin-is-due-strictly-above",
    "`above` asks for the PIN strictly above above_cents, not at it.",
    section="§4 PIN",
)
def pin_is_due_strictly_above(bench: Bench) -> None:
    till, card = bench.till(pin="above"), _card_of_pins(bench)
    above_cents = till.terminal.above_cents
    if above_cents is None:
        raise NotRun("the manifest does not tell above_cents")
    at = till.order(card, amount_cents=above_cents, pin=None)
    has_shape(till.debit(at), APPROVED, 201)
    above = till.order(card, amount_cents=above_cents + 1, pin=None)
    is_declined(till.debit(above), "pin_required", 201)


@check(
    "pin-is-ignored-where-not-asked",
    "Where the policy never asks, a wrong PIN is ignored and costs no try.",
    section="§4 PIN",
)
def pin_is_ignored_where_not_asked(bench: Bench) -> None:
    till, card = bench.till(pin="never"), _card_of_pins(bench)
    for _ in range(4):
        order = till.order(card, pin=_wrong_pin(card))
        has_shape(till.debit(order), APPROVED, 201)
    for strict in bench.tills(pin="always")[:1]:
        has_shape(strict.debit(strict.order(card)), APPROVED, 201)


@check(
    "pin-is-never-told",
    "No answer repeats a PIN, right or wrong.",
    section="§3",
)
def pin_is_never_told(bench: Bench) -> None:
    till, card = bench.till(pin="always"), _card_of_pins(bench)
    wrong = _wrong_pin(card)
    answers = [
        till.debit(till.order(card, pin=wrong)),
        till.debit(till.order(card)),
        till.debit(till.order(card, pin="12345")),
    ]
    for answer in answers:
        for member, value in answer.json.items():
            told = str(value)
            true(told not in (wrong, card.pin, "12345"), f"the PIN is told in {member}")
        true("pin" not in answer.json, "the answer has a member pin")


@check(
    "third-wrong-pin-blocks",
    "Three wrong PINs in a row block: the third says tries_left 0, then even the right one is "
    "pin_blocked. (Uses up a card's PIN.)",
    section="§4 PIN",
    needs="--with-pin-block",
)
def third_wrong_pin_blocks(bench: Bench) -> None:
    till = bench.till(pin="always")
    card = next(
        (card for card in reversed(bench.manifest.cards) if card.is_plain and _pays(till, card)),
        None,
    )
    if card is None:
        raise NotRun("the manifest has no card left whose PIN is not blocked")
    for tries_left in (2, 1, 0):
        _is_wrong(till, card, tries_left)
    is_declined(till.debit(till.order(card)), "pin_blocked", 201)
    is_declined(till.debit(till.order(card, pin=None)), "pin_blocked", 201)
    is_declined(till.check(till.order(card)), "pin_blocked", 200)


def _pays(till: Till, card: Card) -> bool:
    return till.debit(till.order(card)).json.get("outcome") == "approved"


def _card_of_pins(bench: Bench) -> Card:
    # Not the card of the other checks: what goes wrong here must not spread.
    return bench.card(2)


def _wrong_pin(card: Card) -> str:
    return "".join("1" if digit == "0" else "0" for digit in card.pin)


def _is_wrong(till: Till, card: Card, tries_left: int) -> None:
    answer = till.debit(till.order(card, pin=_wrong_pin(card)))
    body = is_declined(answer, "pin_wrong", 201)
    has_shape(answer, DECLINED, 201)
    equal(body.get("tries_left"), tries_left, "tries_left")
    status_is(answer, 201)


CHECKS = (
    pin_is_required_where_due,
    wrong_pins_are_counted,
    replays_cost_no_try,
    pin_is_due_strictly_above,
    pin_is_ignored_where_not_asked,
    pin_is_never_told,
    third_wrong_pin_blocks,
)
