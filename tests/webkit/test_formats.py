"""How pages write figures, days and counts, as a French reader expects them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from jinja2 import Environment

from cardservice.webkit import formats

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, f"0{NBSP}débit"),
        (1, f"1{NBSP}débit"),
        (2, f"2{NBSP}débits"),
        (-1, f"-1{NBSP}débit"),
        (1234, f"1{NBSP}234{NBSP}débits"),
    ],
)
def test_a_count_agrees_with_its_word_and_never_parts_from_it(count: int, told: str) -> None:
    assert formats.plural(count, "débit", "débits") == told


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2026, 11, 22), "dimanche 22 novembre 2026"),
        (date(2026, 9, 1), "mardi 1er septembre 2026"),
        (date(2027, 2, 28), "dimanche 28 février 2027"),
    ],
)
def test_a_day_in_words_is_french_and_the_first_is_an_ordinal(day: date, told: str) -> None:
    assert formats.day_in_words(day) == told
    assert told.endswith(formats.date_in_words(day))


def test_a_short_day_keeps_the_ordinal_of_the_first() -> None:
    assert formats.short_day(date(2026, 11, 22)) == "22 nov."
    assert formats.short_day(date(2026, 12, 1)) == "1er déc."


def test_an_hour_is_that_of_paris_in_summer_and_in_winter() -> None:
    assert formats.hour(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "00:30"
    assert formats.hour(datetime(2026, 12, 1, 22, 30, tzinfo=UTC)) == "23:30"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ 123456 | euros }}", f"1{NBSP}234,56{NBSP}€"),
        ("{{ -1550 | euros }}", f"-15,50{NBSP}€"),
        ("{{ day | day }}", "22/11/2026"),
        ("{{ instant | minute }}", "22/11/2026 14:32"),
        ("{{ instant | iso }}", "2026-11-22T13:32:00+00:00"),
        ("{{ iban | masked_iban }}", "FR76 •••• 0143"),
    ],
)
def test_templates_have_the_formats_as_filters(template: str, told: str) -> None:
    environment = Environment(autoescape=True)
    formats.install(environment)
    rendered = environment.from_string(template).render(
        day=date(2026, 11, 22),
        instant=datetime(2026, 11, 22, 13, 32, tzinfo=UTC),
        iban="FR7612739000710000101110143",
    )
    assert rendered.replace(NBSP, " ") == told.replace(NBSP, " ")


def test_money_that_is_no_whole_number_of_cents_is_not_written() -> None:
    environment = Environment(autoescape=True)
    formats.install(environment)
    for wrong in (10.55, True, "1055"):
        with pytest.raises(TypeError):
            environment.from_string("{{ wrong | euros }}").render(wrong=wrong)
