"""The second stage: codes of an authenticator, recovery codes, enrolment, and being asked again."""

from __future__ import annotations

import threading
from datetime import timedelta

import pyotp
import pytest

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.check_agent import agent_with_totp
from cardservice.services.enrol_authenticator import enrol_authenticator, offered_authenticator
from cardservice.services.prove_again import prove_again
from cardservice.services.recovery_codes import recovery_codes_left
from cardservice.services.second_factor import pass_second_factor
from tests.conftest import A_MORNING
from tests.makers import make_agent
from tests.services.at_the_door import (
    PASSWORD,
    cashier,
    code_of,
    lead_with_password,
    lead_with_totp,
    rows,
    session_at,
    wear_out,
)

pytestmark = pytest.mark.usefixtures("cheap_passwords")


def give(comer, secret, code, *, is_recovery=False):
    session = session_at(comer.office, secret)
    with unit_of_work(comer.office.engine) as connection:
        return pass_second_factor(
            connection, comer.office.keys, session, code=code, is_recovery=is_recovery
        )


def prove(comer, code, password=PASSWORD):
    with unit_of_work(comer.office.engine) as connection:
        return prove_again(
            connection,
            comer.office.keys,
            credential_id=comer.credential_id,
            password=password,
            code=code,
        )


def mails(office, kind):
    return rows(office, "SELECT recipient, facts FROM waiting_mail WHERE kind = :kind", kind=kind)


def actions(office):
    return [action for (action,) in rows(office, "SELECT action FROM journal ORDER BY journal_id")]


# Codes


def test_the_right_code_opens_the_space_under_a_new_secret(office):
    lead = lead_with_totp(office)
    waiting = lead.come().secret
    passed = give(lead, waiting, lead.code())
    assert passed.stage == "open"
    assert session_at(office, waiting) is None
    assert session_at(office, passed.secret).delegate_id == lead.delegate_id


def test_a_wrong_code_leaves_the_session_where_it_was(office):
    lead = lead_with_totp(office)
    waiting = lead.come().secret
    assert give(lead, waiting, "000000") == Refused("totp_wrong")
    assert session_at(office, waiting).stage == "second_factor"


