"""The wire, pinned from both sides: the terminal reads every golden answer as what it means, and
the service's own renderers make bodies of the same members and types."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from api_client import answers
from api_client.answers import Declined, Problem
from api_client.entries import Order
from api_client.transport import Line
from cardservice.api import examples
from cardservice.api.problems import STATUS_OF
from cardservice.domain.codes import CANCELLATION_DECLINES, DECLINE_ORDER, PROBLEMS
from tests.terminals.canned import canned_service, response
from tests.terminals.golden_exchanges import GoldenExchange, golden_exchanges, with_call

EXCHANGES = golden_exchanges()
# Nothing that a terminal would do leads there: said to programs that do not know the contract.
UNASKED = {"problem-not-found", "problem-method-not-allowed"}


def asked(line: Line, exchange: GoldenExchange) -> Any:
    """The call of an exchange, as a program makes it."""
    body = exchange.request_body or {}
    operation_id = UUID(exchange.path.split("/")[4]) if "/debits/0" in exchange.path else None
    match exchange.call:
        case "take_debit":
            return line.send_debit(order_of(operation_id, body), pin=body.get("pin"))
        case "check":
            return line.check(order_of(UUID(int=1), body))
        case "ask":
            return line.ask(named(operation_id))
        case "cancel":
            return line.cancel(named(operation_id), reason=body["reason"])
        case "mail_ticket":
            return line.mail_ticket(named(operation_id), email=body["email"])
        case "identify":
            return line.identify(body["reading"])
        case "me":
            return line.me()
        case "day":
            return line.day(date(2026, 11, 22))
        case "compare":
            return line.compare(date.fromisoformat(exchange.path[-10:]), **body)
        case "recognise":
            return line.recognise(body["activation_code"])
        case "confirm":
            return line.confirm(body["activation_token"], label=body["label"])
    raise AssertionError(exchange.call)


def order_of(operation_id: UUID | None, body: dict[str, Any]) -> Order:
    return Order(
        operation_id=named(operation_id),
        identification=body["identification"],
        wallet=body["wallet"],
        amount_cents=body["amount_cents"] or 1,
        last4="7QXR",
        identity_checked=body["identity_checked"],
    )


def named(operation_id: UUID | None) -> UUID:
    assert operation_id is not None
    return operation_id


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange.name)
def test_a_terminal_reads_each_answer_as_what_it_means(exchange: GoldenExchange) -> None:
    said = response(exchange.status, exchange.body, kind="", **exchange.headers)
    with canned_service(said) as service, Line(service.base_url, key="k", client="c/1") as line:
        answer = asked(line, exchange)
    assert type(answer) is getattr(answers, exchange.means), answer
    if isinstance(answer, Declined):
        told = (answer.code, answer.final, answer.message, answer.next_step)
        assert told == tuple(
            exchange.body[name] for name in ("code", "final", "message", "next_step")
        )
    if isinstance(answer, Problem):
        assert (answer.status, answer.code) == (exchange.status, exchange.body["code"])
        assert str(answer.retry_after) == exchange.headers.get("retry-after", "None")


@pytest.mark.parametrize(
    "exchange", [e for e in EXCHANGES if e.name not in UNASKED], ids=lambda exchange: exchange.name
)
def test_a_terminal_sends_each_request_as_it_is_pinned(exchange: GoldenExchange) -> None:
    said = response(exchange.status, exchange.body, kind="", **exchange.headers)
    with canned_service(said) as service, Line(service.base_url, key="k-1", client="c/1") as line:
        asked(line, exchange)
        head = service.heard[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")
        # An amount of nothing cannot be asked for from here.
        if exchange.name != "problem-malformed-request":
            assert service.bodies[0] == exchange.request_body
    assert head[0] == f"{exchange.method} {exchange.path} HTTP/1.1"
    assert "authorization: Bearer k-1" in head and "user-agent: c/1" in head


def test_every_code_of_the_contract_has_its_exchange() -> None:
    found = {exchange.body["code"] for exchange in EXCHANGES if "code" in exchange.body}
    assert found >= {*DECLINE_ORDER, *CANCELLATION_DECLINES, *PROBLEMS}
    debits = {e.body["code"] for e in with_call("take_debit") if e.means == "Declined"}
    # A card is known by the time of its debit.
    assert debits == set(DECLINE_ORDER) - {"card_unknown"}


RENDERED: dict[str, dict[str, Any]] = {
    "debit-approved": examples.debit_approved(),
    "debit-approved-with-pin": examples.debit_approved(),
    "debit-approved-replayed": examples.debit_approved(replayed=True),
    "debit-insufficient-balance-replayed": examples.debit_declines(replayed=True)[
        "insufficient_balance"
    ],
    "cancel-cancelled-again": examples.cancellations()["cancelled"],
    "me": examples.me(),
    "day-list": examples.day_list(),
    "activation-recognised": examples.activation_recognised(),
    "activation-confirmed": examples.activation_done(),
}
for _prefix, _made in (
    ("debit", examples.debit_declines()),
    ("ask", examples.stored_debits()),
    ("check", examples.checks()),
    ("cancel", examples.cancellations()),
    ("identify", examples.identifications()),
    ("compare", examples.day_comparisons()),
):
    RENDERED |= {f"{_prefix}-{name.replace('_', '-')}": body for name, body in _made.items()}
BODIES = [e for e in EXCHANGES if e.means != "Problem" and e.call != "mail_ticket"]


def shape_of(value: Any) -> Any:
    """Members and types, values left out, except those a program decides by."""
    if isinstance(value, dict):
        deciding = ("outcome", "code", "final", "required")
        return {
            name: member if name in deciding else shape_of(member) for name, member in value.items()
        }
    return [shape_of(item) for item in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize("exchange", BODIES, ids=lambda exchange: exchange.name)
def test_the_service_renders_bodies_of_the_same_members_and_types(exchange: GoldenExchange) -> None:
    assert shape_of(RENDERED[exchange.name]) == shape_of(exchange.body)


def test_the_service_renders_nothing_that_is_not_pinned() -> None:
    assert RENDERED.keys() == {exchange.name for exchange in BODIES}


@pytest.mark.parametrize(
    "exchange", [e for e in EXCHANGES if e.means == "Problem"], ids=lambda exchange: exchange.name
)
def test_the_service_renders_problems_of_the_same_members(exchange: GoldenExchange) -> None:
    code = exchange.body["code"]
    assert STATUS_OF[code] == exchange.status == exchange.body["status"]
    rendered = {"operation_id": "", **examples.problem_example(code)}
    assert exchange.body.keys() <= rendered.keys()
    assert exchange.body.keys() >= examples.problem_example(code).keys()
    assert exchange.headers["content-type"] == "application/problem+json"
