"""The document of the API against the service: routes, examples, sentences, and real answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel, TypeAdapter

from cardservice.api import openapi
from cardservice.api.lean_route import LeanRoute
from cardservice.api.problems import STATUS_OF
from cardservice.domain.codes import CANCELLATION_DECLINES, DECLINE_ORDER, PROBLEMS
from cardservice.domain.operation import WALLETS
from cardservice.services.cancel_debit import REASONS
from cardservice.wiring import Office
from tests import makers
from tests.api.conftest import Server
from tests.api.stranger import Stranger

MODELS = {model.__name__: model for model in openapi.MODELS}


@pytest.fixture
def document(stranger: Callable[..., Stranger]) -> dict[str, Any]:
    """As a stranger without a key fetches it."""
    answer = stranger(None).http.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def adapter_of(schema: dict[str, Any]) -> TypeAdapter[Any]:
    names = [one["$ref"] for one in schema.get("oneOf", [schema])]
    union: Any = MODELS[names[0].rsplit("/", 1)[1]]
    for name in names[1:]:
        union = union | MODELS[name.rsplit("/", 1)[1]]
    return TypeAdapter(union)


def calls(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            yield method.upper(), path, call


def contents(call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "requestBody" in call:
        yield from call["requestBody"]["content"].values()
    for answer in call["responses"].values():
        yield from answer.get("content", {}).values()


def test_the_document_lists_exactly_the_routes_there_are(
    document: dict[str, Any], server: Server
) -> None:
    listed = {(method, path) for method, path, _ in calls(document)}
    real = {
        (method, route.path)
        for route in server.app.router.routes
        if isinstance(route, LeanRoute) and route.path.startswith("/api/v1/")
        for method in route.methods
        if not route.path.endswith("openapi.json")
    }
    assert listed == real
    assert ("PUT", "/api/v1/debits/{operation_id}/cancellation") in listed


def test_every_example_is_of_its_schema(document: dict[str, Any]) -> None:
    checked = 0
    for _, _, call in calls(document):
        for content in contents(call):
            if "examples" not in content:
                continue
            adapter = adapter_of(content["schema"])
            for example in content["examples"].values():
                adapter.validate_json(openapi.to_json(example["value"]))
                checked += 1
    assert checked > 150


def test_every_call_has_an_example_of_every_outcome(document: dict[str, Any]) -> None:
    for method, path, call in calls(document):
        for content in contents(call):
            assert content.get("examples") or path.startswith("/api/v1/photos"), (method, path)
    put = document["paths"]["/api/v1/debits/{operation_id}"]["put"]["responses"]
    shown = set()
    for status in ("200", "201"):
        shown |= set(put[status]["content"]["application/json"]["examples"])
    # A debit's identification names a card that is known.
    assert set(DECLINE_ORDER) - shown == {"card_unknown"}


def test_every_call_but_activation_photo_and_document_wants_the_key(
    document: dict[str, Any],
) -> None:
    for _, path, call in calls(document):
        is_open = path.startswith(("/api/v1/terminals/activation", "/api/v1/photos"))
        assert call["security"] == ([] if is_open else [{"terminal_key": []}])
        assert ("401" in call["responses"]) is not is_open


def test_an_optional_member_is_left_out_and_never_null(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["DebitForm"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["pin"]["type"] == "string"
    assert "pin" not in schema["required"]


def test_wallets_and_reasons_are_those_of_the_rulebook(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["DebitForm"]["properties"]["wallet"]["enum"] == list(WALLETS)
    assert schemas["CancellationForm"]["properties"]["reason"]["enum"] == list(REASONS)


def test_every_reference_leads_to_a_schema(document: dict[str, Any]) -> None:
    referred = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert referred <= set(document["components"]["schemas"])


def test_every_problem_has_one_status() -> None:
    assert set(STATUS_OF) == set(PROBLEMS)
    assert not set(STATUS_OF) & set(DECLINE_ORDER + CANCELLATION_DECLINES)


def test_real_answers_are_of_the_documents_shapes(
    document: dict[str, Any], office: Office, stranger: Callable[..., Stranger]
) -> None:
    till = stranger(makers.make_terminal(office, pin_required="always"))
    card = makers.make_card(office)
    read = till.http.post("/identifications", json={"reading": card.code})
    identification, operation_id = read.json()["identification"], str(uuid4())
    by_id, check = "/api/v1/debits/{operation_id}", "/api/v1/debits/check"
    form = {
        "identification": identification,
        "wallet": WALLETS[0],
        "amount_cents": 10,
        "identity_checked": True,
    }
    options = {"pin": makers.PIN, "operation_id": operation_id}
    unknown = till.http.post("/identifications", json={"reading": "x"})
    real = [
        ("/api/v1/identifications", "post", read),
        ("/api/v1/identifications", "post", unknown),
        (check, "post", till.http.post("/debits/check", json=form)),
        (by_id, "put", till.debit_answer(identification, 10, **options)),
        (by_id, "put", till.debit_answer(identification, 10, **options)),
        (by_id, "put", till.debit_answer(identification, 10, pin="0001")),
        (by_id, "put", till.debit_answer("forged", 10)),
        (by_id, "get", till.ask(operation_id)),
        (f"{by_id}/cancellation", "put", till.cancel(operation_id)),
        (by_id, "get", till.ask(operation_id)),
        (f"{by_id}/cancellation", "put", till.cancel(str(uuid4()))),
        ("/api/v1/debits", "get", till.http.get("/debits")),
        ("/api/v1/debits", "get", till.http.get("/debits?limit=0")),
        ("/api/v1/me", "get", till.http.get("/me")),
    ]  # fmt: skip
    for path, method, answer in real:
        told = document["paths"][path][method]["responses"][str(answer.status_code)]
        content = told["content"][answer.headers["content-type"]]
        adapter_of(content["schema"]).validate_json(answer.content)


def test_models_describe_every_shape_once() -> None:
    assert all(issubclass(model, BaseModel) for model in openapi.MODELS)
    assert len(MODELS) == len(openapi.MODELS)
