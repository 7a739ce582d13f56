"""A card has a pause of its holder, of a parent, of the Département: who paused resumes."""

import secrets
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.activate_card import activate_card
from cardservice.services.block_card import block_card
from cardservice.services.pause_card import pause_card, pause_card_of
from cardservice.services.replace_card import replace_card
from cardservice.services.resume_card import resume_card, resume_card_of
from tests.makers import PIN, make_beneficiary, make_card

PAUSERS = ("holder", "parent", "department")


def pause(office, card, paused_by):
    return pause_card_of(
        office.engine,
        beneficiary_id=card.holder.beneficiary_id,
        actor="member:1",
        paused_by=paused_by,
    )


def resume(office, card, paused_by):
    return resume_card_of(
        office.engine,
        beneficiary_id=card.holder.beneficiary_id,
        actor="member:1",
        paused_by=paused_by,
    )


def replace(office, card):
    done = replace_card(
        office.engine,
        office.keys,
        card_name=card.serial,
        draw=secrets.randbelow,
        prove=lambda code: None,
        actor="test",
    )
    return done.card


def activate(office, code):
    return activate_card(office.engine, office.keys, reading=code, pin=PIN, actor="test")


@pytest.mark.parametrize("paused_by", PAUSERS)
def test_who_paused_a_card_resumes_it(office, paused_by):
    card = make_card(office)
    assert pause(office, card, paused_by).state == "paused"
    assert pause(office, card, paused_by) == Refused("card_paused")
    assert resume(office, card, paused_by).state == "active"
    assert resume(office, card, paused_by) == Refused("card_not_paused")


@pytest.mark.parametrize(
    ("paused_by", "code"),
    [
        ("holder", "card_paused_by_holder"),
        ("parent", "card_paused_by_parent"),
        ("department", "card_paused_by_department"),
    ],
)
def test_nobody_resumes_in_the_place_of_who_paused(office, paused_by, code):
    card = make_card(office)
    pause(office, card, paused_by)
    for other in set(PAUSERS) - {paused_by}:
        assert resume(office, card, other) == Refused(code)
    assert pause(office, card, paused_by) == Refused("card_paused")


def test_a_card_pays_again_when_the_last_pause_is_gone(office):
    card = make_card(office)
    for paused_by in PAUSERS:
        assert pause(office, card, paused_by).state == "paused"
    assert [resume(office, card, paused_by).state for paused_by in PAUSERS] == [
        "paused",
        "paused",
        "active",
    ]


def test_the_command_is_the_departments(office):
    card = make_card(office)
    named = {"card_name": card.code, "actor": "test"}
    assert pause_card(office.engine, office.keys, **named).state == "paused"
    assert resume(office, card, "holder") == Refused("card_paused_by_department")
    assert resume_card(office.engine, office.keys, **named).state == "active"


def test_a_new_card_is_no_way_around_the_pause_of_a_parent(office):
    card = make_card(office)
    pause(office, card, "parent"), pause(office, card, "holder")
    new = replace(office, card)
    assert activate(office, new.code).state == "paused"
    # Their own pause was of the card that they could not find.
    assert resume(office, card, "holder") == Refused("card_paused_by_parent")
    assert resume(office, card, "parent").state == "active"


def test_a_pause_outlives_a_block_and_reaches_the_new_card(office):
    card = make_card(office)
    pause(office, card, "department")
    block_card(office.engine, office.keys, card_name=card.serial, reason="lost", actor="test")
    assert activate(office, replace(office, card).code).state == "paused"


def test_a_holder_without_a_card_or_with_one_that_waits_pauses_nothing(office):
    card = make_card(office, pin=None)
    assert pause(office, card, "parent") == Refused("card_not_activated")
    nobody = make_beneficiary(office)
    answer = pause_card_of(
        office.engine, beneficiary_id=nobody.beneficiary_id, actor="member:1", paused_by="holder"
    )
    assert answer == Refused("card_unknown")


def test_in_august_the_card_that_pays_is_paused_and_not_the_one_of_next_year(office, clock):
    clock.set(datetime(2027, 8, 20, 8, 0, tzinfo=UTC))
    card = make_card(office)
    make_beneficiary(office, school_year=2027, ine=card.holder.ine)
    make_card(office, card.holder, school_year=2027)
    assert pause(office, card, "holder").serial == card.serial


def test_a_pause_and_its_end_are_in_the_journal_by_who_paused(office):
    card = make_card(office)
    pause(office, card, "parent"), resume(office, card, "parent")
    with unit_of_work(office.engine) as connection:
        rows = connection.execute(
            text("SELECT action, subject, detail FROM journal ORDER BY journal_id DESC LIMIT 2")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("card.resume", f"card:{card.serial}", "parent"),
        ("card.pause", f"card:{card.serial}", "parent"),
    ]


def test_three_who_pause_and_resume_at_once_leave_an_active_card(office):
    card = make_card(office)

    def live(paused_by):
        for _ in range(5):
            assert not isinstance(pause(office, card, paused_by), Refused)
            assert not isinstance(resume(office, card, paused_by), Refused)

    threads = [threading.Thread(target=live, args=(paused_by,)) for paused_by in PAUSERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with unit_of_work(office.engine) as connection:
        left = connection.execute(text("SELECT count(*) FROM card_pause")).scalar_one()
        (state,) = connection.execute(text("SELECT state FROM card")).scalars()
    assert (left, state) == (0, "active")
