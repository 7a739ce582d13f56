"""Checks of refusals: each code that the manifest can provoke, and which one wins."""

from __future__ import annotations

from tpe_client.conformance.bench import SMALL_CENTS, Bench, new_id
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
from tpe_client.conformance.shapes import DAY_LIST, DECLINED, ME


@check(
    "refusals-can-be-read-aloud",
    "A refusal has a message and a next step in whole sentences, and says whether it is final.",
    section="§4 Declined",
)
def refusals_can_be_read_aloud(bench: Bench) -> None:
    till = bench.till()
    answer = till.debit(till.order(bench.card(), identity_checked=False))
    body = has_shape(answer, DECLINED, 201)
    for name in ("message", "next_step"):
        true(len(body[name]) > 15 and body[name][-1] in ".!?", f"{name} is no sentence")
    equal(body["final"], False, "final of identity_not_checked")


@check(
    "uncovered-wallets-are-declined",
    "A wallet that the agreement does not cover is declined wallet_not_accepted.",
    section="§4 Declined",
)
def uncovered_wallets_are_declined(bench: Bench) -> None:
    till = bench.till(wallets=1)
    other = {"sport_culture_leisure": "tutoring"}.get(till.wallet, "sport_culture_leisure")
    order = till.order(bench.card(), wallet=other)
    is_declined(till.debit(order), "wallet_not_accepted", 201)
    # It comes before the identity, the limit, the balance and the PIN.
    worse = {**order, "identity_checked": False, "amount_cents": 100_000, "pin": "0000"}
    is_declined(till.debit(worse), "wallet_not_accepted", 201)


@check(
    "ended-agreements-take-no-money",
    "Without an agreement in force a debit is declined agreement_not_in_force.",
    section="§4 Declined",
)
def ended_agreements_take_no_money(bench: Bench) -> None:
    till = bench.till(state="agreement_ended")
    order = till.order(bench.card())
    is_declined(till.debit(order), "agreement_not_in_force", 201)
    is_declined(till.check(order), "agreement_not_in_force", 200)
    worse = {**order, "identity_checked": False, "amount_cents": 100_000}
    is_declined(till.debit(worse), "agreement_not_in_force", 201)


@check(
    "identity-comes-before-the-limit",
    "identity_not_checked wins over the terminal's limit, the balance and the PIN.",
    section="§4 Declined",
)
def identity_comes_before_the_limit(bench: Bench) -> None:
    till = bench.till()
    order = till.order(bench.card(), identity_checked=False, amount_cents=100_000)
    is_declined(till.debit(order), "identity_not_checked", 201)


@check(
    "limit-comes-before-the-balance",
    "One cent above the terminal's limit is declined before balance and PIN; the limit is not.",
    section="§4 Declined",
)
def limit_comes_before_the_balance(bench: Bench) -> None:
    for till in bench.tills():
        limit_cents = has_shape(till.me(), ME)["settings"]["limit_cents"]
        if limit_cents >= 100_000:
            continue
        card = bench.card()
        above = till.order(card, amount_cents=limit_cents + 1)
        is_declined(till.debit(above), "amount_above_terminal_limit", 201)
        at_limit = till.debit(till.order(card, amount_cents=limit_cents))
        true(
            at_limit.code != "amount_above_terminal_limit",
            "the limit itself is declined amount_above_terminal_limit",
        )
        return
    raise NotRun("every terminal may debit the contract's most")


@check(
    "balance-comes-before-the-pin",
    "insufficient_balance wins over the PIN, and costs no try.",
    section="§4 Declined",
)
def balance_comes_before_the_pin(bench: Bench) -> None:
    for till in bench.tills(pin="always"):
        card = bench.card(3)
        balance = till.reachable_balance(card)
        if balance is not None:
            order = till.order(card, amount_cents=balance + 1, pin="0000")
            is_declined(till.debit(order), "insufficient_balance", 201)
            return
    raise NotRun("no terminal that always asks for the PIN may debit as much as a card holds")


@check(
    "tombstones-come-before-readings",
    "operation_cancelled wins over an identification that has expired.",
    section="§4 Declined",
)
def tombstones_come_before_readings(bench: Bench) -> None:
    till = bench.till()
    operation_id = new_id()
    status_is(till.cancel(operation_id), 201)
    order = till.order(bench.card(), identification="forged")
    is_declined(till.debit(order, operation_id), "operation_cancelled", 201)


@check(
    "no-wallets-come-before-the-agreement",
    "holder_has_no_wallets wins over agreement_not_in_force.",
    section="§4 Declined",
)
def no_wallets_come_before_the_agreement(bench: Bench) -> None:
    till = bench.till(state="agreement_ended")
    card = bench.card_where(
        lambda one: (
            one.state == "active" and one.category == "youth" and not any(one.wallets.values())
        ),
        "of a holder without wallets",
    )
    is_declined(till.debit(till.order(card)), "holder_has_no_wallets", 201)


@check(
    "suspended-partners-may-look",
    "A suspended partner is 403 at readings, checks and new debits; it may ask, list and cancel.",
    section="§4 Order",
)
def suspended_partners_may_look(bench: Bench) -> None:
    till = bench.till(state="suspended")
    order = {
        "identification": "forged",
        "wallet": till.wallet,
        "amount_cents": SMALL_CENTS,
        "identity_checked": True,
    }
    is_problem(till.read(bench.card().code), 403, "partner_suspended")
    is_problem(till.check(order), 403, "partner_suspended")
    operation_id = new_id()
    is_problem(till.debit(order, operation_id), 403, "partner_suspended")
    is_problem(till.ask(operation_id), 404, "operation_unknown")
    has_shape(till.call("GET", "/debits"), DAY_LIST)
    has_shape(till.me(), ME)
    status_is(till.cancel(operation_id), 201)
    # 422 comes before 403.
    is_problem(till.check({**order, "amount_cents": 0}), 422, "malformed_request")


@check(
    "cards-refuse-debits",
    "A card that changes between its reading and its debit is declined with its code.",
    section="§4 Declined",
)
def cards_refuse_debits(bench: Bench) -> None:
    till = bench.till(pin="never")
    bench.card_where(lambda card: bool(card.provokes.get("debit")), "whose debits are refused")
    for card in bench.manifest.cards:
        code = card.provokes.get("debit")
        if code:
            answer = till.debit(till.order(card))
            is_declined(answer, code, 200 if code == "identification_expired" else 201)


CHECKS = (
    refusals_can_be_read_aloud,
    uncovered_wallets_are_declined,
    ended_agreements_take_no_money,
    identity_comes_before_the_limit,
    limit_comes_before_the_balance,
    balance_comes_before_the_pin,
    tombstones_come_before_readings,
    no_wallets_come_before_the_agreement,
    suspended_partners_may_look,
    cards_refuse_debits,
)
