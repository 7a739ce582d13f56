"""The golden exchanges, replayed against the training server: status, members, types, codes.

Each exchange is provoked with school cards and terminals; what is compared is the shape and, of a
refusal, code, finality and sentence: ids, instants and references are examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.terminals.golden_exchanges import GoldenExchange, golden_exchanges
from tests.terminals.training_site import TrainingSite, opened_training

# Answers that a terminal cannot ask for: the server's own defects, which are faults here.
BY_FAULT = {"problem-internal-error": "fault_defect", "problem-unavailable": "fault_unavailable"}
WITHOUT_CARD = ("recognise", "confirm", "me", "day", "compare", "mail_ticket")
MIDNIGHT = datetime(2026, 11, 21, 22, 59, 30, tzinfo=UTC)


class Stage:
    """One school, one terminal, and a debit's form for each exchange."""

    def __init__(self, site: TrainingSite, clock: list[datetime]) -> None:
        self.site = site
        self.clock = clock
        self.http = httpx.Client(base_url=site.base_url, timeout=20)
        self.operation_id = str(uuid4())
        self.key = self.key_of("above", "active")

    def key_of(self, pin_required: str, state: str) -> str:
        return next(
            one["key"] for one in self.site.facts["terminals"]
            if one["pin_required"] == pin_required and one["state"] == state
        )  # fmt: skip

    def code(self, name: str) -> str:
        return self.site.books.school.card_named(name).code

    def send(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return self.http.request(method, f"/api/v1{path}", json=body, headers=headers)

    def order(self, card: str, golden: GoldenExchange | None = None, **more: Any) -> dict[str, Any]:
        read = self.send("POST", "/identifications", {"reading": self.code(card)}).json()
        asked = dict(golden.request_body or {}) if golden else {"wallet": "sport_culture_leisure"}
        whole = {"amount_cents": 1055, "identity_checked": True, **asked, **more}
        if "pin" in whole and "pin" not in more:
            whole["pin"] = self.site.books.school.card_named(card).pin
        return {**whole, "identification": read["identification"]}

    def debit(self, order: dict[str, Any]) -> httpx.Response:
        return self.send("PUT", f"/debits/{self.operation_id}", order)

    def sold(self, card: str = "ines", **more: Any) -> httpx.Response:
        answer = self.debit(self.order(card, **more))
        assert answer.json()["outcome"] == "approved", answer.text
        return answer


@pytest.fixture
def stage() -> Iterator[Stage]:
    clock = [MIDNIGHT]
    with opened_training(clock=lambda: clock[0]) as site:
        found = Stage(site, clock)
        with found.http:
            yield found


def _identify(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    case = golden.name.removeprefix("identify-").replace("-", "_")
    card = {
        "identified": "ines",
        "without_wallets": "without_wallets",
        "card_unknown": "unknown",
        "screen_code_expired": "screen_expired",
        "school_year_over": "year_over",
        "school_year_not_started": "year_not_started",
    }.get(case, case.removeprefix("card_"))
    if golden.body.get("pin", {}).get("required") == "never":
        stage.key = stage.key_of("never", "active")
    return stage.send("POST", "/identifications", {"reading": stage.code(card)})


def _judged(stage: Stage, golden: GoldenExchange) -> tuple[str, dict[str, Any]]:
    """The card and the changes to the form that lead to a verdict."""
    case = golden.name.partition("-")[2].removesuffix("-replayed").replace("-", "_")
    match case:
        case "approved" | "approved_with_pin":
            return "ines", {}
        case "insufficient_balance":
            return "small_balance", {}
        case "pin_blocked" | "pin_required":
            return {"pin_blocked": "pin_blocked", "pin_required": "pin_always"}[case], {}
        case "pin_wrong":
            return "pin_always", {"pin": "0000"}
    return f"late_{case}", {}


def _check(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    card, more = _judged(stage, golden)
    return stage.send("POST", "/debits/check", stage.order(card, golden, **more))


def _take(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    card, more = _judged(stage, golden)
    if golden.body.get("code") == "pin_blocked":
        more["pin"] = "2580"
    if golden.name == "debit-operation-cancelled":
        card = "ines"
        stage.send("PUT", f"/debits/{stage.operation_id}/cancellation", {})
    order = stage.order(card, golden, **more)
    if golden.name.endswith("-replayed"):
        stage.debit(order)
    return stage.debit(order)


def _ask(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    if golden.name == "ask-declined":
        stage.debit(stage.order("small_balance", amount_cents=1055))
    else:
        stage.sold()
    if golden.name == "ask-cancelled-since":
        stage.send("PUT", f"/debits/{stage.operation_id}/cancellation", {})
    return stage.send("GET", f"/debits/{stage.operation_id}")


def _cancel(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    path = f"/debits/{stage.operation_id}/cancellation"
    match golden.name:
        case "cancel-debit-was-declined":
            stage.debit(stage.order("small_balance", amount_cents=1055))
        case "cancel-cancellation-day-over":
            stage.sold()
            stage.clock[0] = MIDNIGHT + timedelta(minutes=1)
        case "cancel-cancelled" | "cancel-cancelled-again":
            stage.sold()
    if golden.name == "cancel-cancelled-again":
        stage.send("PUT", path, golden.request_body)
    return stage.send("PUT", path, golden.request_body)


def _day(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    stage.debit(stage.order("small_balance", amount_cents=1055))
    stage.operation_id = str(uuid4())
    stage.sold()
    stage.operation_id = str(uuid4())
    stage.sold()
    stage.send("PUT", f"/debits/{stage.operation_id}/cancellation", {})
    return stage.send("GET", "/debits?limit=200&business_day=2026-11-21")


def _compare(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    stage.sold()
    stage.clock[0] = MIDNIGHT + timedelta(minutes=1)
    return stage.send("POST", "/day-closes/2026-11-21", golden.request_body)


def _me(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    stage.sold()
    return stage.send("GET", "/me")


def _recognise(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    code = next(iter(stage.site.books.school.activations))
    return stage.send("POST", "/terminals/activation", {"activation_code": code})


def _confirm(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    token = _recognise(stage, golden).json()["activation_token"]
    body = {**(golden.request_body or {}), "activation_token": token}
    return stage.send("POST", "/terminals/activation/confirmation", body)


def _mail_ticket(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    stage.sold()
    return stage.send("POST", f"/debits/{stage.operation_id}/ticket", golden.request_body)


def _problem(stage: Stage, golden: GoldenExchange) -> httpx.Response:
    path = golden.path.removeprefix("/api/v1")
    match golden.body["code"]:
        case "internal_error" | "unavailable":
            return stage.debit(stage.order(BY_FAULT[golden.name], golden))
        case "operation_id_reused":
            stage.sold()
            return stage.debit(stage.order("tom", golden))
        case "partner_suspended":
            order = golden.request_body
            return stage.send("PUT", path, order, stage.key_of("never", "suspended"))
        case "terminal_revoked":
            return stage.send("PUT", path, golden.request_body, stage.key_of("above", "revoked"))
        case "terminal_unknown":
            return stage.send("GET", path, key="nobody's")
        case "request_too_large":
            return stage.send("POST", path, {"reading": "7" * 70_000})
        case "too_many_lookups":
            for _ in range(30):
                stage.send("POST", path, {"reading": "nobody's"})
        case "too_many_tickets":
            for _ in range(3):
                stage.send("POST", path, golden.request_body)
    return stage.send(golden.method, path, golden.request_body)


PLAYED: dict[str, Callable[[Stage, GoldenExchange], httpx.Response]] = {
    "identify": _identify,
    "check": _check,
    "take_debit": _take,
    "ask": _ask,
    "cancel": _cancel,
    "day": _day,
    "compare": _compare,
    "me": _me,
    "recognise": _recognise,
    "confirm": _confirm,
    "mail_ticket": _mail_ticket,
}
# Sentences and kinds are the contract's; the rest of the values are examples.
PINNED = {"outcome", "code", "final", "type", "title", "status", "detail", "replayed", "wallet"}


def unlike(golden: Any, found: Any, where: str = "body") -> list[str]:
    """How two JSON values differ in their members and types."""
    if type(golden) is not type(found):
        return [f"{where}: {type(found).__name__}, golden {type(golden).__name__}"]
    if isinstance(golden, dict):
        told = [f"{where}.{name}: only one has it" for name in sorted(set(golden) ^ set(found))]
        for name in golden.keys() & found.keys():
            told += unlike(golden[name], found[name], f"{where}.{name}")
            if name in PINNED and golden[name] != found[name]:
                told.append(f"{where}.{name}: {found[name]!r}, golden {golden[name]!r}")
        return told
    if isinstance(golden, list) and golden:
        shapes = [unlike(golden[min(at, len(golden) - 1)], one, f"{where}[{at}]")
                  for at, one in enumerate(found)]  # fmt: skip
        return [line for lines in shapes for line in lines]
    return []


@pytest.mark.parametrize("golden", golden_exchanges(), ids=lambda one: one.name)
def test_the_school_answers_as_the_service(stage: Stage, golden: GoldenExchange) -> None:
    is_problem = golden.name.startswith("problem-")
    answer = (_problem if is_problem else PLAYED[golden.call])(stage, golden)
    assert answer.status_code == golden.status, answer.text
    assert answer.headers["content-type"] == golden.headers["content-type"]
    assert ("retry-after" in golden.headers) == ("retry-after" in answer.headers)
    found = answer.json()
    if golden.call == "day":
        # Newest first: the golden list shows one of each, in its own order.
        by_kind = {_kind(item): item for item in found["items"]}
        found["items"] = [by_kind[_kind(item)] for item in golden.body["items"]]
    assert unlike(golden.body, found) == []


def _kind(item: dict[str, Any]) -> tuple[str, bool]:
    return item["outcome"], item["cancellation"] is None


def test_a_difference_is_seen() -> None:
    golden = {"a": 1, "items": [{"b": "x"}], "code": "pin_wrong"}
    assert unlike(golden, {"a": 2, "items": [{"b": "y"}], "code": "pin_wrong"}) == []
    assert unlike(golden, {"a": "1", "items": [{"b": 7}], "code": "pin_wrong"}) != []
    assert unlike(golden, {"a": 1, "items": [], "code": "pin_blocked"}) == [
        "body.code: 'pin_blocked', golden 'pin_wrong'"
    ]
    assert unlike({"a": None}, {"a": 1}) and unlike({"a": 1}, {"a": 1, "b": 2})
