"""The repair table is one to one, and the self-test tells how a reader is set (design §7)."""

from __future__ import annotations

import pytest

from cardservice.domain.card_code import ALPHABET
from scanner.layout_repair import ReaderMode, reader_mode, self_test_text, spellings
from tests.scanner.keyboards import on_a_french_keyboard

TEST = self_test_text()


@pytest.mark.parametrize("caps_lock", [False, True])
def test_every_character_of_a_code_comes_back_alone(caps_lock: bool) -> None:
    for character in ALPHABET:
        mangled = on_a_french_keyboard(character, caps_lock=caps_lock)
        assert character in (spelling.upper() for spelling in spellings(mangled))
    assert len({on_a_french_keyboard(c, caps_lock=caps_lock) for c in ALPHABET}) == len(ALPHABET)


def test_what_is_right_is_the_first_spelling() -> None:
    assert spellings("10AZ QWM0\r")[0] == "10AZ QWM0"


def test_a_reading_has_few_spellings() -> None:
    assert 1 <= len(spellings("$A&" + on_a_french_keyboard(TEST))) <= 6
    assert spellings("") == ("",)


@pytest.mark.parametrize("announced", ["", "]Q1"])
@pytest.mark.parametrize(
    ("setting", "mode"),
    [
        (lambda text: text, ReaderMode.FAITHFUL),
        (str.lower, ReaderMode.LOWER_CASE),
        (on_a_french_keyboard, ReaderMode.AMERICAN_ON_FRENCH),
        (
            lambda text: on_a_french_keyboard(text, caps_lock=True),
            ReaderMode.AMERICAN_ON_FRENCH_LOCKED,
        ),
    ],
    ids=["faithful", "lower", "azerty", "azerty-locked"],
)
def test_the_self_test_tells_the_setting(setting, mode: ReaderMode, announced: str) -> None:  # type: ignore[no-untyped-def]
    assert reader_mode(setting(announced + TEST) + "\r") is mode


@pytest.mark.parametrize("other", ["", "0123456789", "10AZQWM01SXK8N", TEST[1:], TEST + "X"])
def test_anything_else_is_an_unknown_setting(other: str) -> None:
    assert reader_mode(other) is ReaderMode.UNKNOWN
