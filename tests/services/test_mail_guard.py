"""Mails that somebody asks for by typing an address: few to one address, many from one network."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.change_member_email import ask_email_change
from cardservice.services.mail_guard import MOST_A_DAY, MOST_AN_HOUR, MOST_ASKED, count_ask
from cardservice.services.sign_up import ask_new_password, ask_sign_up
from cardservice.wiring import Office
from tests.conftest import A_MORNING, Clock
from tests.portals.youth.people import make_member

SCHOOL = "192.0.2.44"
ADDRESS = "somebody@mail.example"


def ask(office: Office, email: str, network: str = SCHOOL) -> Refused | None:
    with unit_of_work(office.engine) as connection:
        return ask_sign_up(connection, office.keys, email=email, network=network)


def ask_reset(office: Office, email: str, network: str = SCHOOL) -> Refused | None:
    with unit_of_work(office.engine) as connection:
        return ask_new_password(connection, office.keys, email=email, network=network)


def mailed(office: Office, address: str) -> int:
    with unit_of_work(office.engine) as connection:
        found: int = connection.execute(
            text("SELECT count(*) FROM waiting_mail WHERE recipient = :address"),
            {"address": address},
        ).scalar_one()
    return found


def test_a_class_signs_up_from_one_address_and_everybody_is_mailed(
    office: Office, clock: Clock
) -> None:
    for number in range(60):
        clock.set(A_MORNING + timedelta(seconds=10 * number))
        assert ask(office, f"pupil{number}@mail.example") is None
        assert mailed(office, f"pupil{number}@mail.example") == 1


def test_an_operators_address_that_asks_all_day_long_is_never_shut(
    office: Office, clock: Clock
) -> None:
    for minute in range(0, 3 * 24 * 60, 5):
        clock.set(A_MORNING + timedelta(minutes=minute))
        with unit_of_work(office.engine) as connection:
            assert count_ask(connection, office.keys, SCHOOL) is None


def test_a_network_that_asks_too_often_is_told_so_and_waits_a_quarter_of_an_hour_at_most(
    office: Office, clock: Clock
) -> None:
    for _ in range(MOST_ASKED):
        with unit_of_work(office.engine) as connection:
            assert count_ask(connection, office.keys, SCHOOL) is None
    youth = make_member(office, linked=False)
    told = Refused("mails_delayed", {"wait": "15\u00a0min"})
    for email in (youth.email, ADDRESS):
        assert (ask(office, email), ask_reset(office, email)) == (told, told)
    assert ask(office, ADDRESS, network="192.0.2.45") is None
    clock.set(A_MORNING + timedelta(minutes=16))
    assert ask(office, ADDRESS) is None and mailed(office, ADDRESS) == 2


def test_one_address_gets_a_few_mails_an_hour_and_a_day_whoever_asks(
    office: Office, clock: Clock
) -> None:
    found = []
    for hour in range(4):
        clock.set(A_MORNING + timedelta(minutes=61 * hour))
        for number in range(MOST_AN_HOUR + 2):
            assert ask(office, ADDRESS, network=f"10.{hour}.0.{number}") is None
        found.append(mailed(office, ADDRESS))
    assert found == [MOST_AN_HOUR, 2 * MOST_AN_HOUR, MOST_A_DAY, MOST_A_DAY]
    clock.set(A_MORNING + timedelta(days=1, minutes=1))
    assert ask(office, ADDRESS) is None and mailed(office, ADDRESS) == MOST_A_DAY + 1


@pytest.mark.parametrize("closed", [False, True])
def test_whoever_has_the_address_gets_no_more(office: Office, closed: bool) -> None:
    youth = make_member(office, linked=False)
    if closed:
        with unit_of_work(office.engine) as connection:
            connection.execute(text("UPDATE member SET closed_at = ledger_now()"))
    for number in range(5):
        ask(office, youth.email, network=f"10.5.0.{number}")
        ask_reset(office, youth.email, network=f"10.6.0.{number}")
    assert mailed(office, youth.email) == MOST_AN_HOUR


def test_members_mail_no_stranger_by_changing_their_own_address(office: Office) -> None:
    members = [make_member(office, linked=False) for _ in range(3)]
    for youth in members:
        for _ in range(2):
            with unit_of_work(office.engine) as connection:
                refused = ask_email_change(
                    connection, office.keys,
                    member_id=youth.member_id, email=ADDRESS, network=SCHOOL,
                )  # fmt: skip
            assert refused is None
    assert mailed(office, ADDRESS) == MOST_AN_HOUR
    assert [mailed(office, youth.email) for youth in members] == [2, 2, 2]


def test_one_member_asks_for_a_few_changes_and_is_told_when_it_is_enough(office: Office) -> None:
    youth = make_member(office, linked=False)
    answers = []
    for number in range(MOST_AN_HOUR + 1):
        with unit_of_work(office.engine) as connection:
            answers.append(
                ask_email_change(
                    connection,
                    office.keys,
                    member_id=youth.member_id,
                    email=f"n{number}@mail.example",
                    network=SCHOOL,
                )
            )
    assert answers[:-1] == [None] * MOST_AN_HOUR
    assert answers[-1] == Refused("mails_delayed", {"wait": "60\u00a0min"})
    assert mailed(office, youth.email) == MOST_AN_HOUR


def test_a_reset_for_nobody_leaves_nothing_but_counts(office: Office) -> None:
    assert ask_reset(office, ADDRESS) is None
    with unit_of_work(office.engine) as connection:
        left = connection.execute(
            text(
                "SELECT (SELECT count(*) FROM member_link), (SELECT count(*) FROM waiting_mail),"
                " (SELECT count(*) FROM sign_in_guard)"
            )
        ).one()
    assert tuple(left) == (0, 0, 3)
