"""Guessing codes from several members and networks: nothing is disclosed, and few tries are judged
(research, abuse cases 3 and 10)."""

from __future__ import annotations

import secrets
from collections import Counter

import pytest

from cardservice.domain.card_code import make_card_code
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import FORGOTTEN_AFTER
from cardservice.services.link_member import link_by_code, link_by_ine
from cardservice.wiring import Office
from tests import makers
from tests.conftest import A_MORNING, Clock
from tests.portals.youth.people import Youth, make_member

MEMBERS, NETWORKS = 10, 3
# What is judged of a storm that lasts seconds: the free tries, and those that waits of 1 and 2 s
# may let through on a slow machine.
MOST_JUDGED_PER_MEMBER = 6


def storm(office: Office, members: list[Youth], codes: list[str], guesses: int) -> Counter[str]:
    """So many guesses, real codes of other people among them; what each was answered."""
    answers: Counter[str] = Counter()
    for number in range(guesses):
        code = codes[number % len(codes)] if number % 3 else make_card_code(secrets.randbelow)
        done = link_by_code(
            office.engine,
            office.keys,
            member_id=members[number % len(members)].member_id,
            reading=code,
            pin="",
            network=f"10.7.0.{number % NETWORKS}",
        )
        assert isinstance(done, Refused), "somebody else's card was linked"
        answers[done.code] += 1
    return answers


def judge(office: Office, guesses: int) -> None:
    members = [make_member(office, linked=False) for _ in range(MEMBERS)]
    holders = [
        makers.make_beneficiary(office, first_name="Zoé", birth_date="2011-05-14") for _ in range(3)
    ]
    codes = [makers.make_card(office, one, pin=None).code for one in holders]
    answers = storm(office, members, codes, guesses)
    assert set(answers) <= {"link_no_match", "sign_in_delayed"}
    assert answers["link_no_match"] <= MEMBERS * MOST_JUDGED_PER_MEMBER
    assert sum(answers.values()) == guesses


def test_a_storm_of_guesses_discloses_nothing_and_few_are_judged(office: Office) -> None:
    judge(office, 600)


@pytest.mark.soak
def test_twenty_thousand_guesses_disclose_nothing_and_few_are_judged(office: Office) -> None:
    judge(office, 20_000)


def test_numbers_of_pupils_are_guessed_on_the_same_budget_as_codes(office: Office) -> None:
    youth = make_member(office, linked=False)
    found = []
    for number in range(12):
        if number % 2:
            done = link_by_ine(
                office.engine, office.keys, member_id=youth.member_id,
                ine=f"{number:09d}ZZ", pin="", network="10.8.8.8",
            )  # fmt: skip
        else:
            done = link_by_code(
                office.engine, office.keys, member_id=youth.member_id,
                reading="nonsense", pin="", network="10.8.8.8",
            )  # fmt: skip
        assert isinstance(done, Refused)
        found.append(done.code)
    assert found.count("link_no_match") <= MOST_JUDGED_PER_MEMBER
    assert found[-1] == "sign_in_delayed"


def test_somebody_who_mistyped_comes_through_the_next_day(office: Office, clock: Clock) -> None:
    holder = makers.make_beneficiary(
        office, first_name="Léa", last_name="Martin", birth_date="2011-05-14"
    )
    card = makers.make_card(office, holder, pin=None)
    youth = make_member(office, linked=False)
    storm(office, [youth], ["nonsense"], 30)
    clock.set(A_MORNING + FORGOTTEN_AFTER * 1.1)
    done = link_by_code(
        office.engine, office.keys, member_id=youth.member_id,
        reading=card.code, pin="", network="10.7.0.1",
    )  # fmt: skip
    assert not isinstance(done, Refused)
