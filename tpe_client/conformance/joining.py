"""Checks of the activation in two steps and of what a terminal learns about itself."""

from __future__ import annotations

from typing import Any, Final

from tpe_client.conformance.bench import API, Bench
from tpe_client.conformance.check import check
from tpe_client.conformance.endings import NotRun
from tpe_client.conformance.exchange import Answer
from tpe_client.conformance.expect import equal, has_shape, is_problem, same_but, true
from tpe_client.conformance.shapes import ACTIVATED, ME, RECOGNISED

_STEP_1: Final = f"{API}/terminals/activation"
_STEP_2: Final = f"{API}/terminals/activation/confirmation"


def _step_1(bench: Bench, code: str) -> Answer:
    return bench.call("POST", _STEP_1, body={"activation_code": code})


def _step_2(bench: Bench, token: str, label: str = "Conformance") -> Answer:
    return bench.call("POST", _STEP_2, body={"activation_token": token, "label": label})


def _fresh(bench: Bench) -> tuple[str, dict[str, Any]]:
    """A code that still leads somewhere, and the body of its step 1."""
    for code in bench.manifest.activation_codes:
        answer = _step_1(bench, code)
        if answer.status != 404:
            return code, has_shape(answer, RECOGNISED, 201)
    raise NotRun("the manifest has no activation code that is not used up")


@check(
    "activation-shows-the-place",
    "Step 1 shows whose code it is, may be repeated, and reads the code kindly.",
    section="§4 activation",
)
def activation_shows_the_place(bench: Bench) -> None:
    code, first = _fresh(bench)
    spelled = " ".join(code[at : at + 4] for at in range(0, len(code), 4)).lower()
    for again in (code, spelled, code.replace("0", "O").replace("1", "l")):
        second = has_shape(_step_1(bench, again), RECOGNISED, 201)
        same_but(first, second, "activation_token")


@check(
    "activation-gives-a-key-once",
    "Step 2 gives a key that works, once; then code and token are used up.",
    section="§4 activation",
)
def activation_gives_a_key_once(bench: Bench) -> None:
    code, first = _fresh(bench)
    other_token = has_shape(_step_1(bench, code), RECOGNISED, 201)["activation_token"]
    done = has_shape(_step_2(bench, first["activation_token"]), ACTIVATED, 201)
    equal(done["terminal_id"], first["terminal_id"], "terminal_id of step 2")
    me = has_shape(bench.call("GET", f"{API}/me", key=done["terminal_key"]), ME)
    equal(me["terminal"]["label"], "Conformance", "the label given in step 2")
    equal(me["settings"], done["settings"], "the settings of /me")
    for token in (first["activation_token"], other_token):
        is_problem(_step_2(bench, token), 404, "activation_unknown")
    is_problem(_step_1(bench, code), 404, "activation_unknown")


@check(
    "activation-tells-nothing",
    "Wrong codes and wrong tokens are one answer: 404 activation_unknown.",
    section="§4 activation",
)
def activation_tells_nothing(bench: Bench) -> None:
    bodies = [
        is_problem(_step_1(bench, code), 404, "activation_unknown").json
        for code in ("0000000000Z", "nonsense!", "7" * 40)
    ]
    bodies.append(is_problem(_step_2(bench, "forged"), 404, "activation_unknown").json)
    for body in bodies[1:]:
        same_but(bodies[0], body)


@check(
    "activation-is-strict",
    "Unknown, missing and empty fields of an activation are 422.",
    section="§4",
)
def activation_is_strict(bench: Bench) -> None:
    for path, body in (
        (_STEP_1, {}),
        (_STEP_1, {"activation_code": ""}),
        (_STEP_1, {"activation_code": 7}),
        (_STEP_1, {"activation_code": "0000000000Z", "label": "x"}),
        (_STEP_2, {"activation_token": "x"}),
        (_STEP_2, {"activation_token": "x", "label": "x" * 61}),
    ):
        is_problem(bench.call("POST", path, body=body), 422, "malformed_request")


@check(
    "me-is-whole",
    "/me tells terminal, partner, outlet, settings and the day's own totals.",
    section="§4 GET /me",
)
def me_is_whole(bench: Bench) -> None:
    for till in bench.tills()[:6]:
        me = has_shape(till.me(), ME)
        equal(me["terminal"]["terminal_id"], till.terminal.terminal_id, "terminal_id")
        equal(me["settings"]["pin"]["required"], till.terminal.pin_required, "PIN policy")
        equal(me["settings"]["pin"]["above_cents"], till.terminal.above_cents, "above_cents")
        _adds_up(me["today"])


@check(
    "me-counts-its-own-day",
    "A sale raises this terminal's totals of the day by itself, its cancellation takes it back.",
    section="§4 GET /me",
)
def me_counts_its_own_day(bench: Bench) -> None:
    till, card = bench.till(), bench.card()
    neighbours = bench.tills(partner=till.terminal.partner, not_terminal=till.terminal.terminal_id)[
        :1
    ]
    before = [has_shape(one.me(), ME)["today"] for one in (till, *neighbours)]
    sale = till.debit(till.order(card)).json
    after = [has_shape(one.me(), ME)["today"] for one in (till, *neighbours)]
    equal(after[0]["count"], before[0]["count"] + 1, "count after a sale")
    equal(
        after[0]["amount_cents"],
        before[0]["amount_cents"] + sale["amount_cents"],
        "amount_cents after a sale",
    )
    _adds_up(after[0])
    equal(after[1:], before[1:], "the totals of the neighbour's terminal")
    till.cancel(sale["operation_id"])
    equal(has_shape(till.me(), ME)["today"], before[0], "the totals after the cancellation")


def _adds_up(today: dict[str, Any]) -> None:
    for name in ("count", "amount_cents"):
        parts = sum(wallet[name] for wallet in today["wallets"])
        true(today[name] == parts, f"today.{name} is not the sum of its wallets")


CHECKS = (
    activation_shows_the_place,
    activation_gives_a_key_once,
    activation_tells_nothing,
    activation_is_strict,
    me_is_whole,
    me_counts_its_own_day,
)
