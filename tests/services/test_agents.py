"""Agents: their second factor, the IBANs they verify, the partners they suspend."""

import base64
import hashlib
import threading
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent, agent_of_email
from cardservice.db.queries.clock import wall_seconds
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.domain.totp import totp_secret
from cardservice.services.add_agent import add_agent
from cardservice.services.check_agent import agent_with_totp
from cardservice.services.end_agent import end_agent
from cardservice.services.import_partners import import_partners
from cardservice.services.password_door import Knock
from cardservice.services.renew_agent import renew_agent
from cardservice.services.resume_partner import resume_partner
from cardservice.services.sign_in_agent import sign_in_agent
from cardservice.services.suspend_partner import suspend_partner
from cardservice.services.verify_iban import verify_iban
from cardservice.services.web_sessions import session_of, start_session
from tests.conftest import A_MORNING
from tests.makers import (
    IBAN,
    OTHER_IBAN,
    PASSWORD,
    make_agent,
    make_partner,
    partner_line,
    register,
    verify_partner,
)


def rows(office, statement):
    with unit_of_work(office.engine) as connection:
        return connection.execute(text(statement)).all()


def add(office, **fields):
    wanted = {"email": "a@departement13.example", "role": "hotline", "password": PASSWORD}
    return add_agent(office.engine, office.keys, actor="test", **(wanted | fields))


# Adding


def test_a_stolen_database_gives_neither_password_nor_totp_secret(office):
    added = make_agent(office)
    (row,) = rows(office, "SELECT * FROM agent")
    assert PasswordHasher().verify(row.password_hash, PASSWORD)
    assert row.password_hash.startswith("$argon2id$")
    raw = base64.b32decode(added.totp_secret)
    assert added.totp_secret not in repr(row)
    assert raw not in bytes(row.totp_sealed)
    other = Keys(hashlib.sha256(b"another master key").digest())
    assert totp_secret(other, bytes(row.totp_sealed)) != added.totp_secret
    assert added.totp_secret not in repr(added)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email": "nobody"}, "email_malformed"),
        ({"role": "king"}, "agent_role_unknown"),
        ({"password": "short"}, "password_too_short"),
    ],
)
def test_an_agent_that_makes_no_sense_is_refused(office, fields, code):
    assert add(office, **fields).code == code
    assert rows(office, "SELECT FROM agent") == []


def test_a_mail_address_is_one_agent_whatever_its_case(office):
    add(office)
    assert add(office, email="A@Departement13.example") == Refused("agent_exists")


# The second factor


def check(office, email, code):
    with unit_of_work(office.engine) as connection:
        return agent_with_totp(connection, office.keys, email, code)


def code_of(office, secret, *, steps_off=0):
    with unit_of_work(office.engine) as connection:
        step = wall_seconds(connection) // 30 + steps_off
    return pyotp.TOTP(secret).generate_otp(step)


def test_the_code_of_this_moment_serves_once(office):
    added = make_agent(office)
    code = code_of(office, added.totp_secret)
    assert check(office, added.email.upper(), code).agent_id == added.agent_id
    assert check(office, added.email, code) == Refused("totp_used")


def test_an_earlier_code_is_worthless_after_a_later_one(office):
    added = make_agent(office)
    check(office, added.email, code_of(office, added.totp_secret, steps_off=1))
    earlier = check(office, added.email, code_of(office, added.totp_secret))
    assert earlier == Refused("totp_used")


def test_a_phone_may_be_one_step_off_and_no_more(office):
    added = make_agent(office)
    for steps_off in (-3, 3):
        code = code_of(office, added.totp_secret, steps_off=steps_off)
        assert check(office, added.email, code) == Refused("totp_wrong")
    assert not isinstance(
        check(office, added.email, code_of(office, added.totp_secret, steps_off=1)), Refused
    )


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef"])
def test_what_is_not_six_digits_is_wrong(office, code):
    assert check(office, make_agent(office).email, code) == Refused("totp_wrong")


