"""A PIN is neither what anybody tries first nor the birth date (C58)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardservice.domain.codes import VERB_REFUSALS
from cardservice.domain.pin import pin_is_four_digits, weak_pin_reason

BIRTH_DATE = date(2012, 3, 27)


@pytest.mark.parametrize("pin", ["0000", "2580", "9999"])
def test_four_digits_are_a_pin(pin: str) -> None:
    assert pin_is_four_digits(pin)


@pytest.mark.parametrize(
    "text", ["", "123", "12345", "12a4", "12 4", " 1234", "1234\n", "٣٣٣٣", "-123"]
)
def test_anything_else_is_none(text: str) -> None:
    assert not pin_is_four_digits(text)
    with pytest.raises(ValueError, match="four digits"):
        weak_pin_reason(text, BIRTH_DATE)


@pytest.mark.parametrize("digit", "0123456789")
def test_one_digit_four_times_is_too_simple(digit: str) -> None:
    assert weak_pin_reason(digit * 4, BIRTH_DATE) == "pin_too_simple"


@pytest.mark.parametrize(
    "pin",
    [
        *("0123", "1234", "2345", "3456", "4567", "5678", "6789", "7890"),
        *("3210", "4321", "5432", "6543", "7654", "8765", "9876", "0987"),
    ],
)
def test_a_run_up_or_down_the_keypad_is_too_simple(pin: str) -> None:
    assert weak_pin_reason(pin, BIRTH_DATE) == "pin_too_simple"


@pytest.mark.parametrize("pin", ["2703", "0327", "2012", "0312", "1203", "2712", "1227"])
def test_the_birth_date_in_any_order_is_refused(pin: str) -> None:
    assert weak_pin_reason(pin, BIRTH_DATE) == "pin_is_birth_date"
    assert weak_pin_reason(pin, date(2011, 5, 6)) is None


def test_a_birth_date_with_small_numbers_keeps_its_zeros() -> None:
    assert weak_pin_reason("0506", date(2011, 6, 5)) == "pin_is_birth_date"
    assert weak_pin_reason("0511", date(2011, 6, 5)) == "pin_is_birth_date"


def test_a_pin_that_is_both_is_called_too_simple() -> None:
    assert weak_pin_reason("1111", date(2011, 11, 11)) == "pin_too_simple"


@settings(max_examples=20)
@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)))
def test_few_pins_are_refused_and_always_with_a_known_code(birth_date: date) -> None:
    reasons = [weak_pin_reason(f"{number:04d}", birth_date) for number in range(10_000)]
    refused = [reason for reason in reasons if reason is not None]
    # 10 repeats and 16 runs for everybody, at most 7 readings of a birth date.
    assert 26 <= len(refused) <= 33
    assert set(refused) <= set(VERB_REFUSALS)


def test_exactly_the_listed_pins_are_refused() -> None:
    refused = [n for n in range(10_000) if weak_pin_reason(f"{n:04d}", BIRTH_DATE) is not None]
    assert len(refused) == 10 + 16 + 7
