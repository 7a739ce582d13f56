"""The lead delegate is handed over: always one, with a second factor, proved and told (C32)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.hand_over_lead import hand_over_lead
from cardservice.services.suspend_delegate import suspend_delegate
from tests.portals.people import PASSWORD, make_team
from tests.services.partner_people import (
    Browser,
    acting,
    at_once,
    code,
    delegate_row,
    mails,
    noted,
    rows,
)


@pytest.fixture
def team(office):
    return make_team(office)


def hand_over(office, team, name, *, stays=True, lead=None, password=PASSWORD, digits=None):
    return hand_over_lead(
        office.engine,
        office.keys,
        lead=lead or acting(office, team),
        delegate_id=team.people[name].delegate_id,
        stays=stays,
        password=password,
        code=code(office) if digits is None else digits,
    )


def leads(office, team):
    found = rows(
        office,
        "SELECT delegate_id FROM delegate WHERE partner_id = :p AND role = 'lead'"
        " AND state <> 'removed'",
        p=team.partner.partner_id,
    )
    return [delegate_id for (delegate_id,) in found]


def test_the_new_lead_answers_for_all_and_the_old_one_stays_as_accountant(office, team):
    lead, successor = acting(office, team), team.people["cashier"]
    assert not isinstance(hand_over(office, team, "cashier"), Refused)
    new, old = acting(office, team, "cashier"), acting(office, team)
    assert (new.role, new.every_outlet, new.ends_before, new.ceiling_cents) == (
        "lead", True, None, None,
    )  # fmt: skip
    assert len(new.outlets) == 2
    assert (old.role, old.every_outlet) == ("accountant", True)
    assert noted(office, lead.partner_id)[-1] == (
        lead.actor,
        "lead.hand_over",
        f"delegate:{successor.delegate_id}",
    )


def test_the_old_lead_may_leave_and_his_row_stays(office, team):
    hand_over(office, team, "cashier", stays=False)
    row = delegate_row(office, team.people["lead"].delegate_id)
    assert (row.state, row.first_name) == ("removed", "Camille")
    assert row.removed_at is not None


def test_both_are_signed_out_and_every_active_delegate_is_told(office, team):
    old, new = Browser(office, team, "lead"), Browser(office, team, "cashier")
    other = Browser(office, team, "editor")
    hand_over(office, team, "cashier", stays=False)
    assert (old.is_signed_in, new.is_signed_in, other.is_signed_in) == (False, False, True)
    told = mails(office, "lead_handed_over")
    active = ("lead", "cashier", "accountant", "editor")
    assert {recipient for recipient, _ in told} == {team.people[one].email for one in active}
    assert told[0].facts == {"partner_name": team.partner.trade_name, "new_lead": "Sofia Blanc"}


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("lead", "delegate_is_lead"),
        ("suspended", "delegate_not_active"),
        ("invited", "delegate_not_active"),
    ],
)
def test_who_cannot_lead_is_refused(office, team, name, refusal):
    assert hand_over(office, team, name) == Refused(refusal)
    assert leads(office, team) == [team.people["lead"].delegate_id]


def test_who_has_no_second_factor_cannot_lead(office, team):
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text("UPDATE credential SET totp_enrolled_at = NULL WHERE email = :email"),
            {"email": team.people["cashier"].email},
        )
    assert hand_over(office, team, "cashier") == Refused("lead_needs_second_factor")


@pytest.mark.parametrize(
    ("password", "digits", "refusal"),
    [("wrong", None, "password_wrong"), (PASSWORD, "", "proof_needed"), ("", None, "proof_needed")],
)
def test_without_the_proof_nothing_is_handed_over(office, team, password, digits, refusal):
    answer = hand_over(office, team, "cashier", password=password, digits=digits)
    assert answer == Refused(refusal)
    assert leads(office, team) == [team.people["lead"].delegate_id]


def test_guessing_the_proof_is_counted_although_nothing_is_handed_over(office, team):
    hand_over(office, team, "cashier", password="wrong")
    assert len(rows(office, "SELECT FROM sign_in_guard")) == 1


def test_a_stranger_is_nobody_to_hand_over_to(office, team):
    foreign = make_team(office)
    assert hand_over(office, foreign, "cashier", lead=acting(office, team)) is None
    assert hand_over(office, team, "day_cashier") is None


def test_of_two_hand_overs_at_once_one_happens_and_there_is_one_lead(office):
    for _ in range(5):
        team = make_team(office)
        lead, digits = acting(office, team), code(office)
        answers = at_once(
            *(
                lambda name=name, team=team, lead=lead, digits=digits: hand_over(
                    office, team, name, lead=lead, digits=digits
                )
                for name in ("cashier", "accountant")
            )
        )
        refused = [one for one in answers if isinstance(one, Refused)]
        assert refused == [Refused("role_may_not")]
        (winner,) = [one.delegate_id for one in answers if not isinstance(one, Refused)]
        assert leads(office, team) == [winner]


def test_a_hand_over_and_a_suspension_of_the_successor_at_once_leave_one_active_lead(office):
    for _ in range(5):
        team = make_team(office)
        lead, digits = acting(office, team), code(office)
        at_once(
            lambda team=team, lead=lead, digits=digits: hand_over(
                office, team, "cashier", lead=lead, digits=digits
            ),
            lambda team=team, lead=lead: suspend_delegate(
                office.engine, lead=lead, delegate_id=team.people["cashier"].delegate_id
            ),
        )
        (leading,) = leads(office, team)
        assert delegate_row(office, leading).state == "active"


def test_the_database_itself_keeps_the_last_lead(office, team):
    with (
        pytest.raises(IntegrityError, match="no lead delegate"),
        unit_of_work(office.engine) as connection,
    ):
        connection.execute(
            text("UPDATE delegate SET state = 'removed' WHERE delegate_id = :d"),
            {"d": team.people["lead"].delegate_id},
        )
