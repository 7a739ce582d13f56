"""The till pass: for one person, one outlet, one day, and not a minute more (C33, C36)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.delegates import passes_of
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import TILL_ROLES, acting_delegate
from cardservice.services.end_day_pass import end_day_pass
from cardservice.services.make_day_pass import NewPass, make_day_pass, secret_of_pass
from cardservice.services.open_day_pass import open_day_pass, pass_of_today
from cardservice.services.web_sessions import session_of
from tests.conftest import A_MORNING
from tests.makers import make_partner
from tests.portals.people import make_team
from tests.services.partner_people import acting, at_once, delegate_row, noted, rows

TODAY = date(2026, 11, 22)
LAST_SECOND = datetime(2026, 11, 22, 22, 59, 58, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)


@pytest.fixture
def team(office):
    return make_team(office)


@pytest.fixture
def lead(office, team):
    return acting(office, team)


@pytest.fixture
def asked(team):
    return NewPass("Lou", "Renfort", team.annex_id, 3000, TODAY)


def make(office, lead, asked):
    return make_day_pass(office.engine, office.keys, lead=lead, asked=asked)


def secret_of(office, delegate_id):
    with unit_of_work(office.engine) as connection:
        return secret_of_pass(connection, office.keys, delegate_id)


def open_till(office, secret):
    return open_day_pass(office.engine, secret=secret, browser="Chrome sur Android")


def look(office, secret):
    with unit_of_work(office.engine) as connection:
        return pass_of_today(connection, secret)


def session(office, secret):
    with unit_of_work(office.engine) as connection:
        return session_of(connection, secret, realm="partner")


def bearer(office, delegate_id):
    with unit_of_work(office.engine) as connection:
        return acting_delegate(connection, delegate_id)


def test_the_bearer_is_a_named_delegate_of_one_outlet_with_a_ceiling_and_an_end(
    office, lead, team, asked
):
    delegate_id = make(office, lead, asked)
    person = bearer(office, delegate_id)
    assert (person.role, person.name, person.ceiling_cents) == ("day_cashier", "Lou Renfort", 3000)
    assert [one.outlet_id for one in person.outlets] == [team.annex_id]
    assert (person.credential_id, person.ends_before) == (None, date(2026, 11, 23))
    assert person.role in TILL_ROLES


def test_the_secret_is_derived_and_stored_nowhere(office, lead, asked):
    delegate_id = make(office, lead, asked)
    secret = secret_of(office, delegate_id)
    assert secret == secret_of(office, delegate_id)
    for table in ("till_pass", "delegate", "journal", "web_session"):
        assert secret not in repr(rows(office, f"SELECT * FROM {table}"))


def test_looking_uses_nothing_up_and_opening_opens_the_till_of_that_person(office, lead, asked):
    delegate_id = make(office, lead, asked)
    secret = secret_of(office, delegate_id)
    assert look(office, secret) == look(office, secret)
    assert look(office, secret).outlet_name == "Annexe"
    opened = session(office, open_till(office, secret))
    assert (opened.delegate_id, opened.credential_id, opened.stage) == (delegate_id, None, "open")
    actors = [(actor, action) for actor, action, _ in noted(office, lead.partner_id)]
    assert actors[-2:] == [
        (lead.actor, "day_pass.make"),
        (f"delegate:{delegate_id}", "day_pass.open"),
    ]


def test_opening_it_again_ends_the_session_before(office, lead, asked):
    secret = secret_of(office, make(office, lead, asked))
    first, second = open_till(office, secret), open_till(office, secret)
    assert session(office, first) is None
    assert session(office, second) is not None


def test_opened_twice_at_once_one_session_stays(office, lead, asked):
    for number in range(5):
        delegate_id = make(office, lead, replace(asked, last_name=f"Renfort {number}x"))
        secret = secret_of(office, delegate_id)
        answers = at_once(*[lambda secret=secret: open_till(office, secret)] * 3)
        alive = [one for one in answers if session(office, one) is not None]
        assert len(alive) == 1


def test_at_midnight_it_is_over_without_anybodys_doing(office, lead, asked, clock):
    delegate_id = make(office, lead, asked)
    secret = secret_of(office, delegate_id)
    clock.set(LAST_SECOND - timedelta(minutes=1))
    opened = open_till(office, secret)
    assert bearer(office, delegate_id) is not None
    clock.set(MIDNIGHT)
    assert bearer(office, delegate_id) is None
    assert look(office, secret) == Refused("pass_over")
    assert open_till(office, secret) == Refused("pass_over")
    # The session's row may still be there: the door asks for the delegate, who is nobody.
    found = session(office, opened)
    assert found is None or bearer(office, found.delegate_id) is None


def test_a_pass_for_tomorrow_opens_nothing_before_and_opens_then(office, lead, asked, clock):
    secret = secret_of(office, make(office, lead, replace(asked, day=TODAY + timedelta(days=1))))
    assert look(office, secret) == Refused("pass_over")
    assert open_till(office, secret) == Refused("pass_over")
    assert rows(office, "SELECT FROM web_session") == []
    clock.set(A_MORNING + timedelta(days=1))
    assert isinstance(open_till(office, secret), str)


@pytest.mark.parametrize("secret", ["", "unknown", "é" * 43, "A" * 43, "x" * 10_000])
def test_an_unknown_pass_is_answered_like_one_that_is_over(office, secret):
    assert look(office, secret) == Refused("pass_over")
    assert open_till(office, secret) == Refused("pass_over")


def test_the_lead_ends_it_at_once_with_the_till_that_is_open(office, lead, asked):
    delegate_id = make(office, lead, asked)
    secret = secret_of(office, delegate_id)
    opened = open_till(office, secret)
    for _ in range(2):
        assert end_day_pass(office.engine, lead=lead, delegate_id=delegate_id) == delegate_id
    assert session(office, opened) is None
    assert open_till(office, secret) == Refused("pass_over")
    row = delegate_row(office, delegate_id)
    assert (row.state, row.first_name) == ("removed", "Lou")
    actions = [action for _, action, _ in noted(office, lead.partner_id)]
    assert actions.count("day_pass.end") == 1


def test_another_partners_pass_and_a_delegate_who_signs_in_are_no_pass_to_end(office, team, lead):
    other = acting(office, make_team(office))
    foreign = make(office, other, NewPass("Lou", "Renfort", other.outlets[0].outlet_id, 1, TODAY))
    for delegate_id in (foreign, team.people["cashier"].delegate_id, 999_999_999):
        assert end_day_pass(office.engine, lead=lead, delegate_id=delegate_id) is None
    assert delegate_row(office, foreign).state == "active"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"first_name": ""}, "delegate_name_malformed"),
        ({"last_name": "x" * 61}, "delegate_name_malformed"),
        ({"last_name": "\u202egnp"}, "delegate_name_malformed"),
        ({"last_name": "123"}, "delegate_name_malformed"),
        ({"outlet_id": 0}, "outlet_unknown"),
        ({"ceiling_cents": 0}, "ceiling_out_of_range"),
        ({"ceiling_cents": 100_001}, "ceiling_out_of_range"),
        ({"day": TODAY - timedelta(days=1)}, "delegate_end_passed"),
        ({"day": TODAY + timedelta(days=8)}, "date_malformed"),
    ],
)
def test_a_pass_that_makes_no_sense_is_refused_and_nobody_is_made(
    office, lead, asked, change, code
):
    before = rows(office, "SELECT count(*) FROM delegate")
    assert make(office, lead, replace(asked, **change)).code == code
    assert rows(office, "SELECT count(*) FROM delegate") == before


def test_a_foreign_outlets_till_cannot_be_given(office, lead, asked):
    foreign = make_partner(office)
    refused = make(office, lead, replace(asked, outlet_id=foreign.outlet_id))
    assert refused == Refused("outlet_unknown")


def test_the_same_pass_asked_for_twice_at_once_is_one(office, lead, asked):
    first, second = at_once(*[lambda: make(office, lead, asked)] * 2)
    assert first == second
    assert make(office, lead, replace(asked, ceiling_cents=100)) != first


def test_the_list_keeps_a_pass_of_today_that_was_ended_and_forgets_it_tomorrow(
    office, lead, asked, clock
):
    delegate_id = make(office, lead, asked)
    end_day_pass(office.engine, lead=lead, delegate_id=delegate_id)

    def listed():
        with unit_of_work(office.engine) as connection:
            return {one.delegate_id: one.group for one in passes_of(connection, lead.partner_id)}

    assert listed()[delegate_id] == "ended"
    clock.set(A_MORNING + timedelta(days=1))
    assert delegate_id not in listed()
