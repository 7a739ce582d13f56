"""Who may act for a partner: invited, changed, suspended, resumed, removed (C33 to C36)."""

from datetime import date, timedelta

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.delegates import delegate_of, delegates_of
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import acting_delegate
from cardservice.services.change_delegate import change_delegate
from cardservice.services.entrusted import Entrusted
from cardservice.services.invite_again import invite_again
from cardservice.services.invite_delegate import invite_delegate
from cardservice.services.invite_lead import invite_lead, partners_to_invite
from cardservice.services.remove_delegate import remove_delegate
from cardservice.services.resume_delegate import resume_delegate
from cardservice.services.send_link import MOST_AN_HOUR
from cardservice.services.suspend_delegate import suspend_delegate
from tests.conftest import A_MORNING
from tests.makers import make_partner
from tests.portals.people import make_team
from tests.services.partner_people import (
    TILL_ONLY,
    Browser,
    acting,
    at_once,
    delegate_row,
    mails,
    noted,
    rows,
)

TODAY = date(2026, 11, 22)


@pytest.fixture
def team(office):
    return make_team(office)


@pytest.fixture
def lead(office, team):
    return acting(office, team)


def invite(office, lead, email="lou@librairie.example", asked=TILL_ONLY):
    return invite_delegate(office.engine, office.keys, lead=lead, email=email, asked=asked)


def change(office, lead, person, asked):
    return change_delegate(office.engine, lead=lead, delegate_id=person.delegate_id, asked=asked)


# Inviting


def test_an_invited_person_gets_a_mail_and_waits_for_nothing_else(office, team, lead):
    asked = Entrusted("cashier", frozenset((team.annex_id,)), TODAY + timedelta(days=30), 5000)
    delegate_id = invite(office, lead, " Lou@Librairie.example ".strip(), asked)
    row = delegate_row(office, delegate_id)
    assert (row.role, row.state, row.every_outlet) == ("cashier", "invited", False)
    assert (row.ends_before, row.ceiling_cents) == (date(2026, 12, 23), 5000)
    assert (row.invited_by, row.partner_id) == (lead.delegate_id, lead.partner_id)
    outlets = rows(
        office, "SELECT outlet_id FROM delegate_outlet WHERE delegate_id = :d", d=delegate_id
    )
    assert [outlet_id for (outlet_id,) in outlets] == [team.annex_id]
    ((recipient, facts),) = mails(office, "invitation")
    assert recipient == "lou@librairie.example"
    assert (facts["partner_name"], facts["invited_by"]) == (lead.trade_name, "Camille Roux")
    assert noted(office, lead.partner_id)[-1] == (
        lead.actor,
        "delegate.invite",
        f"delegate:{delegate_id}",
    )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Entrusted("lead", None, None, None), "delegate_role_unknown"),
        (Entrusted("day_cashier", None, TODAY, None), "delegate_role_unknown"),
        (Entrusted("", None, None, None), "delegate_role_unknown"),
        (Entrusted("cashier", frozenset(), None, None), "delegate_needs_outlet"),
        (Entrusted("cashier", frozenset((0,)), None, None), "delegate_needs_outlet"),
        (Entrusted("cashier", None, TODAY - timedelta(days=1), None), "delegate_end_passed"),
        (Entrusted("cashier", None, None, 0), "ceiling_out_of_range"),
        (Entrusted("cashier", None, None, 100_001), "ceiling_out_of_range"),
    ],
)
def test_what_cannot_be_entrusted_is_refused_and_nobody_is_invited(office, lead, asked, code):
    before = rows(office, "SELECT count(*) FROM delegate")
    assert invite(office, lead, asked=asked).code == code
    assert rows(office, "SELECT count(*) FROM delegate") == before
    assert mails(office, "invitation") == []


def test_the_last_day_may_be_today_and_a_ceiling_the_contracts_most(office, lead):
    assert isinstance(invite(office, lead, asked=Entrusted("cashier", None, TODAY, 100_000)), int)


@pytest.mark.parametrize("email", ["", "lou", "lou@", "a b@c.fr", "lou@librairie.example\n"])
def test_an_address_that_nobody_can_write_to_is_refused(office, lead, email):
    assert invite(office, lead, email) == Refused("email_malformed")


def test_another_partners_outlet_cannot_be_entrusted(office, team, lead):
    foreign = make_partner(office)
    mixed = frozenset((team.annex_id, foreign.outlet_id))
    refused = invite(office, lead, asked=Entrusted("cashier", mixed, None, None))
    assert refused == Refused("delegate_needs_outlet")


def test_a_person_is_a_delegate_once_until_removed(office, team, lead):
    email = team.people["cashier"].email
    assert invite(office, lead, email.upper()) == Refused("delegate_exists")
    remove_delegate(office.engine, lead=lead, delegate_id=team.people["cashier"].delegate_id)
    again = invite(office, lead, email)
    assert again != team.people["cashier"].delegate_id
    assert delegate_row(office, again).state == "invited"


