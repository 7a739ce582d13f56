"""Names for the bank: the EPC's characters and nothing else, and never an empty name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.transliteration import to_sepa_text

EPC = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Club Été & Sœurs n°1", "CLUB ETE ET SOEURS NO 1"),
        ("École N° 12", "ECOLE NO 12"),
        ("Pavillon°", "PAVILLON"),
        ("À l’Œuvre « vive » !", "A L'OEUVRE VIVE"),
        ("Łódź Ærø", "LODZ AERO"),
        ("Cafe\u0301", "CAFE"),
        ("//Judo // Club/", "JUDO / CLUB"),
        ("  deux\u00a0 \t espaces ", "DEUX ESPACES"),
        ("Straße", "STRASSE"),
        ("<b>Cirque</b>", "B CIRQUE /B"),
    ],
)
def test_a_name_is_written_as_the_bank_can_read_it(name: str, written: str) -> None:
    assert to_sepa_text(name, 70) == written


def test_a_name_of_another_alphabet_becomes_its_code_points() -> None:
    assert to_sepa_text("北京", 70) == "U5317 U4EAC"


def test_two_names_that_cannot_be_written_stay_two_names() -> None:
    assert to_sepa_text("Ωμέγα", 70) != to_sepa_text("Άλφα", 70)


def test_a_text_without_letter_or_digit_may_become_empty() -> None:
    assert to_sepa_text("!!!", 70) == ""


def test_a_cut_leaves_neither_a_space_nor_a_slash_at_the_end() -> None:
    assert to_sepa_text("abc / def", 5) == "ABC"


@given(st.text(), st.integers(1, 140))
def test_any_text_gives_only_allowed_characters_that_fit(text: str, max_length: int) -> None:
    written = to_sepa_text(text, max_length)
    assert set(written) <= EPC
    assert len(written) <= max_length
    assert "//" not in written and "  " not in written
    assert written == written.strip(" /")


@given(st.text(), st.characters(categories=["L", "N"]), st.text(), st.integers(1, 140))
def test_a_name_with_a_letter_or_a_digit_is_never_empty(
    before: str, sign: str, after: str, max_length: int
) -> None:
    assert to_sepa_text(before + sign + after, max_length) != ""


@given(st.text(), st.integers(1, 140))
def test_writing_a_written_name_again_changes_nothing(text: str, max_length: int) -> None:
    written = to_sepa_text(text, max_length)
    assert to_sepa_text(written, max_length) == written
