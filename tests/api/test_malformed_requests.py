"""Whatever is not in the contract is 422 `malformed_request`, names its field, stores nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from cardservice.wiring import Office
from tests import makers
from tests.api.stranger import SPORT, Stranger

GOOD = {
    "identification": "any",
    "wallet": SPORT,
    "amount_cents": 1000,
    "identity_checked": True,
}


@pytest.fixture
def till(office: Office, stranger: Callable[..., Stranger]) -> Stranger:
    return stranger(makers.make_terminal(office))


def refused(answer: Any) -> list[str]:
    """The fields that a malformed request is refused for."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "malformed_request")
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in body["errors"]]


@pytest.mark.parametrize(
    "amount",
    ["10.0", "1e3", "10.5", "0", "-1", "-0", "100001", '"10"', "true", "null", "[10]", "{}",
     "9" * 30, "9" * 5000, "NaN", "Infinity", "0x10", "01"],
)  # fmt: skip
def test_an_amount_is_a_json_integer_of_1_to_100000_cents(till: Stranger, amount: str) -> None:
    body = json.dumps(GOOD).replace("1000", amount)
    answer = till.http.put(
        f"/debits/{uuid4()}", content=body, headers={"Content-Type": "application/json"}
    )
    refused(answer)
    if len(amount) > 4:
        assert amount not in answer.text


@pytest.mark.parametrize(
    "operation_id",
    ["1", "01993f0e7c1a7b529f6e3a5d1c2b4e88", "{01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88}",
     "urn:uuid:01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88", "01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e8",
     "01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e8g", "01993f0e-7c1a-7b52-9f6e3a5d-1c2b4e88",
     " 01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88", "01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88%0A",
     "%00", "check"],
)  # fmt: skip
def test_an_operation_id_is_a_uuid_of_8_4_4_4_12(till: Stranger, operation_id: str) -> None:
    assert refused(till.debit_answer("any", operation_id=operation_id)) == ["operation_id"]
    assert refused(till.ask(operation_id)) == ["operation_id"]
    assert refused(till.cancel(operation_id)) == ["operation_id"]


@pytest.mark.parametrize(
    "operation_id",
    ["00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
     "01993F0E-7c1a-1b52-0f6e-3a5d1c2b4e88"],
)  # fmt: skip
def test_any_version_and_any_case_of_uuid_will_do(till: Stranger, operation_id: str) -> None:
    assert till.ask(operation_id).status_code == 404
    assert till.debit_answer("any", operation_id=operation_id).status_code == 200


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("wallet", "culture"),
        ("wallet", 1),
        ("wallet", "Sport_culture_leisure"),
        ("identification", 1),
        ("identity_checked", "true"),
        ("identity_checked", 1),
        ("pin", 1234),
        ("pin", "123"),
        ("pin", "12345"),
        ("pin", "12a4"),
        ("pin", ""),
        ("pin", "1234\n"),
        ("pin", "١٢٣٤"),
        ("pin", None),
        ("tip_cents", 100),
    ],
)
def test_every_member_has_its_type(till: Stranger, member: str, value: object) -> None:
    assert refused(till.http.put(f"/debits/{uuid4()}", json=GOOD | {member: value})) == [member]


@pytest.mark.parametrize("member", sorted(GOOD))
def test_every_member_but_the_pin_must_be_there(till: Stranger, member: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != member}
    assert refused(till.http.put(f"/debits/{uuid4()}", json=body)) == [member]


def test_a_check_never_carries_a_pin(till: Stranger) -> None:
    assert refused(till.http.post("/debits/check", json=GOOD | {"pin": "1234"})) == ["pin"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"\xff\xfe{\x00}\x00",
        b'{"reading": "\xff"}',
        b'{"reading": "\\ud800"}',
        b'{"reading": "a", "reading": "b"}',
        b"[" * 60_000,
        b'{"reading":' * 5_000,
        b'{"reading": NaN}',
        "\ufeff{}".encode(),
    ],
)
def test_a_body_is_one_json_object_in_utf8(till: Stranger, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    refused(till.http.post("/identifications", content=content, headers=headers))


def test_another_media_type_is_refused(till: Stranger) -> None:
    refused(till.http.post("/identifications", data={"reading": "7K2M"}))
    refused(till.http.post("/identifications", files={"reading": b"7K2M"}))
    charset = {"Content-Type": "application/json; charset=utf-8"}
    good = till.http.post("/identifications", content=b'{"reading": "7K2M"}', headers=charset)
    assert good.status_code == 200


@pytest.mark.parametrize("body", [{"reason": "bored"}, {"reason": 1}, {"why": "mistake"}, [], 1])
def test_a_cancellation_has_one_of_five_reasons_or_none(till: Stranger, body: object) -> None:
    refused(till.http.put(f"/debits/{uuid4()}/cancellation", json=body))


@pytest.mark.parametrize("reason", ["mistake", "wrong_amount", "wrong_wallet",
                                    "holder_changed_mind", "other"])  # fmt: skip
def test_each_reason_is_known(till: Stranger, reason: str) -> None:
    assert till.cancel(str(uuid4()), reason=reason).status_code == 201


def test_a_cancellation_may_come_without_a_body(till: Stranger) -> None:
    assert till.http.put(f"/debits/{uuid4()}/cancellation").status_code == 201


@pytest.mark.parametrize(
    "query",
    ["business_day=22/11/2026", "business_day=2026-11-31", "business_day=20261122",
     "business_day=2026-W47-7", "business_day=", "business_day=0000-01-01", "limit=0",
     "limit=201", "limit=-1", "limit=1.0", "limit=x", "limit=", "limit=%D9%A1", "cursor=x",
     "cursor=", "cursor=AAtKZgAAAAAAAAAEoSTZqZq3gYg0mSKW", "cursor=%00", "page=2",
     "limit=1&limit=2"],
)  # fmt: skip
def test_the_query_of_a_day_is_read_strictly(till: Stranger, query: str) -> None:
    refused(till.http.get(f"/debits?{query}"))


@pytest.mark.parametrize("day", ["2026-11-31", "2026-1-1", "today", "20261122", "2026-11-22T00"])
def test_a_business_day_is_a_day(till: Stranger, day: str) -> None:
    assert refused(till.http.get(f"/day-closes/{day}")) == ["business_day"]
    figures = {"count": 0, "amount_cents": 0}
    assert refused(till.http.post(f"/day-closes/{day}", json=figures)) == ["business_day"]


@pytest.mark.parametrize(
    "figures",
    [{}, {"count": 1}, {"count": 1.0, "amount_cents": 1}, {"count": -1, "amount_cents": 0},
     {"count": True, "amount_cents": 0}, {"count": 1, "amount_cents": 10**400}],
)  # fmt: skip
def test_day_figures_are_two_integers(till: Stranger, figures: dict[str, Any]) -> None:
    refused(till.http.post("/day-closes/2026-11-21", json=figures))