def test_the_same_person_may_serve_two_partners(office, team, lead):
    other = acting(office, make_team(office))
    assert isinstance(invite(office, other, team.people["cashier"].email), int)


def test_two_invitations_of_one_person_at_once_are_one(office, lead):
    for number in range(5):
        email = f"lou{number}@librairie.example"
        answers = at_once(*[lambda email=email: invite(office, lead, email)] * 2)
        assert sorted(isinstance(one, Refused) for one in answers) == [False, True]
    assert len(mails(office, "invitation")) == 5


def test_an_invitation_is_sent_again_only_to_who_has_not_come(office, team, lead):
    def again(name):
        return invite_again(
            office.engine, office.keys, lead=lead, delegate_id=team.people[name].delegate_id
        )

    again("invited"), again("invited")
    assert len(mails(office, "invitation")) == 2
    alive = rows(office, "SELECT FROM sign_in_link WHERE used_at IS NULL")
    assert len(alive) == 1
    for name in ("cashier", "suspended", "lead"):
        assert again(name) == Refused("delegate_not_invited")


def test_nobodys_letter_box_is_filled_with_invitations(office, team, lead, clock):
    def again(delegate_id):
        return invite_again(office.engine, office.keys, lead=lead, delegate_id=delegate_id)

    invited = team.people["invited"].delegate_id
    answers = [again(invited) for _ in range(MOST_AN_HOUR + 1)]
    assert not any(isinstance(one, Refused) for one in answers[:-1])
    assert answers[-1] == Refused("invitations_too_many")
    assert len(mails(office, "invitation")) == MOST_AN_HOUR
    assert not isinstance(again(invite(office, lead)), Refused)
    clock.set(A_MORNING + timedelta(minutes=61))
    assert not isinstance(again(invited), Refused)


def test_an_accountant_has_every_outlet_whatever_was_ticked(office, team, lead):
    foreign = make_partner(office).outlet_id
    here = frozenset((team.partner.outlet_id,))
    for number, ticked in enumerate((here, frozenset(), frozenset((foreign,)))):
        asked = Entrusted("accountant", ticked, None, None)
        invited = invite(office, lead, f"compta{number}@librairie.example", asked)
        assert delegate_row(office, invited).every_outlet
    change(office, lead, team.people["cashier"], Entrusted("accountant", here, None, None))
    assert acting(office, team, "cashier").every_outlet
    assert (
        rows(
            office,
            "SELECT FROM delegate_outlet WHERE delegate_id = :d",
            d=team.people["cashier"].delegate_id,
        )
        == []
    )


# Changing


def test_a_change_holds_at_once_and_is_noted_by_what_changed(office, team, lead):
    person = team.people["accountant"]
    asked = Entrusted("cashier", frozenset((team.annex_id,)), TODAY, 2000)
    assert not isinstance(change(office, lead, person, asked), Refused)
    now = acting(office, team, "accountant")
    assert (now.role, now.ceiling_cents, now.ends_before) == ("cashier", 2000, date(2026, 11, 23))
    assert [one.outlet_id for one in now.outlets] == [team.annex_id]
    (detail,) = rows(office, "SELECT detail FROM journal WHERE action = 'delegate.change'")[0]
    assert detail == "role, outlets, end, ceiling"


@pytest.mark.parametrize(
    ("asked", "signed_in"),
    [
        (lambda here, annex: Entrusted("cashier", frozenset((here,)), None, None), True),
        (lambda here, annex: Entrusted("cashier", frozenset((here, annex)), None, None), True),
        (lambda here, annex: Entrusted("cashier", None, None, None), True),
        (lambda here, annex: Entrusted("accountant", frozenset((here,)), None, None), False),
        (lambda here, annex: Entrusted("cashier", frozenset((annex,)), None, None), False),
        (lambda here, annex: Entrusted("cashier", frozenset((here,)), TODAY, None), False),
        (lambda here, annex: Entrusted("cashier", frozenset((here,)), None, 100), False),
    ],
)
def test_another_role_or_less_than_before_ends_the_sessions(office, team, lead, asked, signed_in):
    browser = Browser(office, team, "cashier")
    other = Browser(office, team, "accountant")
    wanted = asked(team.partner.outlet_id, team.annex_id)
    assert not isinstance(change(office, lead, team.people["cashier"], wanted), Refused)
    assert browser.is_signed_in == signed_in
    assert other.is_signed_in


def test_a_change_that_changes_nothing_is_not_noted(office, team, lead):
    here = frozenset((team.partner.outlet_id,))
    change(office, lead, team.people["cashier"], Entrusted("cashier", here, None, None))
    assert "delegate.change" not in [action for _, action, _ in noted(office, lead.partner_id)]


# Suspending, resuming, removing


