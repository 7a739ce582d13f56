"""A terminal joins: step 1 as often as it likes, step 2 once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.wiring import Office
from tests import makers
from tests.api.stranger import Stranger
from tests.conftest import A_MORNING, Clock

PATH = "/terminals/activation"


@pytest.fixture
def nobody(stranger: Callable[..., Stranger]) -> Stranger:
    return stranger(None)


def token_of(client: Stranger, code: str) -> str:
    answer = client.http.post(PATH, json={"activation_code": code})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["activation_token"])


def assert_unknown(answer: object) -> None:
    body = answer.json()  # type: ignore[attr-defined]
    assert (body["status"], body["code"]) == (404, "activation_unknown")


def test_a_terminal_joins_in_two_steps_and_works(
    office: Office, nobody: Stranger, stranger: Callable[..., Stranger]
) -> None:
    shop = makers.make_partner(office)
    waiting = makers.make_terminal_waiting(office, shop, pin_required="above", above_cents=1500)
    seen = nobody.http.post(PATH, json={"activation_code": waiting.activation_code.lower()})
    body = seen.json()
    token = body.pop("activation_token")
    assert (seen.status_code, body) == (
        201,
        {
            "terminal_id": waiting.terminal_id,
            "kind": "phone",
            "partner": {"name": shop.trade_name},
            "outlet": {
                "name": "Boutique",
                "address": "3 cours Mirabeau, 13100 Aix-en-Provence",
            },
        },
    )
    done = nobody.http.post(
        f"{PATH}/confirmation", json={"activation_token": token, "label": "Caisse 7"}
    )
    body = done.json()
    key = body.pop("terminal_key")
    assert (done.status_code, body) == (
        201,
        {
            "terminal_id": waiting.terminal_id,
            "settings": {
                "pin": {"required": "above", "above_cents": 1500},
                "limit_cents": 10000,
                "ticket": False,
            },
        },
    )
    me = nobody.http.get("/me", headers={"Authorization": f"bearer {key}"}).json()
    assert me["terminal"] == {
        "terminal_id": waiting.terminal_id,
        "label": "Caisse 7",
        "kind": "phone",
    }


def test_step_1_can_be_repeated_and_step_2_succeeds_once(office: Office, nobody: Stranger) -> None:
    code = makers.make_terminal_waiting(office).activation_code
    tokens = [token_of(nobody, code) for _ in range(2)]
    bodies = [{"activation_token": token, "label": "A"} for token in tokens]
    assert nobody.http.post(f"{PATH}/confirmation", json=bodies[0]).status_code == 201
    for body in bodies:
        assert_unknown(nobody.http.post(f"{PATH}/confirmation", json=body))
    assert_unknown(nobody.http.post(PATH, json={"activation_code": code}))


def test_the_token_lives_ten_minutes_and_the_code_a_day(
    office: Office, nobody: Stranger, clock: Clock
) -> None:
    code = makers.make_terminal_waiting(office).activation_code
    token = token_of(nobody, code)
    clock.set(A_MORNING + timedelta(minutes=10, seconds=1))
    late = {"activation_token": token, "label": "A"}
    assert_unknown(nobody.http.post(f"{PATH}/confirmation", json=late))
    assert token_of(nobody, code)
    clock.set(A_MORNING + timedelta(hours=24, seconds=1))
    assert_unknown(nobody.http.post(PATH, json={"activation_code": code}))


def test_a_revoked_terminals_code_is_dead(office: Office, nobody: Stranger) -> None:
    waiting = makers.make_terminal_waiting(office)
    token = token_of(nobody, waiting.activation_code)
    revoke_terminal(office.engine, terminal_id=waiting.terminal_id, actor="test")
    body = {"activation_token": token, "label": "A"}
    assert_unknown(nobody.http.post(f"{PATH}/confirmation", json=body))


@pytest.mark.parametrize("code", ["x", "0000", "é", " ", "A" * 100])
def test_a_wrong_code_is_unknown(nobody: Stranger, code: str) -> None:
    assert_unknown(nobody.http.post(PATH, json={"activation_code": code}))


@pytest.mark.parametrize(
    "body",
    [{}, {"activation_code": ""}, {"activation_code": 1}, {"activation_code": "x" * 101},
     {"activation_code": "x", "label": "A"}],
)  # fmt: skip
def test_step_1_is_one_text(nobody: Stranger, body: object) -> None:
    answer = nobody.http.post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")


@pytest.mark.parametrize("label", ["", " ", "x" * 61, "a\nb", 1, None])
def test_a_label_is_1_to_60_visible_characters(
    office: Office, nobody: Stranger, label: object
) -> None:
    token = token_of(nobody, makers.make_terminal_waiting(office).activation_code)
    body = {"activation_token": token, "label": label}
    answer = nobody.http.post(f"{PATH}/confirmation", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "label")


def test_wrong_codes_use_up_the_budget_of_an_address(nobody: Stranger, office: Office) -> None:
    for _ in range(300):
        nobody.http.post(PATH, json={"activation_code": "x"})
    code = makers.make_terminal_waiting(office).activation_code
    answer = nobody.http.post(PATH, json={"activation_code": code})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_lookups")
    assert int(answer.headers["retry-after"]) > 0
