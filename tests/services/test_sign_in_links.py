"""Links by mail: to a first password or to a new one, once, for a quarter of an hour (C30, C34)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.acting_delegate import acting_delegate
from cardservice.services.entrusted import Entrusted
from cardservice.services.invite_again import invite_again
from cardservice.services.invite_delegate import invite_delegate
from cardservice.services.invite_lead import invite_lead
from cardservice.services.send_link import MOST_AN_HOUR, send_asked_link, send_link
from cardservice.services.sign_in_links import link_of, sent_link_of
from tests.conftest import A_MORNING
from tests.makers import make_partner
from tests.services.at_the_door import (
    OTHER_PASSWORD,
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
GONE = Refused("link_unknown")
TOO_WEAK = Refused("password_too_weak")


def ask(office, email, network="192.0.2.1", **options):
    with unit_of_work(office.engine) as connection:
        send_asked_link(connection, office.keys, email=email, network=network, **options)


def also_invited(office, comer):
    """Another partner's lead invites somebody, and again; the delegation that waits."""
    other = lead_with_password(office)
    with unit_of_work(office.engine) as connection:
        lead = acting_delegate(connection, other.delegate_id)
    asked = Entrusted("editor", None, None, None)
    invited = invite_delegate(office.engine, office.keys, lead=lead, email=comer.email, asked=asked)
    for _ in range(MOST_AN_HOUR):
        invite_again(office.engine, office.keys, lead=lead, delegate_id=invited)
    return invited


def kinds(office):
    return [kind for (kind,) in rows(office, "SELECT kind FROM waiting_mail ORDER BY mail_id")]


# Links


def test_an_invitation_gives_a_password_a_name_and_an_open_delegation(office):
    lead = invited_lead(office)
    secret = lead.link()
    assert lead.choose(secret, first_name=" Anne-Sophie ", last_name="d’Alès").email == lead.email
    found = rows(office, "SELECT state, first_name, last_name FROM delegate")
    assert found == [("active", "Anne-Sophie", "d’Alès")]
    assert lead.come().stage == "enrolment"


def test_a_link_serves_once(office):
    lead = invited_lead(office)
    secret = lead.link()
    lead.choose(secret)
    assert lead.choose(secret, OTHER_PASSWORD) == GONE
    assert lead.come(OTHER_PASSWORD) == Refused("sign_in_failed")


