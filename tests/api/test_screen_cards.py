"""The screen of a card at a till: as good as its plastic for a minute, at one terminal."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.crockford import ALPHABET
from cardservice.services.block_card import block_card
from cardservice.wiring import Office
from tests import makers
from tests.api.stranger import SPORT, Stranger
from tests.conftest import A_MORNING, Clock

Strangers = Callable[..., Stranger]


@pytest.fixture
def card(office: Office) -> makers.HeldCard:
    return makers.make_card(office)


@pytest.fixture
def till(office: Office, stranger: Strangers) -> Stranger:
    return stranger(makers.make_terminal(office))


def forged(payload: str) -> str:
    return payload[:-1] + ALPHABET[ALPHABET.index(payload[-1]) ^ 1]


def code_of(body: dict[str, object]) -> object:
    return body.get("code", body["outcome"])


def test_a_screen_says_what_its_plastic_says(
    office: Office, till: Stranger, card: makers.HeldCard
) -> None:
    plastic, screen = till.read(card.code), till.read(makers.screen_of(office, card))
    # Signed anew each time.
    for body in (plastic, screen):
        assert body.pop("identification")
        assert body.pop("expires_at")
    assert screen == plastic


def test_a_screen_pays(office: Office, till: Stranger, card: makers.HeldCard) -> None:
    identification = till.identify(makers.screen_of(office, card))
    answer = till.debit(identification, 1055)
    assert (answer["outcome"], answer["balance_after_cents"]) == ("approved", 8945)
    assert answer["card"] == {"last4": card.code[-4:]}


@pytest.mark.parametrize("spelt", [str.lower, lambda one: f" {one[:9]} {one[9:]}\r\n"])
def test_a_reader_may_spell_it_its_own_way(
    office: Office, till: Stranger, card: makers.HeldCard, spelt: Callable[[str], str]
) -> None:
    assert till.read(spelt(makers.screen_of(office, card)))["outcome"] == "identified"


def test_a_screenshot_dies_within_ninety_seconds(
    office: Office, till: Stranger, card: makers.HeldCard, clock: Clock
) -> None:
    screenshot = makers.screen_of(office, card)
    clock.set(A_MORNING + timedelta(seconds=59))
    assert till.read(screenshot)["outcome"] == "identified"
    clock.set(A_MORNING + timedelta(seconds=90))
    answer = till.read(screenshot)
    assert (answer["code"], answer["final"]) == ("screen_code_expired", False)


def test_a_phone_without_a_network_is_good_for_ten_minutes_and_no_more(
    office: Office, till: Stranger, card: makers.HeldCard, clock: Clock
) -> None:
    payloads = makers.screens_of(office, card)
    assert len(payloads) == len(set(payloads)) == 21
    for step in (0, 5, 10, 20):
        clock.set(A_MORNING + timedelta(seconds=30 * step + 1))
        assert till.read(payloads[step])["outcome"] == "identified", step
    clock.set(A_MORNING + timedelta(minutes=10, seconds=60))
    assert code_of(till.read(payloads[20])) == "screen_code_expired"


def test_a_clock_that_is_a_step_away_is_borne(
    office: Office, till: Stranger, card: makers.HeldCard
) -> None:
    now, next_one, after = makers.screens_of(office, card)[:3]
    assert [code_of(till.read(one)) for one in (next_one, now, after)] == [
        "identified", "identified", "screen_code_expired",
    ]  # fmt: skip


def test_a_step_that_one_terminal_has_read_is_over_for_every_other(
    office: Office, till: Stranger, card: makers.HeldCard, stranger: Strangers
) -> None:
    other, payload = stranger(makers.make_terminal(office)), makers.screen_of(office, card)
    assert till.read(payload)["outcome"] == "identified"
    assert code_of(other.read(payload)) == "screen_code_expired"
    assert till.read(payload)["outcome"] == "identified"
    assert other.read(makers.screens_of(office, card)[1])["outcome"] == "identified"


def test_a_block_is_effective_for_a_screen_already_identified_and_for_the_next_reading(
    office: Office, till: Stranger, card: makers.HeldCard
) -> None:
    now, next_one = makers.screens_of(office, card)[:2]
    identification = till.identify(now)
    done = block_card(
        office.engine, office.keys, card_name=card.serial, reason="stolen", actor="member:1"
    )
    assert not hasattr(done, "code")
    assert till.debit(identification)["code"] == "card_blocked"
    assert code_of(till.read(next_one)) == "card_blocked"


def test_what_nobody_has_signed_is_an_unknown_card_word_for_word(
    office: Office, till: Stranger, card: makers.HeldCard
) -> None:
    payload = makers.screen_of(office, card)
    answers = [
        till.read(reading)
        for reading in (forged(payload), "D1" + "0" * 34, payload[:-1], "M9S346Q3D25V88", "hello")
    ]
    assert {answer["code"] for answer in answers} == {"card_unknown"}
    assert all(answer == answers[0] for answer in answers)


def test_a_forged_screen_takes_the_time_of_an_unknown_code(
    office: Office, till: Stranger, card: makers.HeldCard, stranger: Strangers
) -> None:
    payload = makers.screen_of(office, card)
    readings = {"forged": forged(payload), "unknown": "M9S346Q3D25V88"}
    took: dict[str, list[float]] = {kind: [] for kind in readings}
    # A terminal has thirty misses: each measures its share, in turns, so that a busy moment is
    # everybody's.
    for address in range(4):
        eye = stranger(makers.make_terminal(office), address=f"127.77.{address}.1")
        eye.read(card.code)
        for _ in range(12):
            for kind, reading in readings.items():
                before = time.perf_counter()
                assert eye.read(reading)["code"] == "card_unknown"
                took[kind].append(time.perf_counter() - before)
    fast, slow = sorted(statistics.median(seconds) for seconds in took.values())
    assert slow - fast < 0.002, took


def test_a_reading_of_a_screen_is_noted_for_its_holder(
    office: Office,
    till: Stranger,
    card: makers.HeldCard,
    written_readings: Callable[[], None],
    clock: Clock,
) -> None:
    payload = makers.screen_of(office, card)
    till.read(payload)
    clock.set(A_MORNING + timedelta(minutes=5))
    till.read(payload)
    written_readings()
    with unit_of_work(office.engine) as connection:
        found = connection.execute(
            text("SELECT count(*) FROM card_reading WHERE card_id = :card_id"),
            {"card_id": card.card_id},
        ).scalar_one()
    # The second came too late to be identified, and was a reading all the same.
    assert found == 2


def shown_at_two_tills(office: Office, stranger: Strangers, *, races: int) -> None:
    """Over HTTP: the whole road, with its lane."""
    tills = [stranger(makers.make_terminal(office)) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for card in makers.make_cards(office, races):
            payload = makers.screen_of(office, card)
            answers = list(pool.map(lambda till, one=payload: code_of(till.read(one)), tills))
            assert sorted(map(str, answers)) == ["identified", "screen_code_expired"]


def test_of_two_tills_at_once_one_identifies(office: Office, stranger: Strangers) -> None:
    shown_at_two_tills(office, stranger, races=25)


@pytest.mark.soak
def test_of_two_tills_at_once_one_identifies_a_thousand_times(
    office: Office, stranger: Strangers
) -> None:
    shown_at_two_tills(office, stranger, races=1000)


def test_a_youths_card_without_money_has_a_screen_too(office: Office, till: Stranger) -> None:
    card = makers.make_card(office, makers.make_youth(office))
    body = till.read(makers.screen_of(office, card))
    assert (body["outcome"], body["wallets"]) == ("identified", [])
    assert SPORT not in str(body)
