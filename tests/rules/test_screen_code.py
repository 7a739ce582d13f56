"""What the screen of a card shows: genuine or nothing; pinned by vectors that terminals share."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.card_code import fold_card_code
from cardservice.domain.crockford import ALPHABET
from cardservice.domain.keys import Keys
from cardservice.domain.screen_code import (
    PAYLOAD_LENGTH,
    REFERENCE_LENGTH,
    STEPS_SHOWN,
    ScreenCode,
    into_step,
    make_reference,
    read_screen_payload,
    screen_payload,
    step_at,
)

VECTORS = json.loads((Path(__file__).parent / "screen_code_vectors.json").read_text("utf-8"))
KEYS = Keys(bytes.fromhex(VECTORS["master_key"]))
CODE = ScreenCode("7K3M9QXWTB4H", 59_836_800)
PAYLOAD = screen_payload(KEYS, CODE)

codes = st.builds(
    ScreenCode,
    st.text(ALPHABET, min_size=REFERENCE_LENGTH, max_size=REFERENCE_LENGTH),
    st.integers(0, 2**30 - 1),
)


@pytest.mark.parametrize("vector", VECTORS["payloads"], ids=lambda vector: vector["payload"][2:8])
def test_a_payload_is_the_published_one(vector):
    code = ScreenCode(vector["reference"], vector["step"])
    assert screen_payload(KEYS, code) == vector["payload"]
    for reading in (vector["payload"], *vector["read_kindly"]):
        assert read_screen_payload(KEYS, reading) == code


@pytest.mark.parametrize("reading", VECTORS["nothing"])
def test_what_is_nobodys_screen_is_nothing(reading):
    assert read_screen_payload(KEYS, reading) is None


@given(codes)
def test_what_was_signed_is_read_back(code):
    payload = screen_payload(KEYS, code)
    assert len(payload) == PAYLOAD_LENGTH == 36
    assert payload.startswith("D1")
    assert set(payload) <= set(ALPHABET)
    assert read_screen_payload(KEYS, payload) == code
    assert fold_card_code(payload) is None


@given(st.integers(0, PAYLOAD_LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_changed_character_is_nothing(place, character):
    forged = PAYLOAD[:place] + character + PAYLOAD[place + 1 :]
    assert (read_screen_payload(KEYS, forged) is None) == (forged != PAYLOAD)


@given(st.text(max_size=200))
def test_no_text_raises(text):
    read_screen_payload(KEYS, text)


def test_another_instance_reads_nothing():
    assert read_screen_payload(Keys(bytes(32)), PAYLOAD) is None


def test_neither_another_card_nor_another_step_has_the_same_end():
    ends = {
        screen_payload(KEYS, ScreenCode(reference, step))[-16:]
        for reference in ("7K3M9QXWTB4H", "7K3M9QXWTB4J")
        for step in range(59_836_800, 59_836_900)
    }
    assert len(ends) == 200


def test_a_step_lasts_thirty_seconds():
    start = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)
    assert step_at(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert step_at(start + timedelta(seconds=30)) == step_at(start) + 1
    assert step_at(start + timedelta(seconds=29, microseconds=999_999)) == step_at(start)
    assert into_step(start + timedelta(seconds=12)) == timedelta(seconds=12)


def test_a_screen_gets_ten_minutes_and_the_step_under_way():
    assert STEPS_SHOWN == 21


def test_a_reference_is_drawn_and_says_nothing():
    drawn = iter(range(REFERENCE_LENGTH))
    assert make_reference(lambda _: next(drawn)) == ALPHABET[:REFERENCE_LENGTH]
