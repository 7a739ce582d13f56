"""Checks of what is sent twice: the stored answer, other content, other partners, races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tpe_client.conformance.bench import SMALL_CENTS, Bench, new_id
from tpe_client.conformance.check import check
from tpe_client.conformance.expect import (
    equal,
    has_shape,
    is_declined,
    is_problem,
    same_but,
    status_is,
    true,
)
from tpe_client.conformance.shapes import APPROVED, DECLINED

_TWINS: Final = 6


@check(
    "replay-gives-the-stored-answer",
    "The same id and content gets the stored answer: 200, replayed true, else the same members.",
    section="§4 Operation ids",
)
def replay_gives_the_stored_answer(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    before = till.balance(card)
    order, operation_id = till.order(card), new_id()
    first = has_shape(till.debit(order, operation_id), APPROVED, 201)
    for spelled in (operation_id, operation_id.upper()):
        second = has_shape(till.debit(order, spelled), APPROVED, 200)
        equal(second["replayed"], True, "replayed")
        same_but(first, second, "replayed")
    equal(till.balance(card), before - SMALL_CENTS, "the balance after two replays")


@check(
    "replay-looks-at-content-only",
    "PIN, identity_checked and the identification itself are no content: a replay stays one.",
    section="§4 Operation ids",
)
def replay_looks_at_content_only(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    order, operation_id = till.order(card), new_id()
    first = has_shape(till.debit(order, operation_id), APPROVED, 201)
    for change in (
        {"identification": till.identification(card)},
        {"identity_checked": False},
        {"pin": "0000"},
        {"identification": "forged"},
    ):
        second = has_shape(till.debit({**order, **change}, operation_id), APPROVED, 200)
        same_but(first, second, "replayed")


@check(
    "refusals-are-final-for-their-id",
    "A refusal is stored like an approval: its replay is 200 with the same members.",
    section="§4 Operation ids",
)
def refusals_are_final_for_their_id(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    operation_id = new_id()
    order = till.order(card, identity_checked=False)
    first = has_shape(till.debit(order, operation_id), DECLINED, 201)
    equal(first["code"], "identity_not_checked", "code")
    fixed = {**order, "identity_checked": True}
    second = has_shape(till.debit(fixed, operation_id), DECLINED, 200)
    same_but(first, second, "replayed")
    equal(second["replayed"], True, "replayed")


@check(
    "other-content-is-409",
    "A known id with another amount, wallet or card is 409 operation_id_reused.",
    section="§4 Operation ids",
)
def other_content_is_409(bench: Bench) -> None:
    till, card = bench.till(wallets=2), bench.card()
    order, operation_id = till.order(card), new_id()
    status_is(till.debit(order, operation_id), 201)
    other_wallet = next(wallet for wallet in till.terminal.wallets if wallet != order["wallet"])
    for change in (
        {"amount_cents": SMALL_CENTS + 1},
        {"wallet": other_wallet},
        {"identification": till.identification(bench.card(1))},
    ):
        answer = till.debit({**order, **change}, operation_id)
        is_problem(answer, 409, "operation_id_reused")
    status_is(till.debit(order, operation_id), 200)


@check(
    "other-partners-ids-are-hidden",
    "Another partner's id is 409 at a debit or cancellation, 404 when asked for.",
    section="§4 Operation ids",
)
def other_partners_ids_are_hidden(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    stranger = bench.till(not_partner=till.terminal.partner)
    taken, buried = new_id(), new_id()
    status_is(till.debit(till.order(card, wallet=stranger.wallet), taken), 201)
    status_is(till.cancel(buried), 201)
    theirs = stranger.order(card)
    for operation_id in (taken, buried):
        is_problem(stranger.ask(operation_id), 404, "operation_unknown")
        is_problem(stranger.debit(theirs, operation_id), 409, "operation_id_reused")
        is_problem(stranger.cancel(operation_id), 409, "operation_id_reused")
    equal(till.ask(taken).json.get("cancellation"), None, "the cancellation by a stranger")


@check(
    "partners-terminals-share",
    "Any terminal of the same partner may ask for, replay and cancel an operation.",
    section="§4 Operation ids",
)
def partners_terminals_share(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    neighbour = bench.till(partner=till.terminal.partner, not_terminal=till.terminal.terminal_id)
    first = has_shape(till.debit(till.order(card)), APPROVED, 201)
    operation_id = first["operation_id"]
    status_is(neighbour.ask(operation_id), 200)
    second = has_shape(neighbour.debit(neighbour.order(card), operation_id), APPROVED, 200)
    same_but(first, second, "replayed")
    status_is(neighbour.cancel(operation_id), 201)


@check(
    "twins-move-money-once",
    "The same debit sent many times at once moves money once: one 201, the others 200.",
    section="§3, §4 Operation ids",
)
def twins_move_money_once(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    before = till.balance(card)
    order, operation_id = till.order(card), new_id()
    with ThreadPoolExecutor(_TWINS) as pool:
        asked = [pool.submit(till.debit, order, operation_id) for _ in range(_TWINS)]
        answers = [one.result() for one in asked]
    statuses = sorted(answer.status for answer in answers)
    equal(statuses, [200] * (_TWINS - 1) + [201], "the statuses")
    for answer in answers[1:]:
        same_but(answers[0].json, answer.json, "replayed")
    equal(till.balance(card), before - SMALL_CENTS, "the balance after the twins")


@check(
    "rivals-never-overdraw",
    "Two debits at one instant for more than the balance: one is approved, one declined.",
    section="§2",
)
def rivals_never_overdraw(bench: Bench) -> None:
    till, card = bench.till(pin="never"), bench.card()
    balance = till.balance(card)
    limit_cents = till.terminal.limit_cents or 10_000
    amount_cents = min(balance // 2 + 1, limit_cents)
    true(2 * amount_cents > balance, "the terminal's limit is below half of the balance")
    order = till.order(card, amount_cents=amount_cents)
    with ThreadPoolExecutor(2) as pool:
        answers = [one.result() for one in [pool.submit(till.debit, order) for _ in range(2)]]
    outcomes = sorted(str(answer.json.get("outcome")) for answer in answers)
    equal(outcomes, ["approved", "declined"], "the outcomes")
    declined = next(one for one in answers if one.json.get("outcome") == "declined")
    is_declined(declined, "insufficient_balance", 201)
    equal(till.balance(card), balance - amount_cents, "the balance after the rivals")


CHECKS = (
    replay_gives_the_stored_answer,
    replay_looks_at_content_only,
    refusals_are_final_for_their_id,
    other_content_is_409,
    other_partners_ids_are_hidden,
    partners_terminals_share,
    twins_move_money_once,
    rivals_never_overdraw,
)
