"""The SIRET and its one exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.siret import siret_is_valid

GOOD = "73282932000074"


@pytest.mark.parametrize("siret", [GOOD, "35600000000048"])
def test_a_siret_whose_luhn_key_holds_is_accepted(siret: str) -> None:
    assert siret_is_valid(siret)


def test_every_single_wrong_digit_is_caught() -> None:
    for at in range(14):
        for digit in "0123456789".replace(GOOD[at], ""):
            assert not siret_is_valid(GOOD[:at] + digit + GOOD[at + 1 :])


def test_la_poste_is_judged_by_the_sum_of_its_digits() -> None:
    # 3 + 5 + 6 + 6 = 20; Luhn does not hold.
    assert siret_is_valid("35600000000006")
    assert not siret_is_valid("35600000000007")


def test_the_exception_is_la_postes_alone() -> None:
    # 7 + 3 + 2 + 8 + 2 + 9 + 3 + 2 + 4 = 40, a multiple of 5.
    assert not siret_is_valid("73282932000004")


@pytest.mark.parametrize(
    "text",
    ["", "0" * 14, GOOD[:-1], GOOD + "0", "732 829 320 00074", GOOD + "\n", "٧" * 14, "x" * 14],
)
def test_anything_but_fourteen_digits_of_somebody_is_refused(text: str) -> None:
    assert not siret_is_valid(text)


@given(st.text())
def test_no_text_ever_raises(text: str) -> None:
    assert siret_is_valid(text) in (True, False)
