"""Names of communes fold alike in every spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.place_name import fold_place_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Saint-Rémy-de-Provence", "ST REMY DE PROVENCE"),
        ("Saintes-Maries-de-la-Mer", "Stes Maries de la Mer"),
        ("Marseille 8e Arrondissement", "marseille"),
        ("Marseille 1er Arrondissement", "MARSEILLE 01"),
        ("Berre-l'Étang", "Berre l’Etang"),
        ("Œuf", "OEUF"),
    ],
)
def test_two_spellings_of_one_commune_fold_alike(one, other):
    assert fold_place_name(one) == fold_place_name(other)


def test_two_communes_stay_apart():
    assert fold_place_name("Saint-Cannat") != fold_place_name("Saint-Chamas")


@given(st.text())
def test_folding_never_raises_and_folds_once(name):
    folded = fold_place_name(name)
    assert fold_place_name(folded) == folded
