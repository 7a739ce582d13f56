"""Readings: which spelling opens which card, and what a till is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.crockford import ALPHABET
from cardservice.services.set_photo import set_photo
from cardservice.services.suspend_partner import suspend_partner
from cardservice.wiring import Office
from tests import makers
from tests.api.stranger import SPORT, TUTORING, Stranger
from tests.conftest import A_MORNING, Clock

Strangers = Callable[..., Stranger]


@pytest.fixture
def card(office: Office) -> makers.HeldCard:
    return makers.make_card(office)


@pytest.fixture
def till(office: Office, stranger: Strangers) -> Stranger:
    return stranger(makers.make_terminal(office))


def test_an_identification_has_exactly_the_members_of_the_contract(
    till: Stranger, card: makers.HeldCard
) -> None:
    body = till.read(card.code)
    identification = body.pop("identification")
    assert isinstance(identification, str) and len(identification) > 40
    assert body.pop("expires_at").startswith("2026-11-22T10:05:0")
    assert body == {
        "outcome": "identified",
        "holder": {
            "first_name": "Léa",
            "last_name_initial": "M",
            "age": 13,
            "photo_url": None,
        },
        "card": {"last4": card.code[-4:], "school_year": 2026},
        "wallets": [
            {"wallet": SPORT, "label": "Sport, culture, loisirs", "balance_cents": 10000},
            {"wallet": TUTORING, "label": "Soutien scolaire", "balance_cents": 5000},
        ],
        "pin": {"required": "never", "above_cents": None},
    }


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: f"{code[:4]} {code[4:8]} {code[8:12]} {code[12:]}",
        lambda code: f"{code[:4]}-{code[4:8]}-{code[8:12]}-{code[12:]}",
        str.lower,
        lambda code: f"  {code}  ",
        lambda code: code.replace("0", "O").replace("1", "I"),
        lambda code: code.replace("0", "o").replace("1", "L"),
        lambda code: code.replace("1", "l"),
    ],
)
def test_a_typed_code_is_read_kindly(
    till: Stranger, card: makers.HeldCard, typed: Callable[[str], str]
) -> None:
    assert till.read(typed(card.code))["outcome"] == "identified"


def test_one_mistyped_character_never_opens_a_card(till: Stranger, card: makers.HeldCard) -> None:
    for place in (0, 6, 13):
        other = ALPHABET[(ALPHABET.index(card.code[place]) + 7) % 32]
        mistyped = card.code[:place] + other + card.code[place + 1 :]
        assert till.read(mistyped)["code"] == "card_unknown"


@pytest.mark.parametrize(
    "reading", [" ", "-", "x" * 200, "https://example.org/", "\x00\x00", "é😀", "0" * 14]
)
def test_whatever_is_no_card_gets_one_and_the_same_answer(till: Stranger, reading: str) -> None:
    body = till.read(reading)
    assert body == {
        "outcome": "declined",
        "code": "card_unknown",
        "final": False,
        "message": body["message"],
        "next_step": body["next_step"],
    }


@pytest.mark.parametrize(
    "body",
    [
        {"reading": ""},
        {"reading": "x" * 201},
        {"reading": "x" * 5000},
        {"reading": 12345678901234},
        {"reading": None},
        {"reading": ["7K2M"]},
        {"reading": "7K2M", "more": 1},
        {},
    ],
)
def test_a_reading_is_1_to_200_characters_and_nothing_else(
    till: Stranger, body: dict[str, Any]
) -> None:
    answer = till.http.post("/identifications", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")


def test_wallets_are_those_of_the_agreement(office: Office, stranger: Strangers) -> None:
    shop = makers.make_partner(office, wallets=TUTORING)
    card = makers.make_card(office)
    wallets = stranger(makers.make_terminal(office, shop)).read(card.code)["wallets"]
    assert [wallet["wallet"] for wallet in wallets] == [TUTORING]


def test_a_holder_without_wallets_is_identified_with_none(office: Office, till: Stranger) -> None:
    card = makers.make_card(office, makers.make_youth(office))
    body = till.read(card.code)
    assert (body["outcome"], body["wallets"]) == ("identified", [])


def test_an_ended_agreement_identifies_without_wallets(office: Office, stranger: Strangers) -> None:
    shop = makers.make_partner(office, ends_on="2026-10-31")
    card = makers.make_card(office)
    body = stranger(makers.make_terminal(office, shop)).read(card.code)
    assert (body["outcome"], body["wallets"]) == ("identified", [])


def test_the_pin_policy_is_told_with_its_amount(office: Office, stranger: Strangers) -> None:
    terminal = makers.make_terminal(office, pin_required="above", above_cents=2000)
    card = makers.make_card(office)
    assert stranger(terminal).read(card.code)["pin"] == {
        "required": "above",
        "above_cents": 2000,
    }


def test_a_suspended_partner_identifies_nobody(
    office: Office, stranger: Strangers, card: makers.HeldCard
) -> None:
    shop = makers.make_partner(office)
    till = stranger(makers.make_terminal(office, shop))
    assert till.read(card.code)["outcome"] == "identified"
    suspend_partner(office.engine, partner_name=shop.siret, actor="test")
    answer = till.http.post("/identifications", json={"reading": card.code})
    assert (answer.status_code, answer.json()["code"]) == (403, "partner_suspended")


def test_a_photo_is_shown_for_sixty_seconds_and_stored_nowhere(
    office: Office, till: Stranger, card: makers.HeldCard, clock: Clock, portrait: bytes
) -> None:
    done = set_photo(office.engine, office.keys, card_name=card.code, image=portrait, actor="test")
    assert done
    url = till.read(card.code)["holder"]["photo_url"]
    assert url.startswith("/api/v1/photos/")
    address = url.removeprefix("/api/v1")
    shown = till.http.get(address, headers={"Authorization": ""})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["cache-control"] == "no-store"
    assert till.http.get(address[:-3] + "AAA").status_code == 404
    clock.set(A_MORNING + timedelta(seconds=61))
    late = till.http.get(address)
    assert (late.status_code, late.json()["code"]) == (404, "not_found")


def test_a_reading_that_finds_a_card_is_noted_for_its_holder(
    office: Office, till: Stranger, card: makers.HeldCard, written_readings: Callable[[], None]
) -> None:
    till.read(card.code)
    till.read("0" * 14)
    written_readings()
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text("SELECT card_id, read_at FROM card_reading ORDER BY reading_id")
        ).all()
    # What another test's card was read for may be written now too.
    mine = [row.read_at for row in rows if row.card_id == card.card_id]
    assert len(mine) == 1 and abs(mine[0] - A_MORNING) < timedelta(seconds=30)


def test_the_thirty_first_reading_without_a_card_waits(
    office: Office, stranger: Strangers, card: makers.HeldCard
) -> None:
    shop = makers.make_partner(office)
    till = stranger(makers.make_terminal(office, shop))
    identification = till.identify(card.code)
    for _ in range(30):
        assert till.read("0" * 14)["code"] == "card_unknown"
    for reading in ("0" * 14, card.code):
        answer = till.http.post("/identifications", json={"reading": reading})
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_lookups")
        assert 0 < int(answer.headers["retry-after"]) <= 600
    # Budgets stop readings, never debits, and never the terminal beside it.
    assert till.debit(identification)["outcome"] == "approved"
    beside = stranger(makers.make_terminal(office, shop))
    assert beside.read(card.code)["outcome"] == "identified"


def test_three_terminals_use_up_their_partners_budget(
    office: Office, stranger: Strangers, card: makers.HeldCard
) -> None:
    shop = makers.make_partner(office)
    for _ in range(3):
        till = stranger(makers.make_terminal(office, shop))
        for _ in range(30):
            till.read("0" * 14)
    fourth = stranger(makers.make_terminal(office, shop))
    answer = fourth.http.post("/identifications", json={"reading": card.code})
    assert answer.json()["code"] == "too_many_lookups"


def test_ten_terminals_use_up_their_address(office: Office, stranger: Strangers) -> None:
    for _ in range(10):
        till = stranger(makers.make_terminal(office))
        for _ in range(30):
            till.read("0" * 14)
    here = stranger(makers.make_terminal(office))
    answer = here.http.post("/identifications", json={"reading": "0" * 14})
    assert answer.json()["code"] == "too_many_lookups"
    elsewhere = stranger(makers.make_terminal(office), address="127.200.0.9")
    assert elsewhere.read("0" * 14)["code"] == "card_unknown"