def test_a_link_used_twice_at_once_serves_one(office):
    lead = invited_lead(office)
    secret, answers = lead.link(), []
    threads = [
        threading.Thread(target=lambda word=word: answers.append(lead.choose(secret, word)))
        for word in (PASSWORD, OTHER_PASSWORD, PASSWORD + " bis")
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert answers.count(GONE) == 2


def test_looking_at_a_link_uses_nothing_up_nor_does_a_refused_password(office):
    lead = invited_lead(office)
    secret = lead.link()
    with unit_of_work(office.engine) as connection:
        assert link_of(connection, secret, use_up=False).email == lead.email
    assert lead.choose(secret, "motdepasse1234") == TOO_WEAK
    assert lead.choose(secret, last_name="<script>") == Refused("delegate_name_malformed")
    assert lead.choose(secret).email == lead.email


def test_a_link_is_over_after_fifteen_minutes(office, clock):
    lead = invited_lead(office)
    secret = lead.link()
    clock.set(A_MORNING + timedelta(minutes=14, seconds=50))
    with unit_of_work(office.engine) as connection:
        assert link_of(connection, secret, use_up=False) is not None
    clock.set(A_MORNING + timedelta(minutes=15, seconds=1))
    assert lead.choose(secret) == GONE
    with unit_of_work(office.engine) as connection:
        assert sent_link_of(connection, secret).email == lead.email
        assert sent_link_of(connection, "never sent") is None


@pytest.mark.parametrize("purpose", ["invitation", "reset"])
def test_a_newer_link_ends_the_older_one_of_its_purpose(office, purpose):
    lead = invited_lead(office)
    older, newer = lead.link(purpose), lead.link(purpose)
    assert lead.choose(older) == GONE
    assert lead.choose(newer).email == lead.email


def test_a_new_password_leaves_an_invitation_and_an_invitation_leaves_no_other_link(office):
    lead = invited_lead(office)
    invitation, first = lead.link(), lead.link("reset")
    assert lead.choose(first).email == lead.email
    second = lead.link("reset")
    assert lead.choose(invitation, OTHER_PASSWORD).email == lead.email
    assert rows(office, "SELECT state FROM delegate") == [("active",)]
    assert lead.choose(second) == GONE


def test_a_new_password_ends_every_session_and_never_skips_the_second_factor(office):
    lead = lead_with_totp(office)
    half_done = lead.come().secret
    lead.choose(lead.link("reset"), OTHER_PASSWORD)
    assert session_at(office, half_done) is None
    assert lead.come(OTHER_PASSWORD).stage == "second_factor"
    assert "password_changed" in kinds(office)


def test_a_new_password_opens_no_delegation_that_still_waits(office):
    lead = invited_lead(office)
    lead.choose(lead.link("reset"), first_name="", last_name="")
    assert rows(office, "SELECT state FROM delegate") == [("invited",)]


def test_a_new_password_by_mail_ends_the_wait_that_wrong_ones_cost(office, clock):
    comer = cashier(office)
    wear_out(clock, lambda: comer.come("wrong"))
    assert comer.come().code == "sign_in_delayed"
    comer.choose(comer.link("reset"), OTHER_PASSWORD)
    assert comer.come(OTHER_PASSWORD).stage == "open"


def test_one_invitation_opens_every_partner_that_waits_for_the_person(office):
    lead = invited_lead(office, email="deux@librairie.example")
    make_partner(office, email="deux@librairie.example")
    lead.choose(lead.link())
    assert rows(office, "SELECT DISTINCT state FROM delegate") == [("active",)]


# Asking for one


def test_who_has_a_password_gets_a_reset_and_who_has_none_an_invitation(office):
    known, invited = lead_with_password(office), invited_lead(office)
    ask(office, known.email.upper()), ask(office, invited.email)
    assert kinds(office)[-2:] == ["reset", "invitation"]


def test_somebody_elses_invitations_silence_nobody_who_asks(office, clock):
    comer = cashier(office)
    clock.set(A_MORNING + timedelta(minutes=61))
    waiting = also_invited(office, comer)
    for _ in range(MOST_AN_HOUR + 1):
        ask(office, comer.email)
    assert kinds(office)[-MOST_AN_HOUR - 1 :] == ["invitation"] + ["reset"] * MOST_AN_HOUR
    newcomer = invited_lead(office)
    for _ in range(MOST_AN_HOUR):
        invite_lead(office.engine, office.keys, partner_name=newcomer.partner.siret, actor="test")
    before = len(kinds(office))
    for _ in range(MOST_AN_HOUR + 1):
        ask(office, newcomer.email)
    assert kinds(office)[before:] == ["invitation"] * MOST_AN_HOUR
    assert rows(office, f"SELECT state FROM delegate WHERE delegate_id = {waiting}") == [
        ("invited",)
    ]


def test_who_has_a_password_accepts_another_partners_invitation_by_its_mail(office):
    comer = cashier(office)
    waiting = also_invited(office, comer)
    invitation = comer.link()
    comer.choose(comer.link("reset"), OTHER_PASSWORD)
    state = f"SELECT state, first_name FROM delegate WHERE delegate_id = {waiting}"
    assert rows(office, state) == [("invited", None)]
    comer.choose(invitation)
    assert rows(office, state) == [("active", "Zoé")]
    assert comer.come().stage == "choice"


def test_an_invitation_that_is_over_is_followed_by_another_one(office):
    comer = cashier(office)
    ask(office, comer.email, instead_of="invitation")
    assert kinds(office)[-1] == "reset"
    also_invited(office, comer)
    ask(office, comer.email, instead_of="invitation")
    assert kinds(office)[-2:] == ["invitation", "invitation"]


def test_who_may_enter_nowhere_yet_is_led_in_by_an_invitation(office, superuser):
    comer = cashier(office)
    superuser(f"UPDATE delegate SET state = 'removed' WHERE delegate_id = {comer.delegate_id}")
    also_invited(office, comer)
    before = len(kinds(office))
    ask(office, comer.email)
    assert kinds(office)[before:] == ["invitation"]


def test_links_asked_for_all_at_once_are_no_more_than_a_few(office, clock):
    comer = cashier(office)
    clock.set(A_MORNING + timedelta(minutes=61))
    at_once(*[lambda: ask(office, comer.email)] * 8)
    assert kinds(office).count("reset") == MOST_AN_HOUR


def test_who_cannot_sign_in_gets_nothing(office, superuser):
    comer = cashier(office)
    superuser(f"UPDATE delegate SET state = 'suspended' WHERE delegate_id = {comer.delegate_id}")
    before = kinds(office)
    ask(office, comer.email), ask(office, "personne@librairie.example"), ask(office, "")
    assert kinds(office) == before


def test_no_more_than_a_few_links_go_to_one_address_in_an_hour(office, clock):
    invited = invited_lead(office)
    for _ in range(MOST_AN_HOUR + 3):
        ask(office, invited.email)
    assert len(kinds(office)) == MOST_AN_HOUR
    clock.set(A_MORNING + timedelta(minutes=61))
    ask(office, invited.email)
    assert len(kinds(office)) == MOST_AN_HOUR + 1


def test_one_network_cannot_have_the_whole_county_mailed(office, monkeypatch):
    comers = [invited_lead(office) for _ in range(3)]
    for number in range(40):
        ask(office, f"n{number}@x.example")
    for comer in comers:
        ask(office, comer.email)
    assert kinds(office) == []
    ask(office, comers[0].email, network="198.51.100.1")
    assert kinds(office) == ["invitation"]


def test_an_invitation_names_the_partner_and_who_invites_and_holds_no_link(office):
    lead = invited_lead(office)
    with unit_of_work(office.engine) as connection:
        send_link(
            connection,
            office.keys,
            credential_id=lead.credential_id,
            purpose="invitation",
            partner_name="Librairie du Port",
            invited_by="Zoé Roux",
        )
    ((facts, nonce),) = rows(office, "SELECT facts, link_nonce FROM waiting_mail")
    assert facts == {
        "minutes": 15, "partner_name": "Librairie du Port", "invited_by": "Zoé Roux",
    }  # fmt: skip
    assert len(nonce) == 16