def test_a_suspended_person_is_out_at_once_told_by_mail_and_comes_back_as_before(
    office, team, lead
):
    person, browser = team.people["cashier"], Browser(office, team, "cashier")
    suspend_delegate(office.engine, lead=lead, delegate_id=person.delegate_id)
    assert not browser.is_signed_in
    with unit_of_work(office.engine) as connection:
        assert acting_delegate(connection, person.delegate_id) is None
    assert mails(office, "delegate_suspended") == [
        (person.email, {"partner_name": lead.trade_name})
    ]
    again = suspend_delegate(office.engine, lead=lead, delegate_id=person.delegate_id)
    assert again == Refused("delegate_not_active")
    resume_delegate(office.engine, lead=lead, delegate_id=person.delegate_id)
    assert acting(office, team, "cashier").role == "cashier"
    again = resume_delegate(office.engine, lead=lead, delegate_id=person.delegate_id)
    assert again == Refused("delegate_not_suspended")


def test_a_removed_person_is_out_and_the_row_and_its_name_stay(office, team, lead):
    person, browser = team.people["cashier"], Browser(office, team, "cashier")
    remove_delegate(office.engine, lead=lead, delegate_id=person.delegate_id)
    remove_delegate(office.engine, lead=lead, delegate_id=person.delegate_id)
    row = delegate_row(office, person.delegate_id)
    assert (row.state, row.first_name, row.last_name) == ("removed", "Sofia", "Blanc")
    assert not browser.is_signed_in
    actions = [action for _, action, _ in noted(office, lead.partner_id)]
    assert actions.count("delegate.remove") == 1
    asked = Entrusted("cashier", None, None, None)
    assert change(office, lead, person, asked) == Refused("delegate_not_active")


def test_the_lead_is_neither_changed_nor_suspended_nor_removed(office, team, lead):
    person = team.people["lead"]
    for act in (suspend_delegate, remove_delegate):
        answer = act(office.engine, lead=lead, delegate_id=person.delegate_id)
        assert answer == Refused("delegate_is_lead")
    assert change(office, lead, person, TILL_ONLY) == Refused("delegate_is_lead")
    assert delegate_row(office, person.delegate_id).role == "lead"


def test_nobody_touches_another_partners_people(office, team, lead):
    foreign = make_team(office).people["cashier"]
    before = delegate_row(office, foreign.delegate_id)
    for act in (suspend_delegate, resume_delegate, remove_delegate):
        assert act(office.engine, lead=lead, delegate_id=foreign.delegate_id) is None
        assert act(office.engine, lead=lead, delegate_id=999_999_999) is None
    assert change(office, lead, foreign, TILL_ONLY) is None
    again = invite_again(office.engine, office.keys, lead=lead, delegate_id=foreign.delegate_id)
    assert again is None
    assert delegate_row(office, foreign.delegate_id) == before


def test_only_who_leads_now_may_do_any_of_it(office, team):
    cashier = acting(office, team, "cashier")
    person = team.people["accountant"]
    assert invite(office, cashier) == Refused("role_may_not")
    assert change(office, cashier, person, TILL_ONLY) == Refused("role_may_not")
    for act in (suspend_delegate, resume_delegate, remove_delegate):
        answer = act(office.engine, lead=cashier, delegate_id=person.delegate_id)
        assert answer == Refused("role_may_not")


# The list


def test_the_list_says_who_is_active_invited_suspended_and_over(office, team, lead, clock):
    change(office, lead, team.people["editor"], Entrusted("editor", None, TODAY, None))
    clock.set(A_MORNING + timedelta(days=1))
    with unit_of_work(office.engine) as connection:
        listed = delegates_of(connection, lead.partner_id)
    groups = {one.name: one.group for one in listed}
    assert groups == {
        "Camille Roux": "active",
        "Sofia Blanc": "active",
        "Marc Giraud": "active",
        "Inès Fabre": "ended",
        "Paul Absent": "suspended",
        "Nadia Attendue": "invited",
    }
    assert listed[0].role == "lead"


def test_how_somebody_signs_in_elsewhere_is_told_to_nobody_before_they_come_nor_after(
    office, team, lead
):
    def shown(delegate_id):
        with unit_of_work(office.engine) as connection:
            return delegate_of(connection, lead.partner_id, delegate_id).has_second_factor

    stranger = make_team(office).people["cashier"]
    invited = invite(office, lead, stranger.email)
    assert not shown(invited)
    remove_delegate(office.engine, lead=lead, delegate_id=invited)
    assert not shown(invited)
    assert shown(team.people["cashier"].delegate_id)


# The Département invites leads


def test_every_lead_who_was_never_invited_is_invited_once(office):
    partners = [make_partner(office) for _ in range(3)]
    invite_lead(office.engine, office.keys, partner_name=partners[0].siret, actor="test")
    wanted = partners_to_invite(office.engine)
    assert wanted == [one.partner_id for one in partners[1:]]
    for partner_id in wanted:
        invite_lead(
            office.engine,
            office.keys,
            partner_name=str(partner_id),
            actor="test",
            only_first=True,
        )
    assert partners_to_invite(office.engine) == []
    assert len(mails(office, "invitation")) == 3


def test_a_lead_who_has_come_is_not_invited_again(office, team):
    answer = invite_lead(office.engine, office.keys, partner_name=team.partner.siret, actor="test")
    assert answer == Refused("delegate_not_invited")
