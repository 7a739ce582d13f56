"""Money is whole cents inside and French figures at the edges (C52, C71)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.money import Money, decimal_comma, format_euros, parse_euros

NBSP = "\u00a0"
cents = st.integers(-(10**13), 10**13)


@pytest.mark.parametrize("not_cents", [10.55, 1.0, True, False, "10", None])
def test_money_is_an_int_of_cents_and_nothing_else(not_cents: Any) -> None:
    for make in (Money, format_euros, decimal_comma):
        with pytest.raises(TypeError):
            make(not_cents)


@given(cents, cents)
def test_money_adds_subtracts_and_compares_to_the_cent(left: int, right: int) -> None:
    assert (Money(left) + Money(right)).cents == left + right
    assert (Money(left) - Money(right)).cents == left - right
    assert (Money(left) < Money(right)) is (left < right)
    assert (Money(left) >= Money(right)) is (left >= right)
    assert (Money(left) == Money(right)) is (left == right)


def test_a_bare_number_is_no_money() -> None:
    for use in (
        lambda: Money(5) + 5,  # type: ignore[operator]
        lambda: 5 + Money(5),  # type: ignore[operator]
        lambda: Money(5) - 5,  # type: ignore[operator]
        lambda: Money(5) < 6,  # type: ignore[operator]
        lambda: Money(5) * 2,  # type: ignore[operator]
    ):
        with pytest.raises(TypeError):
            use()
    assert Money(5) != 5  # type: ignore[comparison-overlap]


def test_money_does_not_change() -> None:
    with pytest.raises(AttributeError):
        Money(5).cents = 6  # type: ignore[misc]


@pytest.mark.parametrize(
    ("amount_cents", "printed", "in_csv"),
    [
        (0, "0,00 €", "0,00"),
        (5, "0,05 €", "0,05"),
        (950, "9,50 €", "9,50"),
        (1055, "10,55 €", "10,55"),
        (99_999, "999,99 €", "999,99"),
        (123_456, "1 234,56 €", "1234,56"),
        (123_456_789, "1 234 567,89 €", "1234567,89"),
        (-1550, "-15,50 €", "-15,50"),
        (-5, "-0,05 €", "-0,05"),
        (-100_000, "-1 000,00 €", "-1000,00"),
    ],
)
def test_amounts_are_printed_as_in_france(amount_cents: int, printed: str, in_csv: str) -> None:
    assert format_euros(amount_cents) == printed.replace(" ", NBSP)
    assert decimal_comma(amount_cents) == in_csv


@pytest.mark.parametrize(
    ("text", "amount_cents"),
    [
        ("10,55", 1055),
        ("10.55", 1055),
        ("10,5", 1050),
        ("10", 1000),
        ("0,05", 5),
        ("0", 0),
        ("007", 700),
        (" 10,55 € ", 1055),
        ("10,55€", 1055),
        ("10 €", 1000),
        ("1 234,56", 123_456),
        (f"1{NBSP}234,56{NBSP}€", 123_456),
        ("1\u202f234\u202f567,89", 123_456_789),
        ("1234,56", 123_456),
        ("9" * 12, int("9" * 12) * 100),
    ],
)
def test_amounts_are_read_as_people_type_them(text: str, amount_cents: int) -> None:
    assert parse_euros(text) == amount_cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "€",
        "10,555",
        "1.234",
        "1.234,56",
        "1,234.56",
        "10,",
        ",50",
        "-10",
        "+10",
        "\u221210",
        "10,55 EUR",
        "€ 10",
        "10,55 €€",
        "10 55",
        "1 2 3",
        "12 34,50",
        "1234 567",
        "10 ,55",
        "10, 55",
        "1e3",
        "0x10",
        "1_000",
        "٣",
        "dix",
        "10,55\n",
        "NaN",
        "9" * 13,
        "9" * 5000,
    ],
)
def test_what_is_not_clearly_an_amount_is_refused(text: str) -> None:
    assert parse_euros(text) is None


@given(st.integers(0, 10**14 - 1))
def test_what_is_printed_is_read_back(amount_cents: int) -> None:
    assert parse_euros(format_euros(amount_cents)) == amount_cents
    assert parse_euros(decimal_comma(amount_cents)) == amount_cents


@given(st.one_of(st.text(), st.text("0123456789,. €-\u00a0", max_size=20)))
def test_no_text_ever_raises_or_gives_a_negative_amount(text: str) -> None:
    amount_cents = parse_euros(text)
    assert amount_cents is None or amount_cents >= 0
