"""Is the account's holder the partner? Every pair here is one that an agent could meet (C68)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.holder_match import CLOSE, DIFFERENT, MATCHING, compare_names

WORDS = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "Z")), max_size=30)


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        ("LIBRAIRIE DU PORT", "Librairie du Port"),
        ("SARL LIBRAIRIE DU PORT", "Librairie du Port"),
        ("LIBRAIRIE PORT (LE)", "Librairie du Port, SAS"),
        ("S.A.R.L. Librairie du Port", "Librairie du Port"),
        ("S A R L LIBRAIRIE DU PORT", "Librairie du Port"),
        ("PORT LIBRAIRIE", "Librairie du Port"),
        ("THEATRE DE L ETOILE", "Théâtre de l’Étoile"),
        ("Assoc. Les Amis du Livre", "Association « Les amis du livre »"),
        ("ASSO AMIS DU LIVRE", "Les Amis du Livre"),
        ("M. JEAN DUPONT", "Dupont Jean"),
        ("MR ET MME DUPONT JEAN", "DUPONT Jean EI"),
        ("CINE CLUB", "Ciné-Club"),
        ("CINECLUB", "Ciné-Club"),
        ("CŒUR ET SŒURS", "Coeur & soeurs"),
        ("C.D.I. SPORTS", "CDI Sports"),
        ("SARL", "S.A.R.L."),
    ],
)
def test_these_are_the_same_name(holder: str, name: str) -> None:
    assert compare_names(holder, [name]) == MATCHING


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        ("LIBRAIRIE DU PORT MARTIN PAUL", "Librairie du Port"),
        ("LIBRAIRIE", "Librairie du Port"),
        ("ASSOCIATION CULTURELLE DES AMIS DU LI", "Association culturelle des amis du livre"),
        ("ASS CULTURELLE AMIS LIV", "Association culturelle des amis du livre"),
        ("LIBRAIRE DU PORT", "Librairie du Port"),
        ("LIBRAIRIE DU PROT", "Librairie du Port"),
    ],
)
def test_these_are_worth_a_second_look(holder: str, name: str) -> None:
    assert compare_names(holder, [name]) == CLOSE


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        ("MARTIN PAUL", "Librairie du Port"),
        ("SARL DU PORT", "Librairie du Lac"),
        ("SARL", "Librairie du Port"),
        ("", "Librairie du Port"),
        ("!!!", "Librairie du Port"),
        ("LE", "Librairie Le Port"),
        ("CINEMA DE LA VALLEE", "Piscine du Canal"),
    ],
)
def test_these_are_not_the_same(holder: str, name: str) -> None:
    assert compare_names(holder, [name]) == DIFFERENT


def test_the_best_of_the_partners_names_counts() -> None:
    assert compare_names("DUPONT JEAN", ["Librairie du Port", "Jean Dupont"]) == MATCHING
    assert compare_names("DUPONT JEAN", []) == DIFFERENT


TELLING = ("théâtre", "étoile", "librairie", "port", "canal", "12")


@given(st.lists(st.sampled_from(TELLING), min_size=1))
def test_capitals_accents_order_and_a_legal_form_never_matter(words: list[str]) -> None:
    name = " ".join(words)
    holder = "SARL " + "-".join(sorted(words)).upper().translate(str.maketrans("ÉÂ", "EA"))
    assert compare_names(holder, [name]) == MATCHING


@given(WORDS, WORDS)
def test_it_does_not_matter_which_name_is_whose(one: str, other: str) -> None:
    assert compare_names(one, [other]) == compare_names(other, [one])


@given(WORDS, WORDS)
def test_no_text_is_too_strange_to_compare(holder: str, name: str) -> None:
    assert compare_names(holder, [name]) in (MATCHING, CLOSE, DIFFERENT)
    if any(letter.isascii() and letter.isalnum() for letter in holder):
        assert compare_names(holder, [name, holder]) == MATCHING
