"""What may come in, what every answer carries, what is logged, and what an outage says."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from cardservice.ledger.group_commit import Unavailable
from cardservice.wiring import Office
from tests import makers
from tests.api.conftest import Server
from tests.api.stranger import Stranger

Strangers = Callable[..., Stranger]


@pytest.fixture
def till(office: Office, stranger: Strangers) -> Stranger:
    return stranger(makers.make_terminal(office))


def in_pieces(size: int) -> Iterator[bytes]:
    """A body that does not announce its length."""
    for _ in range(size // 1024):
        yield b" " * 1024


def test_a_body_beyond_64_kib_is_too_large_announced_or_not(till: Stranger) -> None:
    headers = {"Content-Type": "application/json"}
    for content in (b" " * (64 * 1024 + 1), in_pieces(128 * 1024)):
        answer = till.http.post("/identifications", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
    at_the_limit = till.http.post("/identifications", content=b" " * 65536, headers=headers)
    assert at_the_limit.status_code == 422


def test_a_chunked_body_is_read_like_another(till: Stranger) -> None:
    pieces = iter([b'{"rea', b'ding": "7K2M', b'"}'])
    headers = {"Content-Type": "application/json"}
    answer = till.http.post("/identifications", content=pieces, headers=headers)
    assert answer.json()["code"] == "card_unknown"


def test_every_answer_is_dressed(till: Stranger, server: Server) -> None:
    for path in ("/me", "/nowhere", "/openapi.json", f"/debits/{uuid4()}"):
        headers = till.http.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_another_address_or_method_is_a_problem_too(till: Stranger) -> None:
    missing = till.http.get("/debits/")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    wrong = till.http.delete(f"/debits/{uuid4()}")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, PUT"
    assert wrong.headers["content-type"] == "application/problem+json"


def test_health_needs_no_key(stranger: Strangers) -> None:
    nobody = stranger(None)
    origin = str(nobody.http.base_url).removesuffix("/api/v1/")
    assert nobody.http.get(f"{origin}/healthz").json() == {"status": "alive"}
    assert nobody.http.get(f"{origin}/readyz").json() == {"status": "ready"}
    page = nobody.http.get(f"{origin}/metrics")
    assert page.status_code == 200 and "cjeune_http_requests_total" in page.text


def test_an_unknown_outcome_is_503_with_the_id_to_ask_again(
    till: Stranger, office: Office, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    identification = till.identify(makers.make_card(office).code)
    operation_id = str(uuid4())

    async def away(_ask: object) -> object:
        raise Unavailable("for the test")

    with monkeypatch.context() as patched:
        patched.setattr(server.app.state.desk.till.debits, "ask", away)
        answer = till.debit_answer(identification, operation_id=operation_id.upper())
    assert answer.status_code == 503
    assert (answer.json()["code"], answer.json()["operation_id"]) == (
        "unavailable",
        operation_id,
    )
    assert int(answer.headers["retry-after"]) >= 1
    assert till.debit(identification, operation_id=operation_id)["outcome"] == "approved"


def test_a_defect_is_500_without_a_word_about_itself(
    till: Stranger, office: Office, server: Server, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    identification = till.identify(makers.make_card(office).code)

    async def broken(_ask: object) -> object:
        raise ZeroDivisionError("Léa Martin 4826")

    monkeypatch.setattr(server.app.state.desk.till.debits, "ask", broken)
    answer = till.debit_answer(identification)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "x-content-type-options" in answer.headers
    assert "Léa" not in answer.text + caplog.text and "Traceback" not in answer.text
    assert "defect=ZeroDivisionError" in caplog.text


def test_a_log_line_tells_route_and_code_and_nothing_personal(
    till: Stranger, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    card = makers.make_card(office)
    with caplog.at_level(logging.INFO, logger="cjeune.http"):
        identification = till.identify(card.code)
        operation_id = str(uuid4())
        till.debit(identification, 99_999, operation_id=operation_id, pin="4826")
        till.http.get("/debits", params={"cursor": "secret-cursor"})
        # The line is written after the answer: one more call has the last one written.
        till.http.get("/me")
    lines: list[dict[str, Any]] = [
        json.loads(record.getMessage()) for record in caplog.records if record.name == "cjeune.http"
    ]
    debit = next(line for line in lines if line["method"] == "PUT")
    assert (debit["route"], debit["status"], debit["code"]) == (
        "/api/v1/debits/{operation_id}",
        201,
        "amount_above_terminal_limit",
    )
    for secret in (card.code, identification, operation_id, "4826", "Léa", "Martin", "cursor",
                   till.http.headers["authorization"].split()[1]):  # fmt: skip
        assert secret not in caplog.text
