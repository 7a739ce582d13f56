"""Who is collégien, who is youth, and who is neither (C8, C9, C14; requirements §2)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardservice.domain.codes import VERB_REFUSALS
from cardservice.domain.eligibility import (
    SCHOOL_KINDS,
    EligibilityRules,
    Eligible,
    NotEligible,
    Person,
    category_of,
)

RULES = EligibilityRules(college_ages=(10, 17), other_schooling_ages=(11, 15), youth_ages=(16, 25))
FIRST_SCHOOL_DAY = date(2026, 9, 1)


def aged(age: int, school_kind: str = "", *, lives_in_department: bool = True) -> Person:
    """Somebody whose birthday is the first school day itself."""
    birth_date = FIRST_SCHOOL_DAY.replace(year=FIRST_SCHOOL_DAY.year - age)
    return Person(birth_date, lives_in_department, school_kind)


def verdict(person: Person) -> str:
    answer = category_of(person, FIRST_SCHOOL_DAY, RULES)
    return answer.category if isinstance(answer, Eligible) else answer.code


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (9, "too_young"),
        (10, "collegien"),
        (15, "collegien"),
        (16, "collegien"),
        (17, "collegien"),
        (18, "youth"),
        (25, "youth"),
        (26, "too_old"),
    ],
)
def test_a_college_makes_a_collegien_from_10_to_17(age: int, expected: str) -> None:
    assert verdict(aged(age, "college")) == expected


@pytest.mark.parametrize("school_kind", ["mfr", "ime", "lycee_pro", "cned", "idf"])
@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (10, "too_young"),
        (11, "collegien"),
        (15, "collegien"),
        (16, "youth"),
        (25, "youth"),
        (26, "too_old"),
    ],
)
def test_other_schooling_makes_a_collegien_at_college_age(
    school_kind: str, age: int, expected: str
) -> None:
    assert verdict(aged(age, school_kind)) == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-1, "too_young"),
        (9, "too_young"),
        (10, "not_schooled_here"),
        (15, "not_schooled_here"),
        (16, "youth"),
        (25, "youth"),
        (26, "too_old"),
    ],
)
def test_without_a_school_one_waits_for_16(age: int, expected: str) -> None:
    assert verdict(aged(age)) == expected


@pytest.mark.parametrize("school_kind", SCHOOL_KINDS)
@pytest.mark.parametrize("age", [5, 13, 20, 40])
def test_who_lives_elsewhere_gets_nothing(age: int, school_kind: str) -> None:
    assert verdict(aged(age, school_kind, lives_in_department=False)) == "lives_elsewhere"


def test_up_to_25_lasts_until_the_day_before_the_26th_birthday() -> None:
    turns_26_tomorrow = Person(date(2000, 9, 2), True, "")
    turns_26_today = Person(date(2000, 9, 1), True, "")
    assert verdict(turns_26_tomorrow) == "youth"
    assert verdict(turns_26_today) == "too_old"


def test_age_counts_on_the_first_school_day_and_not_on_1_september() -> None:
    turns_16_on_the_second = Person(date(2010, 9, 2), True, "")
    assert category_of(turns_16_on_the_second, date(2026, 9, 1), RULES) == NotEligible(
        "not_schooled_here"
    )
    assert category_of(turns_16_on_the_second, date(2026, 9, 2), RULES) == Eligible("youth")


def test_the_ages_come_from_the_rules_handed_in() -> None:
    stricter = EligibilityRules((12, 14), (12, 14), (20, 21))
    assert category_of(aged(11, "college"), FIRST_SCHOOL_DAY, stricter) == NotEligible("too_young")
    assert category_of(aged(12, "mfr"), FIRST_SCHOOL_DAY, stricter) == Eligible("collegien")
    assert category_of(aged(20), FIRST_SCHOOL_DAY, stricter) == Eligible("youth")
    assert category_of(aged(22), FIRST_SCHOOL_DAY, stricter) == NotEligible("too_old")


def test_a_span_of_ages_may_be_a_single_year() -> None:
    single = EligibilityRules((10, 17), (11, 15), (18, 18))
    assert category_of(aged(18), FIRST_SCHOOL_DAY, single) == Eligible("youth")


def test_an_unknown_school_kind_is_a_defect() -> None:
    with pytest.raises(ValueError, match="school kind"):
        Person(date(2012, 1, 1), True, "lycee")


@pytest.mark.parametrize("ages", [(17, 10), (-1, 5)])
def test_ages_the_wrong_way_round_are_a_defect(ages: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="span of ages"):
        EligibilityRules(ages, (11, 15), (16, 25))


@given(
    st.builds(
        Person,
        st.dates(date(1980, 1, 1), date(2030, 1, 1)),
        st.booleans(),
        st.sampled_from(SCHOOL_KINDS),
    )
)
def test_everybody_gets_one_answer_with_a_known_name(person: Person) -> None:
    answer = category_of(person, FIRST_SCHOOL_DAY, RULES)
    if isinstance(answer, Eligible):
        assert answer.category in ("collegien", "youth")
        assert person.lives_in_department
    else:
        assert answer.code in VERB_REFUSALS
