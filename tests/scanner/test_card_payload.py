"""What a reading means: scanner and service must never read one card as two (C18, C46, C77)."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain import card_code
from partner_portal.pages.till_reading import meant_by
from scanner.card_payload import Kind, fold_card_code, meaning_of, nearest, print_card_code
from tests.scanner.keyboards import on_a_french_keyboard

HERE = Path(__file__).parent
VECTORS = json.loads((HERE.parent / "rules" / "card_code_vectors.json").read_text("utf-8"))
MANGLED = json.loads((HERE / "mangled_readings.json").read_text("utf-8"))
CODE = "10AZQWM01SXK8N"
SCREENS = json.loads((HERE.parent / "rules" / "screen_code_vectors.json").read_text("utf-8"))
SCREEN = SCREENS["payloads"][0]["payload"]

codes = st.integers(0, 2**64).map(
    lambda seed: card_code.make_card_code(random.Random(seed).randrange)
)
# The letters that a French keyboard swaps.
SWAP = str.maketrans("AQWZ", "QAZW")


def _has_one_spelling(code: str) -> bool:
    swapped = code.translate(SWAP)
    return swapped == code or fold_card_code(swapped) is None


# One in a thousand is a code again when its letters are swapped: told apart further down.
plain_codes = codes.filter(_has_one_spelling)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_the_scanner_reads_a_code_as_the_service_does(vector: dict[str, str | None]) -> None:
    assert fold_card_code(str(vector["reading"])) == vector["code"]


@pytest.mark.parametrize("vector", MANGLED, ids=lambda vector: vector["why"])
def test_the_scanner_repairs_a_mangled_reading(vector: dict[str, object]) -> None:
    assert list(meaning_of(str(vector["reading"])).readings) == vector["codes"]


@pytest.mark.parametrize("vector", MANGLED, ids=lambda vector: vector["why"])
def test_the_portals_till_repairs_it_alike(vector: dict[str, object]) -> None:
    reading = str(vector["reading"])
    assert meant_by(reading) == (vector["codes"] or [reading.strip()])


@given(st.one_of(st.text(), st.text(card_code.ALPHABET + "-OIl ", max_size=20), codes))
def test_no_text_is_a_code_to_one_and_not_to_the_other(text: str) -> None:
    assert fold_card_code(text) == card_code.fold_card_code(text)


@given(plain_codes)
def test_every_code_survives_a_french_keyboard(code: str) -> None:
    for caps_lock in (False, True):
        mangled = on_a_french_keyboard(code, caps_lock=caps_lock)
        assert meaning_of(mangled).readings == (code,)
        assert code in meant_by(mangled)


@given(plain_codes)
def test_groups_announcements_and_line_ends_are_read_through(code: str) -> None:
    for dressed in (print_card_code(code), f"]Q1{code}\r\n", f"\x02{code}\x03", f"\ufeff{code}\t"):
        meaning = meaning_of(dressed)
        assert (meaning.kind, meaning.readings, meaning.repaired) == (Kind.CARD, (code,), False)


def test_a_repaired_reading_says_so() -> None:
    assert meaning_of(on_a_french_keyboard(CODE)).repaired
    assert not meaning_of(CODE.lower()).repaired


def test_two_spellings_that_both_hold_are_both_given() -> None:
    # A code whose letters swapped by a keyboard are a code again, the rarest of accidents.
    dice = random.Random(7)
    both = next(
        code
        for code in (_code_of_movers(dice) for _ in range(200_000))
        if not _has_one_spelling(code)
    )
    assert meaning_of(both).readings == (both, both.translate(SWAP))


def _code_of_movers(dice: random.Random) -> str:
    movers = [card_code.ALPHABET.index(letter) for letter in "AQWZ"]
    return card_code.make_card_code(lambda _: dice.choice(movers))


def test_the_code_of_a_screen_card_is_passed_on_whole() -> None:
    meaning = meaning_of(f"]Q1{SCREEN}\r")
    assert (meaning.kind, meaning.readings) == (Kind.SCREEN_CARD, (SCREEN,))


@pytest.mark.parametrize("vector", SCREENS["payloads"], ids=lambda vector: vector["payload"][2:8])
def test_every_screen_the_service_signs_is_passed_on_by_scanner_and_till(
    vector: dict[str, str],
) -> None:
    payload = vector["payload"]
    for reading in (payload, f"]Q1{payload}\r\n"):
        assert meaning_of(reading).readings == (payload,)
        assert meant_by(reading) == [payload]
    for caps_lock in (False, True):
        mangled = on_a_french_keyboard(payload, caps_lock=caps_lock)
        assert payload in meaning_of(mangled).readings
        assert payload in meant_by(mangled)


def test_the_code_of_a_screen_card_survives_a_french_keyboard() -> None:
    meaning = meaning_of(on_a_french_keyboard(SCREEN))
    assert (meaning.readings[0], meaning.repaired) == (SCREEN, True)
    assert SCREEN in meaning_of(on_a_french_keyboard(SCREEN, caps_lock=True)).readings


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/D1/" + CODE,
        "WIFI:S:guest;T:WPA;P:secret;;",
        "D1TOOSHORT",
        "D1" + "A" * 119,
        "D1" + "ù" * 40,
        "3760123456789",
        "A" * 5000,
        "",
        "\x00",
    ],
)
def test_anything_else_is_foreign_and_nothing_is_asked(text: str) -> None:
    meaning = meaning_of(text)
    assert (meaning.kind, meaning.readings) == (Kind.FOREIGN, ())


@given(codes, st.integers(0, 13), st.sampled_from(card_code.ALPHABET))
def test_one_wrong_character_is_found_and_only_offered(code: str, at: int, other: str) -> None:
    wrong = code[:at] + other + code[at + 1 :]
    if wrong == code:
        return
    assert nearest(wrong) == code
    meaning = meaning_of(wrong)
    # A keyboard may explain it too, and then checks have spoken; otherwise it is only a question.
    if meaning.kind is not Kind.CARD:
        assert (meaning.kind, meaning.readings) == (Kind.MISREAD, ())


def test_a_code_is_shown_by_its_last_four_characters() -> None:
    assert meaning_of(CODE).shown == "•••• XK8N"
    assert meaning_of(SCREEN).shown is None


@given(st.text(max_size=300))
def test_no_reading_ever_raises_and_every_code_told_is_canonical(text: str) -> None:
    meaning = meaning_of(text)
    assert bool(meaning.readings) == (meaning.kind in (Kind.CARD, Kind.SCREEN_CARD))
    if meaning.kind is Kind.CARD:
        assert all(card_code.fold_card_code(code) == code for code in meaning.readings)