def test_codes_run_on_wall_time_though_the_ledgers_clock_was_moved(office, clock):
    added = make_agent(office)
    clock.set(A_MORNING + timedelta(days=90))
    assert not isinstance(check(office, added.email, code_of(office, added.totp_secret)), Refused)


def test_one_code_used_twice_at_once_serves_once(office):
    added = make_agent(office)
    code = code_of(office, added.totp_secret, steps_off=1)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(check(office, added.email, code)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(Refused("totp_used")) == 4


def test_nobody_is_an_agent_by_a_code_alone(office):
    assert check(office, "nobody@example.fr", "123456") == Refused("agent_unknown")


# IBANs


def verify(office, shop, agent):
    return verify_iban(office.engine, partner_name=shop.siret, email=agent.email)


def test_a_changed_iban_is_verified_after_its_hold_and_the_old_one_leaves(office, clock):
    line = partner_line()
    shop = make_partner(office, **line)
    agent = make_agent(office)
    verify_partner(office, shop, agent)
    import_partners(office.engine, register([line | {"iban": OTHER_IBAN}]), actor="test")
    held = verify(office, shop, agent)
    assert held == Refused("iban_on_hold", {"usable_from": "24/11/2026 11:00"})
    clock.set(A_MORNING + timedelta(hours=48, minutes=5))
    assert verify(office, shop, agent).masked_iban == "FR76 •••• 0129"
    accounts = rows(office, "SELECT iban, state FROM bank_account ORDER BY bank_account_id")
    assert accounts == [(IBAN, "replaced"), (OTHER_IBAN, "verified")]


def test_nobody_verifies_an_iban_they_changed(office):
    agent = make_agent(office)
    line = partner_line()
    import_partners(office.engine, register([line]), actor=f"agent:{agent.agent_id}")
    answer = verify_iban(office.engine, partner_name=line["siret"], email=agent.email)
    assert answer == Refused("iban_needs_second_agent")
    other = make_agent(office, "finance_preparer")
    answer = verify_iban(office.engine, partner_name=line["siret"], email=other.email)
    assert not isinstance(answer, Refused)


def test_the_hotline_verifies_no_iban(office):
    shop = make_partner(office)
    assert verify(office, shop, make_agent(office, "hotline")) == Refused("agent_may_not")


def test_there_must_be_an_agent_a_partner_and_an_iban_that_waits(office):
    shop, agent = make_partner(office), make_agent(office)
    unknown = verify_iban(office.engine, partner_name=shop.siret, email="nobody@example.fr")
    assert unknown == Refused("agent_unknown")
    assert verify_iban(office.engine, partner_name="Nobody", email=agent.email) == Refused(
        "partner_unknown"
    )
    verify_partner(office, shop, agent)
    assert verify(office, shop, agent) == Refused("iban_not_waiting")


# Partners


def test_a_partner_is_suspended_and_resumed_by_siret_number_or_name(office):
    shop = make_partner(office)
    for name in (shop.siret, str(shop.partner_id), shop.trade_name.upper()):
        assert suspend_partner(office.engine, partner_name=name, actor="t").state == "suspended"
        assert resume_partner(office.engine, partner_name=name, actor="t").state == "active"


def test_a_suspension_is_not_repeated_nor_an_activity_resumed(office):
    shop = make_partner(office)
    resumed = resume_partner(office.engine, partner_name=shop.siret, actor="test")
    assert resumed == Refused("partner_not_suspended")
    suspend_partner(office.engine, partner_name=shop.siret, actor="test")
    suspended = suspend_partner(office.engine, partner_name=shop.siret, actor="test")
    assert suspended == Refused("partner_suspended")


def test_a_name_that_two_partners_share_names_nobody(office):
    make_partner(office, trade_name="Chaîne"), make_partner(office, trade_name="Chaîne")
    answer = suspend_partner(office.engine, partner_name="Chaîne", actor="test")
    assert answer == Refused("partner_ambiguous")


# Leaving and coming back


def test_whoever_has_left_neither_signs_in_nor_acts_and_their_session_is_gone(office):
    agent = make_agent(office, role="finance_approver")
    with unit_of_work(office.engine) as connection:
        secret = start_session(
            connection, realm="agent", stage="open", browser="test", agent_id=agent.agent_id
        )
    ended = end_agent(office.engine, email=agent.email.upper(), actor="test")
    assert ended == Agent(agent.agent_id, agent.email, "finance_approver")
    with unit_of_work(office.engine) as connection:
        assert session_of(connection, secret, realm="agent") is None
        assert agent_of_email(connection, agent.email) is None
        code = pyotp.TOTP(agent.totp_secret).generate_otp(wall_seconds(connection) // 30)
        refused = agent_with_totp(connection, office.keys, agent.email, code)
    assert refused == Refused("agent_unknown")
    entering = sign_in_agent(
        office.engine, office.keys, Knock(agent.email, PASSWORD, "", None), browser="x"
    )
    assert entering == Refused("sign_in_failed")
    again = end_agent(office.engine, email=agent.email, actor="test")
    assert again == Refused("agent_unknown")
    acts = rows(office, "SELECT action FROM journal ORDER BY journal_id")
    assert acts[-1].action == "agent.end"


def test_access_that_ends_while_a_password_is_judged_opens_nothing(office, monkeypatch):
    agent = make_agent(office)

    def judged_slowly(stored, typed):
        assert typed == PASSWORD
        end_agent(office.engine, email=agent.email, actor="test")
        return True

    monkeypatch.setattr("cardservice.services.password_door.password_holds", judged_slowly)
    entering = sign_in_agent(
        office.engine, office.keys, Knock(agent.email, PASSWORD, "", None), browser="x"
    )
    assert entering == Refused("sign_in_failed")
    assert rows(office, "SELECT FROM web_session") == []


def test_a_renewed_agent_has_new_secrets_alone_and_the_same_past(office):
    agent = make_agent(office)
    end_agent(office.engine, email=agent.email, actor="test")
    renewed = renew_agent(
        office.engine,
        office.keys,
        email=agent.email,
        password="un autre mot de passe long",
        role="hotline",
        actor="test",
    )
    assert (renewed.agent_id, renewed.role) == (agent.agent_id, "hotline")
    with unit_of_work(office.engine) as connection:
        step = wall_seconds(connection) // 30
        old, new = (
            pyotp.TOTP(secret).generate_otp(step)
            for secret in (agent.totp_secret, renewed.totp_secret)
        )
        assert agent_with_totp(connection, office.keys, agent.email, old) == Refused("totp_wrong")
        found = agent_with_totp(connection, office.keys, agent.email, new)
        assert found == Agent(agent.agent_id, agent.email, "hotline")
    entering = sign_in_agent(
        office.engine, office.keys, Knock(agent.email, PASSWORD, "", None), browser="x"
    )
    assert entering == Refused("sign_in_failed")


def test_guesses_at_the_old_secrets_do_not_keep_a_renewed_agent_out(office):
    agent = make_agent(office)
    for _ in range(12):
        with unit_of_work(office.engine) as connection:
            agent_with_totp(connection, office.keys, agent.email, "000000")
    renewed = renew_agent(
        office.engine, office.keys, email=agent.email, password=PASSWORD, actor="test"
    )
    with unit_of_work(office.engine) as connection:
        code = pyotp.TOTP(renewed.totp_secret).generate_otp(wall_seconds(connection) // 30)
        found = agent_with_totp(connection, office.keys, agent.email, code)
    assert not isinstance(found, Refused)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"password": "court"}, "password_too_short"),
        ({"role": "maire"}, "agent_role_unknown"),
        ({"email": "personne@departement13.example"}, "agent_unknown"),
    ],
)
def test_what_cannot_be_renewed_changes_nothing(office, fields, code):
    agent = make_agent(office)
    before = rows(office, "SELECT * FROM agent")
    asked = {"email": agent.email, "password": PASSWORD} | fields
    refused = renew_agent(office.engine, office.keys, actor="test", **asked)
    assert refused.code == code
    assert rows(office, "SELECT * FROM agent") == before