def test_a_code_serves_once_also_when_it_comes_twice_at_once(office):
    lead = lead_with_totp(office)
    code = lead.code(steps_off=1)
    waiting = [lead.come().secret for _ in range(4)]
    answers = []
    threads = [
        threading.Thread(target=lambda secret=secret: answers.append(give(lead, secret, code)))
        for secret in waiting
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert answers.count(Refused("totp_used")) == 3


def test_codes_are_guessed_at_a_growing_price_and_the_password_does_not_lower_it(office, clock):
    lead = lead_with_totp(office)
    waiting = lead.come().secret
    wear_out(clock, lambda: give(lead, waiting, "000000"))
    assert give(lead, waiting, lead.code()).code == "sign_in_delayed"
    assert give(lead, lead.come().secret, lead.code()).code == "sign_in_delayed"


def test_a_code_that_has_served_costs_no_try(office):
    lead = lead_with_totp(office)
    code = lead.code(steps_off=1)
    give(lead, lead.come().secret, code)
    waiting = lead.come().secret
    for _ in range(6):
        assert give(lead, waiting, code) == Refused("totp_used")


def test_codes_run_on_wall_time_though_the_ledgers_clock_was_moved(office, clock):
    lead = lead_with_totp(office)
    clock.set(A_MORNING + timedelta(days=90))
    assert give(lead, lead.come().secret, lead.code()).stage == "open"


# Recovery codes


def test_a_recovery_code_opens_once_and_is_journaled_and_mailed(office):
    lead = lead_with_totp(office)
    code = lead.recovery_codes[3].lower().replace("-", " ")
    assert give(lead, lead.come().secret, code, is_recovery=True).stage == "open"
    again = give(lead, lead.come().secret, code, is_recovery=True)
    assert again == Refused("recovery_code_wrong")
    assert "delegate.recovery_code_used" in actions(office)
    assert mails(office, "recovery_code_used") == [
        (lead.email, {"left": 9, "at": "22/11/2026 11:00"})
    ]


def test_a_recovery_code_of_somebody_else_is_worthless(office):
    lead, other = lead_with_totp(office), lead_with_totp(office)
    answer = give(lead, lead.come().secret, other.recovery_codes[0], is_recovery=True)
    assert answer == Refused("recovery_code_wrong")


def test_one_recovery_code_used_twice_at_once_opens_once(office):
    lead = lead_with_totp(office)
    waiting = [lead.come().secret for _ in range(4)]
    answers = []

    def use(secret):
        answers.append(give(lead, secret, lead.recovery_codes[0], is_recovery=True))

    threads = [threading.Thread(target=use, args=(secret,)) for secret in waiting]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(not isinstance(answer, Refused) for answer in answers) == 1


def test_recovery_codes_are_guessed_at_the_same_price_as_codes(office, clock):
    lead = lead_with_totp(office)
    waiting = lead.come().secret
    wear_out(clock, lambda: give(lead, waiting, "AAAAA-AAAAA", is_recovery=True))
    answer = give(lead, waiting, lead.recovery_codes[0], is_recovery=True)
    assert answer.code == "sign_in_delayed"


def test_recovery_codes_are_kept_as_digests(office):
    lead = lead_with_totp(office)
    kept = repr(rows(office, "SELECT * FROM recovery_code"))
    assert len(set(lead.recovery_codes)) == 10
    assert not any(code in kept for code in lead.recovery_codes)


# Enrolment


def test_nothing_changes_before_the_new_authenticator_has_shown_a_code(office):
    lead = lead_with_totp(office)
    with unit_of_work(office.engine) as connection:
        for _ in range(2):
            offer = offered_authenticator(
                connection,
                office.keys,
                credential_id=lead.credential_id,
                asked_by=b"s",
                issuer="CJeune",
            )
        refused = enrol_authenticator(
            connection,
            office.keys,
            credential_id=lead.credential_id,
            asked_by=b"s",
            code="000000",
        )
    assert refused == Refused("totp_wrong")
    assert offer.uri.startswith("otpauth://totp/CJeune:")
    assert "".join(offer.groups) == offer.secret != lead.totp.secret
    assert give(lead, lead.come().secret, lead.code()).stage == "open"


def test_an_offer_is_worth_nothing_to_another_session(office):
    lead = lead_with_password(office)
    with unit_of_work(office.engine) as connection:
        offer = offered_authenticator(
            connection,
            office.keys,
            credential_id=lead.credential_id,
            asked_by=b"one session",
            issuer="CJeune",
        )
        code = code_of(office, pyotp.TOTP(offer.secret))
        other = enrol_authenticator(
            connection,
            office.keys,
            credential_id=lead.credential_id,
            asked_by=b"another",
            code=code,
        )
    assert other == Refused("totp_wrong")


def test_another_authenticator_ends_the_old_one_and_its_recovery_codes(office):
    lead = lead_with_totp(office)
    old, old_codes = lead.totp, lead.recovery_codes
    lead.enrol(b"another session")
    waiting = lead.come().secret
    assert give(lead, waiting, code_of(office, old)) == Refused("totp_wrong")
    assert give(lead, waiting, old_codes[0], is_recovery=True) == Refused("recovery_code_wrong")
    assert give(lead, waiting, lead.code()).stage == "open"
    assert len(mails(office, "second_factor_changed")) == 2
    assert actions(office).count("delegate.second_factor_enrolled") == 2


def test_the_authenticators_secret_is_not_in_the_database(office):
    lead = lead_with_totp(office)
    assert lead.totp.secret not in repr(rows(office, "SELECT * FROM credential"))
    with unit_of_work(office.engine) as connection:
        assert recovery_codes_left(connection, lead.credential_id) == 10


# Asked again


def test_the_proof_is_password_and_code_together(office):
    lead = lead_with_totp(office)
    code = lead.code()
    assert prove(lead, code, "not the password") == Refused("password_wrong")
    assert prove(lead, "000000") == Refused("totp_wrong")
    assert prove(lead, code) is None
    assert prove(lead, code) == Refused("totp_used")


@pytest.mark.parametrize(("password", "code"), [("", "123456"), (PASSWORD, " ")])
def test_half_a_proof_is_none_and_costs_no_try(office, password, code):
    lead = lead_with_totp(office)
    for _ in range(5):
        assert prove(lead, code, password) == Refused("proof_needed")


def test_who_has_no_authenticator_cannot_prove_anything(office):
    assert prove(cashier(office), "123456") == Refused("proof_needed")


def test_proofs_are_guessed_at_a_growing_price_of_their_own(office, clock):
    lead = lead_with_totp(office)
    wear_out(clock, lambda: prove(lead, "000000"))
    assert prove(lead, lead.code()).code == "sign_in_delayed"
    assert lead.come().stage == "second_factor"


def test_an_agents_codes_are_guessed_at_a_growing_price_too(office, clock):
    agent = make_agent(office)

    def approve(code):
        with unit_of_work(office.engine) as connection:
            return agent_with_totp(connection, office.keys, agent.email, code)

    wear_out(clock, lambda: approve("000000"))
    right = code_of(office, pyotp.TOTP(agent.totp_secret))
    assert approve(right).code == "sign_in_delayed"
    clock.set(A_MORNING + timedelta(minutes=20))
    assert approve(code_of(office, pyotp.TOTP(agent.totp_secret))).email == agent.email
