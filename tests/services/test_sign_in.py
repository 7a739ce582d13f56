"""Signing in: the password, the stages, the sessions, and what guessing costs."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services import password_hash
from cardservice.services.guess_guard import (
    FORGOTTEN_AFTER,
    count_try,
    linking_network_guarded,
    network_guarded,
    person_guarded,
)
from cardservice.services.password_door import Knock
from cardservice.services.sign_in import arrive, choose_space, sign_in
from cardservice.services.web_sessions import end_session, start_session
from tests.conftest import A_MORNING
from tests.makers import make_partner
from tests.services.at_the_door import (
    BROWSER,
    PASSWORD,
    cashier,
    invited_lead,
    lead_with_password,
    lead_with_totp,
    rows,
    session_at,
    wear_out,
)
from tests.services.partner_people import at_once

pytestmark = pytest.mark.usefixtures("cheap_passwords")
FAILED = Refused("sign_in_failed")


def delayed(seconds: int) -> Refused:
    return Refused("sign_in_delayed", {"wait": f"{seconds}\u00a0s"})


def come_as(office, email, password=PASSWORD, network="192.0.2.1"):
    return sign_in(
        office.engine,
        office.keys,
        Knock(email, password, network, None),
        browser=BROWSER,
    )


# Stages


def test_a_cashier_without_authenticator_is_in_after_the_password(office):
    comer = cashier(office)
    signed_in = comer.come()
    session = session_at(office, signed_in.secret)
    assert (signed_in.stage, session.stage) == ("open", "open")
    assert session.delegate_id == comer.delegate_id
    assert session.proved_at is not None


def test_who_has_an_authenticator_is_asked_for_its_code(office):
    assert lead_with_totp(office).come().stage == "second_factor"


def test_who_leads_without_an_authenticator_must_enrol_one(office):
    assert lead_with_password(office).come().stage == "enrolment"


def test_who_acts_for_two_partners_chooses_and_may_change(office):
    first = cashier(office, email="deux@librairie.example")
    second = cashier(office, email="deux@librairie.example")
    signed_in = first.come()
    assert signed_in.stage == "choice"
    with unit_of_work(office.engine) as connection:
        session = session_at(office, signed_in.secret)
        secret = choose_space(connection, session, first.delegate_id).secret
    assert session_at(office, secret).delegate_id == first.delegate_id
    assert session_at(office, signed_in.secret) is None
    with unit_of_work(office.engine) as connection:
        other = choose_space(connection, session_at(office, secret), second.delegate_id).secret
    assert session_at(office, other).delegate_id == second.delegate_id
    assert session_at(office, secret) is None


def test_of_clicks_at_once_one_enters_the_space_and_the_others_find_the_session_over(office):
    first = cashier(office, email="deux@librairie.example")
    second = cashier(office, email="deux@librairie.example")
    session = session_at(office, first.come().secret)

    def enter(comer):
        with unit_of_work(office.engine) as connection:
            return choose_space(connection, session, comer.delegate_id)

    answers = at_once(*[lambda one=one: enter(one) for one in (first, second) * 2])
    (entered,) = [one for one in answers if one != FAILED]
    assert session_at(office, entered.secret).stage == "open"
    assert rows(office, "SELECT count(*) FROM journal WHERE action = 'delegate.sign_in'") == [(1,)]


@pytest.mark.parametrize("partners", [1, 2])
def test_nobody_arrives_with_a_session_that_is_over(office, partners):
    comers = [cashier(office, email="deux@librairie.example") for _ in range(partners)]
    session = session_at(office, comers[0].come().secret)
    with unit_of_work(office.engine) as connection:
        end_session(connection, session)
        assert arrive(connection, session) == FAILED


def test_nobody_enters_the_space_of_somebody_else(office):
    comer, stranger = cashier(office), cashier(office)
    secret = comer.come().secret
    with unit_of_work(office.engine) as connection:
        assert choose_space(connection, session_at(office, secret), stranger.delegate_id) is None
    assert session_at(office, secret).delegate_id == comer.delegate_id


def test_leading_one_of_two_partners_is_enough_to_need_an_authenticator(office):
    lead = lead_with_password(office)
    cashier(office, email=lead.email)
    assert lead.come().stage == "enrolment"


def test_nobody_comes_to_lead_without_an_authenticator_from_another_space(office):
    lead = lead_with_password(office)
    elsewhere = cashier(office, email=lead.email)
    with unit_of_work(office.engine) as connection:
        secret = start_session(
            connection,
            realm="partner",
            stage="open",
            browser=BROWSER,
            credential_id=lead.credential_id,
            delegate_id=elsewhere.delegate_id,
        )
    with unit_of_work(office.engine) as connection:
        entered = choose_space(connection, session_at(office, secret), lead.delegate_id)
    assert entered.stage == session_at(office, entered.secret).stage == "enrolment"


# One answer for whatever is wrong


def test_an_address_nobody_has_and_a_wrong_password_are_told_alike(office):
    comer = cashier(office)
    assert come_as(office, "personne@librairie.example") == FAILED
    assert comer.come("not the password at all") == FAILED
    assert invited_lead(office).come() == FAILED


@pytest.mark.parametrize("state", ["suspended", "removed"])
def test_a_delegation_that_no_longer_holds_is_told_like_a_wrong_password(office, superuser, state):
    comer = cashier(office)
    superuser(f"UPDATE delegate SET state = '{state}' WHERE delegate_id = {comer.delegate_id}")
    assert comer.come() == FAILED


def test_a_delegation_that_is_over_is_told_like_a_wrong_password(office, superuser):
    comer = cashier(office)
    superuser(
        f"UPDATE delegate SET ends_before = '2026-11-22' WHERE delegate_id = {comer.delegate_id}"
    )
    assert comer.come() == FAILED


def test_an_address_is_the_same_in_any_case_and_a_password_in_any_unicode_form(office):
    lead = invited_lead(office)
    lead.choose(lead.link(), "e\u0301cureuil granit bivouac 7")
    answer = come_as(office, f"  {lead.email.upper()} ", "\u00e9cureuil granit bivouac 7")
    assert answer.stage == "enrolment"


# Guessing


def count(office, guarded):
    with unit_of_work(office.engine) as connection:
        return count_try(connection, guarded)


def test_three_wrong_tries_cost_nothing_then_each_doubles_the_wait(office, clock):
    guarded = person_guarded(office.keys, "a@x.example")
    assert [count(office, guarded) for _ in range(3)] == [None, None, None]
    for minute, wait in enumerate((1, 2, 4, 8, 16, 32, 64), start=1):
        assert count(office, guarded) == delayed(wait)
        clock.set(A_MORNING + timedelta(minutes=2 * minute))
        assert count(office, guarded) is None


def test_a_wait_that_is_over_lets_the_right_password_in_and_clears_the_count(office, clock):
    comer = cashier(office)
    wear_out(clock, lambda: comer.come("wrong"))
    assert comer.come().code == "sign_in_delayed"
    clock.set(A_MORNING + timedelta(minutes=10))
    assert comer.come().stage == "open"
    assert [comer.come("wrong") for _ in range(3)] == [FAILED] * 3


def test_ten_wrong_tries_close_the_address_for_a_quarter_of_an_hour(office, clock):
    comer = cashier(office)
    for minute in range(10):
        clock.set(A_MORNING + timedelta(minutes=2 * minute))
        assert comer.come("wrong") == FAILED
    assert comer.come() == Refused("sign_in_delayed", {"wait": "15\u00a0min"})
    clock.set(A_MORNING + timedelta(minutes=18 + 14))
    assert comer.come().code == "sign_in_delayed"
    clock.set(A_MORNING + timedelta(minutes=18 + 16))
    assert comer.come().stage == "open"


def test_an_address_that_nobody_has_is_slowed_down_in_the_same_way(office, clock):
    answers = []
    wear_out(clock, lambda: answers.append(come_as(office, "personne@x.example", "wrong")))
    assert answers == [FAILED] * 7
    assert come_as(office, "personne@x.example").code == "sign_in_delayed"


def test_wrong_tries_are_forgotten_after_a_quiet_day(office, clock):
    comer = cashier(office)
    for _ in range(3):
        comer.come("wrong")
    clock.set(A_MORNING + FORGOTTEN_AFTER + timedelta(minutes=1))
    for _ in range(3):
        assert comer.come("wrong") == FAILED


def test_one_network_that_tries_many_addresses_is_slowed_down_and_no_other_is(office, monkeypatch):
    monkeypatch.setattr(password_hash, "password_holds", lambda *_: False)
    monkeypatch.setattr("cardservice.services.password_door.password_holds", lambda *_: False)
    answers = [come_as(office, f"n{n}@x.example", network="2001:db8::7") for n in range(41)]
    assert answers[:40] == [FAILED] * 40 and answers[40].code == "sign_in_delayed"
    same_network = come_as(office, "a@x.example", network="2001:db8::ffff:1")
    assert same_network.code == "sign_in_delayed"
    assert come_as(office, "a@x.example", network="2001:db8:0:1::7") == FAILED


@pytest.mark.parametrize("realm", ["partner", "youth"])
def test_no_network_is_shut_for_longer_than_a_quarter_of_an_hour(office, clock, realm):
    shared = network_guarded(office.keys, "192.0.2.9", realm=realm)
    linking = linking_network_guarded(office.keys, "192.0.2.9")
    for guarded in (shared, linking):
        # More wrong tries than close it, one as soon as the one before has been waited for.
        for minute in range(0, 16 * 210, 16):
            clock.set(A_MORNING + timedelta(minutes=minute))
            assert count(office, guarded) is None, f"after {minute} minutes"
        assert count(office, guarded) == Refused("sign_in_delayed", {"wait": "15\u00a0min"})


def test_a_network_is_counted_apart_for_each_portal(office):
    for _ in range(41):
        count(office, network_guarded(office.keys, "192.0.2.9", realm="youth"))
    assert count(office, network_guarded(office.keys, "192.0.2.9", realm="youth")) is not None
    assert count(office, network_guarded(office.keys, "192.0.2.9", realm="partner")) is None


def test_a_right_password_does_not_wash_its_network_clean(office):
    comer = cashier(office)
    for number in range(5):
        come_as(office, f"n{number}@x.example", "wrong")
        comer.come()
    ((failures,),) = rows(office, "SELECT max(failures) FROM sign_in_guard")
    assert failures == 5


def test_tries_sent_all_at_once_win_no_free_one(office, clock):
    comer = cashier(office)
    wear_out(clock, lambda: comer.come("wrong"))
    clock.set(A_MORNING + timedelta(minutes=10))
    answers = []

    def guess():
        answers.append(comer.come("wrong").code)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert answers.count("sign_in_failed") == 1
    assert answers.count("sign_in_delayed") == 11


def test_the_guard_keeps_neither_address_nor_network_in_the_clear(office):
    cashier(office).come("wrong")
    found = repr(rows(office, "SELECT encode(guarded, 'escape') FROM sign_in_guard"))
    assert "librairie" not in found and "192.0.2" not in found


# Sessions


def test_a_third_browser_ends_the_session_that_was_proved_first(office, clock):
    comer = cashier(office)
    secrets = []
    for minute in range(3):
        clock.set(A_MORNING + timedelta(minutes=minute))
        secrets.append(comer.come().secret)
    assert [session_at(office, secret) is not None for secret in secrets] == [False, True, True]


def test_half_a_sign_in_ends_nobodys_session(office):
    lead = lead_with_totp(office)
    lead.come()
    with_session = cashier(office, lead)
    open_secret = with_session.come().secret
    with_session.enrol()
    for _ in range(3):
        assert with_session.come().stage == "second_factor"
    assert session_at(office, open_secret) is not None


def test_entering_is_in_the_partners_journal_with_the_kind_of_browser(office):
    comer = cashier(office)
    comer.come()
    entries = rows(
        office, "SELECT actor, partner_id, detail FROM journal WHERE action = 'delegate.sign_in'"
    )
    assert entries == [(f"delegate:{comer.delegate_id}", comer.partner.partner_id, BROWSER)]


def test_a_browser_never_seen_before_is_told_by_mail_and_the_first_is_not(office):
    comer = cashier(office)
    comer.come(), comer.come()
    assert rows(office, "SELECT FROM waiting_mail WHERE kind = 'new_browser'") == []
    comer.come(browser="Safari sur iPhone")
    comer.come(browser="Safari sur iPhone")
    mails = rows(office, "SELECT recipient, facts FROM waiting_mail WHERE kind = 'new_browser'")
    told = {"browser": "Safari sur iPhone", "at": "22/11/2026 11:00"}
    assert mails == [(comer.email, told)]


def test_nothing_but_a_digest_of_the_secret_is_kept(office):
    secret = cashier(office).come().secret
    assert secret not in repr(rows(office, "SELECT * FROM web_session"))


def test_a_partner_that_is_suspended_still_signs_in(office, superuser):
    comer = cashier(office)
    superuser(f"UPDATE partner SET state = 'suspended' WHERE siret = '{comer.partner.siret}'")
    assert comer.come().stage == "open"
    assert make_partner(office).partner_id != comer.partner.partner_id
