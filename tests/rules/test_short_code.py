"""Short codes and references: typed, read aloud, checked (C48, C57)."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardservice.domain.crockford import ALPHABET
from cardservice.domain.short_code import (
    fold_operation_reference,
    fold_short_code,
    make_short_code,
    operation_reference,
)

DICE = random.Random(48)
LARGEST_NO = 2**63 - 1

operation_numbers = st.integers(0, LARGEST_NO)


def every_slip(code: str, *, first: int = 0) -> set[str]:
    """All single wrong characters and all swaps of neighbours from place `first` on."""
    slips = set()
    for at in range(first, len(code)):
        for other in ALPHABET:
            slips.add(code[:at] + other + code[at + 1 :])
        slips.add(code[:at] + code[at : at + 2][::-1] + code[at + 2 :])
    return slips - {code}


def test_an_activation_code_has_ten_drawn_characters_and_one_check() -> None:
    draws: list[int] = []

    def draw(below: int) -> int:
        draws.append(below)
        return len(draws)

    code = make_short_code(10, draw)
    assert draws == [32] * 10
    assert code[:10] == "123456789A"
    assert len(code) == 11


@pytest.mark.parametrize("length", [1, 6, 10, 30])
def test_every_slip_in_a_short_code_is_caught(length: int) -> None:
    for _ in range(30):
        code = make_short_code(length, DICE.randrange)
        assert fold_short_code(code, length) == code
        assert [slip for slip in every_slip(code) if fold_short_code(slip, length)] == []


def test_a_short_code_is_read_kindly() -> None:
    code = make_short_code(10, lambda _: 1)
    spoken = " ".join(code.replace("1", "i").lower())
    assert fold_short_code(spoken, 10) == code
    assert fold_short_code(code.replace("1", "L", 1), 10) == code


def test_a_short_code_of_another_length_is_refused() -> None:
    assert fold_short_code("0" * 11, 10) == "0" * 11
    for length in (0, 10, 12):
        assert fold_short_code("0" * length, 10) is None


@pytest.mark.parametrize("length", [0, -1, 31])
def test_a_length_that_one_check_character_cannot_guard_is_a_defect(length: int) -> None:
    with pytest.raises(ValueError, match="1 to 30"):
        make_short_code(length, DICE.randrange)
    with pytest.raises(ValueError, match="1 to 30"):
        fold_short_code("", length)


@given(st.text())
def test_no_text_ever_raises(text: str) -> None:
    assert fold_short_code(text, 10) is None or len(text) >= 11
    assert fold_operation_reference(text) is None or len(text) >= 8
    assert fold_operation_reference("D" + text) is None or len(text) >= 7


def test_a_reference_is_a_letter_six_digits_and_a_check() -> None:
    assert operation_reference(0) == "D0000000"
    # 4 · 32 + 19 (K): the weights of K, 4 are x, x^2; 19·x + 4·x^2 = 3 ^ 16 = 19 → K.
    assert operation_reference(4 * 32 + 19) == "D00004KK"


@given(operation_numbers)
@example(32**6 - 1)
@example(32**6)
@example(LARGEST_NO)
def test_a_reference_reads_back_as_its_operation_number(operation_no: int) -> None:
    reference = operation_reference(operation_no)
    assert reference.startswith("D")
    assert len(reference) >= 8
    assert fold_operation_reference(reference) == operation_no
    assert fold_operation_reference(f" {reference[:4].lower()}-{reference[4:]} ") == operation_no


def test_references_do_not_collide_and_grow_only_past_a_thousand_million() -> None:
    assert len({operation_reference(operation_no) for operation_no in range(5000)}) == 5000
    assert len(operation_reference(32**6 - 1)) == 8
    assert len(operation_reference(32**6)) == 9


def test_every_slip_in_a_reference_is_caught() -> None:
    for operation_no in [*(DICE.randrange(32**6) for _ in range(100)), 32**6, LARGEST_NO]:
        reference = operation_reference(operation_no)
        slips = every_slip(reference)
        assert [slip for slip in slips if fold_operation_reference(slip) is not None] == []


def test_only_the_printed_spelling_of_a_reference_is_read() -> None:
    reference = operation_reference(1234)
    assert fold_operation_reference("D" + "0" + reference[1:]) is None
    assert fold_operation_reference("D" + reference[2:]) is None
    assert fold_operation_reference("E" + reference[1:]) is None
    assert fold_operation_reference(reference + "0") is None


def test_a_reference_beyond_the_largest_number_is_refused() -> None:
    # Thirteen digits can say more than a bigint holds; the database would refuse it rudely.
    reference = operation_reference(LARGEST_NO)
    assert len(reference) == 15
    readable = [
        number
        for check in ALPHABET
        if (number := fold_operation_reference("D" + "Z" * 13 + check)) is not None
    ]
    assert readable == []


@pytest.mark.parametrize("operation_no", [-1, LARGEST_NO + 1])
def test_a_number_that_the_database_cannot_give_is_a_defect(operation_no: int) -> None:
    with pytest.raises(ValueError, match="bigint"):
        operation_reference(operation_no)
