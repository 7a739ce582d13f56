"""A wrong IBAN pays a stranger: both keys are checked (C68)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.iban import iban_is_valid, masked_iban, normal_iban

GOOD = "FR7630004000031234567890143"


def with_check_digits(country: str, account: str) -> str:
    """The IBAN of an account whose mod 97 holds, whatever its national key says."""
    as_number = int("".join(str(int(character, 36)) for character in account + country + "00"))
    return f"{country}{98 - as_number % 97:02d}{account}"


@pytest.mark.parametrize(
    "iban",
    [
        "FR1420041010050500013M02606",
        GOOD,
        "MC5811222000010123456789030",
        "DE89370400440532013000",
        "BE68539007547034",
    ],
)
def test_a_right_iban_is_accepted(iban: str) -> None:
    assert iban_is_valid(iban)


def test_spaces_and_case_do_not_matter() -> None:
    typed = " fr76 3000 4000 0312\u00a03456 7890 143\t"
    assert normal_iban(typed) == GOOD
    assert iban_is_valid(typed)


@pytest.mark.parametrize(
    "iban",
    [
        "FR7630004000031234567890144",
        "FR763000400003123456789014",
        "FR76300040000312345678901430",
        "MC5811222000010123456789031",
        "ZZ7630004000031234567890143",
        "FR76-3000-4000-0312-3456-7890-143",
        "FR76٣0004000031234567890143",
        "30004000031234567890143",
        "",
        "FR",
    ],
)
def test_a_wrong_iban_is_refused(iban: str) -> None:
    assert not iban_is_valid(iban)


@pytest.mark.parametrize(
    ("country", "account"),
    [("FR", "30004000031234567890144"), ("MC", "11222000010123456789031")],
)
def test_a_wrong_rib_key_is_refused_even_when_mod_97_holds(country: str, account: str) -> None:
    iban = with_check_digits(country, account)
    assert int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1
    assert not iban_is_valid(iban)


def test_the_known_wrong_rib_key_is_refused() -> None:
    assert not iban_is_valid("FR4930004000031234567890144")


def test_a_french_territory_has_no_prefix_of_its_own_to_dodge_the_rib_key() -> None:
    assert not iban_is_valid(with_check_digits("RE", "30004000031234567890144"))
    assert not iban_is_valid(with_check_digits("RE", "30004000031234567890143"))


@pytest.mark.filterwarnings("error")
def test_a_country_whose_key_is_unknown_is_judged_by_mod_97_even_when_warnings_are_errors() -> None:
    assert iban_is_valid("SE4550000000058398257466")
    assert not iban_is_valid("SE4550000000058398257467")


def test_every_single_wrong_digit_is_caught() -> None:
    for at in range(2, len(GOOD)):
        for digit in "0123456789".replace(GOOD[at], ""):
            assert not iban_is_valid(GOOD[:at] + digit + GOOD[at + 1 :])


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"\A[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\Z"),
        st.from_regex(r"\A(FR|MC)[0-9]{2}[A-Z0-9]{23}\Z"),
    )
)
def test_no_text_ever_raises(text: str) -> None:
    assert iban_is_valid(text) in (True, False)


def test_a_masked_iban_shows_its_two_ends_only() -> None:
    assert masked_iban(GOOD) == "FR76 •••• 0143"
    assert masked_iban("fr76 3000 4000 0312 3456 7890 143") == "FR76 •••• 0143"
