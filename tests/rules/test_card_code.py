"""The card code is hard to mistype, kind to read, and never breaks its reader (C18, C77)."""

import json
import random
from itertools import chain as one_after_another
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.card_code import (
    ALPHABET,
    fold_card_code,
    last4,
    make_card_code,
    print_card_code,
)

DICE = random.Random(20260901)
CODES = [make_card_code(DICE.randrange) for _ in range(400)]
VECTORS = json.loads((Path(__file__).parent / "card_code_vectors.json").read_text("utf-8"))


def code_drawn_as(symbols: list[int]) -> str:
    """The code whose twelve drawn characters are these."""
    left = iter(symbols)
    return make_card_code(lambda _: next(left))


codes = st.builds(
    code_drawn_as,
    st.lists(st.integers(0, 31), min_size=12, max_size=12),
)


def times_x(symbol: int) -> int:
    """Multiplication by x modulo x^5 + x^2 + 1, written a second time, from the definition."""
    return symbol << 1 if symbol < 16 else (symbol << 1) ^ 0b100101


def swapped(code: str, left: int, right: int) -> str:
    characters = list(code)
    characters[left], characters[right] = characters[right], characters[left]
    return "".join(characters)


def test_the_alphabet_is_crockfords_without_lookalikes() -> None:
    assert ALPHABET == "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_a_code_has_twelve_drawn_characters_and_two_checks() -> None:
    draws: list[int] = []

    def draw(below: int) -> int:
        draws.append(below)
        return len(draws)

    code = make_card_code(draw)
    assert draws == [32] * 12
    assert code[:12] == "123456789ABC"
    assert len(code) == 14


def test_both_sums_of_every_code_are_zero() -> None:
    for code in CODES:
        plain = weighted = 0
        # Horner from the right: ((s13·x + s12)·x + s11)·x …
        for character in reversed(code):
            plain ^= ALPHABET.index(character)
            weighted = times_x(weighted) ^ ALPHABET.index(character)
        assert (plain, weighted) == (0, 0)


def test_a_code_reads_back_as_itself() -> None:
    assert [fold_card_code(code) for code in CODES] == CODES


def test_every_single_wrong_character_is_caught() -> None:
    for code in CODES:
        for at in range(14):
            for other in ALPHABET.replace(code[at], ""):
                assert fold_card_code(code[:at] + other + code[at + 1 :]) is None


@pytest.mark.parametrize("apart", [1, 2], ids=["adjacent", "jump"])
def test_every_swap_of_two_characters_is_caught(apart: int) -> None:
    places = set()
    for code in CODES:
        for at in range(14 - apart):
            if code[at] != code[at + apart]:
                places.add(at)
                assert fold_card_code(swapped(code, at, at + apart)) is None
    assert places == set(range(14 - apart))


def test_every_twin_error_is_caught() -> None:
    in_pairs = [
        code_drawn_as(symbols)
        for symbols in (
            list(one_after_another([0] * shift, *([DICE.randrange(32)] * 2 for _ in range(6))))[:12]
            for shift in (0, 1)
            for _ in range(100)
        )
    ]
    # Twins that touch the check characters cannot be drawn on purpose: look for them.
    by_luck = [make_card_code(DICE.randrange) for _ in range(2000)]

    places = set()
    for code in in_pairs + by_luck:
        for at in range(13):
            if code[at] == code[at + 1]:
                places.add(at)
                for other in ALPHABET.replace(code[at], ""):
                    assert fold_card_code(code[:at] + other * 2 + code[at + 2 :]) is None
    assert places == set(range(13))


def test_any_two_wrong_characters_are_caught() -> None:
    for code in CODES:
        for _ in range(50):
            first, second = DICE.sample(range(14), 2)
            wrong = list(code)
            for at in (first, second):
                wrong[at] = DICE.choice(ALPHABET.replace(code[at], ""))
            assert fold_card_code("".join(wrong)) is None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_the_vectors_shared_with_the_scanner_hold(vector: dict[str, str | None]) -> None:
    assert fold_card_code(str(vector["reading"])) == vector["code"]


@given(codes, st.data())
def test_spaces_dashes_case_and_lookalikes_are_read_kindly(code: str, data: st.DataObject) -> None:
    written = ""
    for character in code:
        spellings = {"0": "0Oo", "1": "1IiLl"}.get(character, character + character.lower())
        written += data.draw(st.sampled_from(spellings))
        written += data.draw(st.text(" -\t\n\u00a0\u202f\u2011\u2013", max_size=2))
    assert fold_card_code(written) == code


@pytest.mark.parametrize("foreign", ["U", "u", "ı", "ſ", "é", "_", "٣", "\uff10", "*", "\x00"])
def test_a_character_that_was_never_printed_is_refused(foreign: str) -> None:
    # The dotless i would upper-case to I and the full-width 0 counts as a digit.
    for code in CODES[:50]:
        assert fold_card_code(code + foreign) is None
        for at, character in enumerate(code):
            if character in "01S":
                assert fold_card_code(code[:at] + foreign + code[at + 1 :]) is None


@given(st.one_of(st.text(), st.text(ALPHABET + " -", max_size=40), codes))
def test_no_reading_ever_raises_and_what_is_read_is_canonical(reading: str) -> None:
    code = fold_card_code(reading)
    assert code is None or (len(code) == 14 and set(code) <= set(ALPHABET))
    assert code is None or fold_card_code(code) == code


def test_a_code_of_another_length_is_refused() -> None:
    # Fourteen times zero keeps both laws, and so would any number of zeros.
    assert fold_card_code("0" * 14) == "0" * 14
    for length in (0, 1, 12, 13, 15, 28):
        assert fold_card_code("0" * length) is None


@given(codes)
def test_a_printed_code_stands_in_groups_of_four_and_reads_back(code: str) -> None:
    printed = print_card_code(code)
    assert [len(group) for group in printed.split(" ")] == [4, 4, 4, 2]
    assert fold_card_code(printed) == code


def test_only_the_last_four_characters_are_shown() -> None:
    assert last4("123456789ABCDE") == "BCDE"


def test_printing_half_a_code_is_a_defect() -> None:
    for show in (print_card_code, last4):
        with pytest.raises(ValueError, match="14"):
            show("123456789ABC")
