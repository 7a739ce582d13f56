"""An invented county passes every check that a real one has to pass, whatever its seed."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from importlib import resources
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardservice.demo.bank_accounts import invent_iban, invent_siret
from cardservice.demo.cast import FEWEST as FEWEST_CARDS
from cardservice.demo.cast import UNTOUCHED, HeldCard, give_parts
from cardservice.demo.clock import instant_typed
from cardservice.demo.county import (
    as_roster,
    invent_people,
    mail_name,
    pupils_of_last_year,
    read_communes,
)
from cardservice.demo.equipment import Till, plan_terminals
from cardservice.demo.partners import FEWEST, as_register, invent_partners
from cardservice.demo.sales import invent_sales
from cardservice.domain.eligibility import SCHOOL_KINDS, EligibilityRules
from cardservice.domain.iban import iban_is_valid
from cardservice.domain.operation import WALLETS
from cardservice.domain.place_name import fold_place_name
from cardservice.domain.refusal import Refused
from cardservice.domain.siret import siret_is_valid
from cardservice.services.partners_file import parse_partners
from cardservice.services.roster_file import RosterRules, parse_roster

T = TypeVar("T")

seeds = st.integers(0, 2**32)
few = settings(max_examples=15)

FIRST_DAYS = [
    row["first_day"]
    for row in tomllib.loads(
        (resources.files("cardservice.scheme") / "bouches_du_rhone.toml").read_text()
    )["school_years"]
]
YESTERDAY = date(2026, 11, 21)


def good(answer: T | Refused) -> T:
    assert not isinstance(answer, Refused), answer
    return answer


def rules(first_day: date) -> RosterRules:
    communes: dict[str, set[str]] = {}
    for place in read_communes():
        for postal_code in place.postal_codes:
            communes.setdefault(postal_code, set()).add(fold_place_name(place.name))
    return RosterRules(
        first_day,
        EligibilityRules(college_ages=(10, 17), other_schooling_ages=(11, 15), youth_ages=(16, 25)),
        {postal_code: frozenset(names) for postal_code, names in communes.items()},
    )


# People


@few
@given(seed=seeds, first_day=st.sampled_from(FIRST_DAYS))
def test_every_line_of_the_invented_roster_is_good(seed: int, first_day: date) -> None:
    people = invent_people(Random(seed), count=200, first_school_day=first_day)
    parsed = good(parse_roster(as_roster(people), rules(first_day)))
    assert parsed.bad_lines == []
    assert len(parsed.rows) == 200


@few
@given(seed=seeds)
def test_every_kind_of_schooling_is_there_and_one_in_eight_gets_no_money(seed: int) -> None:
    people = invent_people(Random(seed), count=1_000, first_school_day=FIRST_DAYS[3])
    kinds = Counter(person.school_kind for person in people)
    assert kinds.keys() == set(SCHOOL_KINDS)
    parsed = good(parse_roster(as_roster(people), rules(FIRST_DAYS[3])))
    assert Counter(row.category for row in parsed.rows) == {"collegien": 880, "youth": 120}


def test_the_smallest_county_has_every_kind_too() -> None:
    people = invent_people(Random(1), count=FEWEST_CARDS, first_school_day=FIRST_DAYS[3])
    assert {person.school_kind for person in people} == set(SCHOOL_KINDS)


def test_people_live_where_people_live() -> None:
    people = invent_people(Random(1), count=4_000, first_school_day=FIRST_DAYS[3])
    homes = Counter(person.commune for person in people)
    assert homes.most_common(2)[0][0] == "Marseille"
    assert homes.most_common(2)[1][0] == "Aix-en-Provence"
    assert len(homes) > 80


@few
@given(seed=seeds)
def test_the_pupils_of_last_year_were_eligible_then(seed: int) -> None:
    people = invent_people(Random(seed), count=100, first_school_day=FIRST_DAYS[3])
    pupils = pupils_of_last_year(people, first_day=FIRST_DAYS[2], count=6)
    parsed = good(parse_roster(as_roster(pupils), rules(FIRST_DAYS[2])))
    assert parsed.bad_lines == []
    assert [row.category for row in parsed.rows] == ["collegien"] * 6


def test_one_seed_is_one_county() -> None:
    def roster(seed: int) -> bytes:
        return as_roster(invent_people(Random(seed), count=60, first_school_day=FIRST_DAYS[3]))

    assert roster(13) == roster(13)
    assert roster(13) != roster(14)


def test_a_mail_address_is_plain() -> None:
    assert mail_name("Élise Da Silva") == "elise-da-silva"
    assert mail_name("L'Encre et le Thym") == "l-encre-et-le-thym"


# Partners


@given(seed=seeds)
def test_every_invented_iban_has_both_its_keys(seed: int) -> None:
    iban = invent_iban(Random(seed), ["10278", "30004"])
    assert iban_is_valid(iban)
    wrong = iban[:-3] + str((int(iban[-3]) + 1) % 10) + iban[-2:]
    assert not iban_is_valid(wrong)


@given(seed=seeds)
def test_every_invented_siret_has_its_keys(seed: int) -> None:
    assert siret_is_valid(invent_siret(Random(seed)))


@few
@given(seed=seeds, count=st.integers(FEWEST, 150))
def test_every_line_of_the_invented_register_is_good(seed: int, count: int) -> None:
    partners = invent_partners(Random(seed), count=count, ended_on=YESTERDAY)
    parsed = good(parse_partners(as_register(partners)))
    assert parsed.bad_lines == []
    assert len(parsed.entries) == count
    assert len({partner.trade_name for partner in partners}) == count


@pytest.mark.parametrize("count", [FEWEST, 60])
def test_scripts_find_the_partners_and_terminals_they_need(count: int) -> None:
    partners = invent_partners(Random(13), count=count, ended_on=YESTERDAY)
    terminals = plan_terminals(partners)
    first, ended = partners[0], partners[-1]
    assert first.trade.wallets == WALLETS
    assert first.trade.pin == "never"
    assert sum(terminal.partner == first for terminal in terminals) >= 3
    assert ended.ends_on == YESTERDAY
    assert all(partner.ends_on is None for partner in partners[:-1])
    ordinary = partners[:-2]
    assert len(ordinary) >= 5
    assert {partner.trade.pin for partner in ordinary} == {"never", "above", "always"}
    assert any(len(partner.trade.wallets) == 1 for partner in ordinary)
    assert all(partner.trade.above_cents in range(1, 2001) for partner in partners
               if partner.trade.pin == "above")  # fmt: skip
    assert sum(terminal.partner in ordinary for terminal in terminals) >= 20


# Cards and sales


def cards(count: int) -> list[HeldCard]:
    return [
        HeldCard(f"C26-{n:06d}", f"CODE{n}", "4826", n, "youth" if n % 8 == 0 else "collegien")
        for n in range(1, count + 1)
    ]


@few
@given(seed=seeds, count=st.integers(FEWEST_CARDS, 500))
def test_every_card_has_one_part_and_every_part_is_played(seed: int, count: int) -> None:
    cast = give_parts(Random(seed), cards(count))
    dealt = [*cast.activated, *cast.waiting]
    assert sorted(card.serial for card in dealt) == sorted(card.serial for card in cards(count))
    assert len(cast.untouched) == UNTOUCHED
    assert all([cast.spenders, cast.youths, cast.waiting, cast.blocked, cast.paused, cast.replaced])
    assert all(card.category == "collegien" for card in [*cast.untouched, *cast.spenders])


def test_a_day_of_sales_is_told_in_order_and_opens_at_nine() -> None:
    partners = invent_partners(Random(13), count=20, ended_on=YESTERDAY)
    tills = [Till(partner, "7GJ4K2QM", "ck_x") for partner in partners]
    holders = cards(100)
    sales = invent_sales(
        Random(1), count=500, spenders=holders[:50], waiting=holders[50:], tills=tills
    )
    hours = [sale.at for sale in sales]
    assert hours == sorted(hours)
    assert {9, 19} == {hours[0].hour, hours[-1].hour}
    kinds = Counter(sale.kind for sale in sales)
    assert kinds["plain"] > 440
    assert kinds.keys() > {"plain", "cancelled", "too_much", "not_activated"}
    assert all(sale.card in holders[50:] for sale in sales if sale.kind == "not_activated")


def test_an_instant_without_a_zone_is_paris_time() -> None:
    assert instant_typed("2026-11-22T23:59:50") == instant_typed("2026-11-22T22:59:50Z")
    assert instant_typed("2026-07-14T12:00:00") == instant_typed("2026-07-14T10:00:00+00:00")
    with pytest.raises(ValueError, match="isoformat"):
        instant_typed("tomorrow")
