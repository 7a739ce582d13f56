"""The school: true card codes, the service's own sentences, every code provoked, and its clock."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cardservice.api import activation, cancellations, day_closes, debits, me, photos, tickets
from cardservice.api import forms as service_forms
from cardservice.api import identifications as readings
from cardservice.api.openapi import document_of
from cardservice.api.problems import STATUS_OF as SERVICE_STATUS_OF
from cardservice.api.wire import Malformed as ServiceMalformed
from cardservice.api.wire import _parsed
from cardservice.domain import codes
from cardservice.domain.card_code import fold_card_code
from cardservice.domain.short_code import fold_short_code, operation_reference
from tests.terminals.training_site import TrainingSite, opened_training
from tpe_client.training.forms import FORMS, Malformed, read_form
from tpe_client.training.openapi import document
from tpe_client.training.portrait import portrait_of
from tpe_client.training.problems import STATUS_OF
from tpe_client.training.references import reference_of
from tpe_client.training.school import folded, open_school
from tpe_client.training.sentences import card_texts, catalogue
from tpe_client.training.verdict import CANCELLATION_DECLINES, DECLINES

ROOT = Path(__file__).parents[2]
SERVICE_TEXTS = tomllib.loads((ROOT / "cardservice/api/codes_fr.toml").read_text())
EVENING = datetime(2026, 11, 22, 22, 59, 0, tzinfo=UTC)


def test_school_codes_have_true_check_characters() -> None:
    school = open_school()
    for card in school.cards.values():
        assert fold_card_code(card.code) == folded(card.code), card.name
        assert folded(card.code).startswith("EC01E")
    for waiting in school.activations.values():
        assert fold_short_code(waiting.code, 10) == waiting.code


def test_a_card_is_found_however_it_is_typed() -> None:
    school = open_school()
    for reading in ("ECOLE 000 0001 c0", "ec0le-0000001-CO\r\n", "EC01E0000001C0"):
        assert school.cards[folded(reading)].name == "ines"
    assert folded("EC01E0000001Cſ") not in school.cards


def test_the_school_says_what_the_service_says() -> None:
    ours = catalogue()
    for group in ("wallets", "declines", "problems"):
        assert ours[group] == SERVICE_TEXTS[group], group


def test_codes_finality_order_and_statuses_are_the_services() -> None:
    assert list(DECLINES) == list(codes.DECLINE_ORDER)
    assert list(CANCELLATION_DECLINES) == list(codes.CANCELLATION_DECLINES)
    for name, final in {**DECLINES, **CANCELLATION_DECLINES}.items():
        assert codes.by_name[name].final is final, name
    assert dict(SERVICE_STATUS_OF) == STATUS_OF


def test_references_are_spelled_as_the_services() -> None:
    for number in (0, 1, 31, 32, 4711, 10**9, 2**62):
        assert reference_of(number) == operation_reference(number)


def test_every_decline_code_has_a_card_and_every_card_its_words() -> None:
    cards = open_school().cards.values()
    provoked = {card.refused_reading for card in cards} | {card.refused_debit for card in cards}
    provoked |= {card.refused_cancellation for card in cards}
    # By what is typed, whatever the card: too much, no PIN, a wrong one, a refused sale's undoing.
    by_hand = {
        "insufficient_balance", "pin_required", "pin_wrong", "pin_blocked", "debit_was_declined",
    }  # fmt: skip
    assert set(DECLINES) | set(CANCELLATION_DECLINES) == (provoked - {None}) | by_hand
    for card in cards:
        texts = card_texts(card.name)
        assert texts["title"] and texts["tells"].endswith("."), card.name
        assert card.group in catalogue()["groups"]
    assert catalogue()["cards"].keys() == {card.name for card in cards}


def test_the_document_lists_the_services_calls_and_forms() -> None:
    modules = (activation, cancellations, day_closes, debits, me, photos, tickets, readings)
    service = document_of([route for module in modules for route in module.ROUTES])
    ours = document()
    assert {path: set(calls) for path, calls in ours["paths"].items()} == {
        path: set(calls) for path, calls in service["paths"].items()
    }
    for name in FORMS:
        theirs = service["components"]["schemas"][name]["properties"]
        assert set(FORMS[name]) == set(theirs), name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 100_002) | st.floats() | st.text(max_size=5)
    | st.sampled_from(["tutoring", "sport_culture_leisure", "mistake", "0000", "1 000", "\ud800"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)  # fmt: skip


@settings(max_examples=200)
@given(data=st.data(), name=st.sampled_from(sorted(set(FORMS) - {"TicketForm"})))
def test_a_form_is_fit_here_exactly_when_the_service_takes_it(data: Any, name: str) -> None:
    known = data.draw(st.fixed_dictionaries({}, optional={member: JSON for member in FORMS[name]}))
    more = data.draw(st.dictionaries(st.sampled_from(["x", "pin", "reason"]), JSON, max_size=1))
    raw = json.dumps({**known, **more}).encode()
    theirs = _parsed(raw, getattr(service_forms, name))
    try:
        read_form(name, raw or b"{}", content_type="application/json")
        fits = True
    except Malformed:
        fits = False
    assert fits is not isinstance(theirs, ServiceMalformed), raw


def test_a_face_is_drawn_and_stays_the_same() -> None:
    image = Image.open(io.BytesIO(portrait_of("ines")))
    assert (image.format, image.size) == ("JPEG", (480, 480))
    assert portrait_of("ines") == portrait_of("ines") != portrait_of("tom")


@pytest.fixture
def clock() -> list[datetime]:
    return [EVENING]


@pytest.fixture
def site(clock: list[datetime]) -> Iterator[TrainingSite]:
    with opened_training(clock=lambda: clock[0]) as opened:
        yield opened


@pytest.fixture
def http(site: TrainingSite) -> Iterator[httpx.Client]:
    key = next(one["key"] for one in site.facts["terminals"] if one["pin_required"] == "never")
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=site.base_url, headers=headers, timeout=20) as client:
        yield client


def _read(http: httpx.Client) -> dict[str, Any]:
    answer = http.post("/api/v1/identifications", json={"reading": "EC01E0000001C0"})
    body: dict[str, Any] = answer.json()
    return body


def _sell(http: httpx.Client, identification: str) -> dict[str, Any]:
    order = {
        "identification": identification,
        "wallet": "tutoring",
        "amount_cents": 500,
        "identity_checked": True,
    }
    body: dict[str, Any] = http.put(f"/api/v1/debits/{uuid4()}", json=order).json()
    return body


def test_a_sale_belongs_to_its_paris_day_and_the_day_closes_at_midnight(
    http: httpx.Client, clock: list[datetime]
) -> None:
    sale = _sell(http, _read(http)["identification"])
    assert sale["business_day"] == "2026-11-22"
    assert http.get("/api/v1/day-closes/2026-11-22").json()["code"] == "day_not_closed"
    clock[0] += timedelta(minutes=2)
    late = _sell(http, _read(http)["identification"])
    assert late["business_day"] == "2026-11-23"
    closed = http.get("/api/v1/day-closes/2026-11-22").json()
    assert (closed["count"], closed["amount_cents"]) == (1, 500)
    path = f"/api/v1/debits/{sale['operation_id']}/cancellation"
    assert http.put(path, json={}).json()["code"] == "cancellation_day_over"
    figures = {"count": 1, "amount_cents": 500}
    told = http.post("/api/v1/day-closes/2026-11-22", json=figures).json()
    assert told == {"matches": True, "differences": []}


def test_a_day_closed_early_sends_later_sales_to_the_next(http: httpx.Client) -> None:
    assert http.post("/training/day-close").json() == {"closed": "2026-11-22"}
    assert _sell(http, _read(http)["identification"])["business_day"] == "2026-11-23"


def test_identifications_last_five_minutes_and_photos_one(
    http: httpx.Client, clock: list[datetime]
) -> None:
    read = _read(http)
    photo = read["holder"]["photo_url"]
    assert http.get(photo).headers["content-type"] == "image/jpeg"
    clock[0] += timedelta(seconds=60)
    assert http.get(photo).status_code == 404
    assert _sell(http, read["identification"])["outcome"] == "approved"
    clock[0] += timedelta(minutes=4)
    assert _sell(http, read["identification"])["code"] == "identification_expired"


def test_activation_tokens_last_ten_minutes(
    http: httpx.Client, site: TrainingSite, clock: list[datetime]
) -> None:
    code = site.facts["activation_codes"][0]
    token = http.post("/api/v1/terminals/activation", json={"activation_code": code}).json()
    form = {"activation_token": token["activation_token"], "label": "Caisse"}
    clock[0] += timedelta(minutes=10)
    answer = http.post("/api/v1/terminals/activation/confirmation", json=form)
    assert answer.json()["code"] == "activation_unknown"


def test_a_budget_is_free_again_after_its_window(http: httpx.Client, clock: list[datetime]) -> None:
    for _ in range(30):
        http.post("/api/v1/identifications", json={"reading": "nobody"})
    assert http.post("/api/v1/identifications", json={"reading": "x"}).status_code == 429
    clock[0] += timedelta(minutes=10)
    assert _read(http)["outcome"] == "identified"


def test_a_fresh_start_gives_everything_back(http: httpx.Client) -> None:
    sale = _sell(http, _read(http)["identification"])
    http.post("/training/fresh-start")
    assert _read(http)["wallets"][1]["balance_cents"] == 5000
    assert http.get(f"/api/v1/debits/{sale['operation_id']}").status_code == 404
