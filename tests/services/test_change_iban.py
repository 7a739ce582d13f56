"""Where a partner is reimbursed: changed with proof, held, verified by somebody else (C68, C70)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.bank_accounts import live_accounts
from cardservice.domain.refusal import Refused
from cardservice.services.cancel_iban_change import cancel_iban_change
from cardservice.services.change_iban import change_iban
from cardservice.services.partners_file import BankFields
from cardservice.services.verify_iban import IbanVerified, verify_iban
from tests.conftest import A_MORNING
from tests.makers import IBAN, OTHER_IBAN, make_agent, verify_partner
from tests.portals.people import PASSWORD, make_team
from tests.services.partner_people import acting, at_once, code, mails, noted, rows

THIRD_IBAN = "FR1420041010050500013M02606"


@pytest.fixture
def team(office):
    team = make_team(office)
    verify_partner(office, team.partner)
    with_clean_mail(office)
    return team


def with_clean_mail(office):
    with unit_of_work(office.engine) as connection:
        connection.execute(text("DELETE FROM waiting_mail"))


def forget_codes(office):
    """As if half a minute had gone by: every authenticator shows a fresh code."""
    with unit_of_work(office.engine) as connection:
        connection.execute(text("UPDATE credential SET totp_last_step = 0"))


def change(
    office, team, iban=OTHER_IBAN, holder="LIBRAIRIE NEUVE", *, password=PASSWORD, digits=None
):
    forget_codes(office)
    return change_iban(
        office.engine,
        office.keys,
        lead=acting(office, team),
        bank=BankFields(iban, holder),
        password=password,
        code=code(office) if digits is None else digits,
    )


def cancel(office, team, *, password=PASSWORD):
    forget_codes(office)
    return cancel_iban_change(
        office.engine,
        office.keys,
        lead=acting(office, team),
        password=password,
        code=code(office),
    )


def live(office, team):
    found = rows(
        office,
        "SELECT state, iban FROM bank_account WHERE partner_id = :p AND state <> 'replaced'",
        p=team.partner.partner_id,
    )
    return dict(tuple(row) for row in found)


def test_the_new_account_waits_two_days_and_the_old_one_stays_in_use(office, team):
    waiting = change(office, team, " fr76 1010 7001 0112 3456 7890 129 ")
    assert not isinstance(waiting, Refused), waiting
    assert waiting.masked == "FR76 •••• 0129"
    held_for = waiting.usable_from - waiting.changed_at
    assert held_for == timedelta(hours=48)
    assert live(office, team) == {"verified": IBAN, "unverified": OTHER_IBAN}
    assert waiting.changed_by == acting(office, team).actor


def test_every_active_delegate_and_the_contact_address_are_told_the_mask_only(office, team):
    change(office, team)
    told = mails(office, "iban_changed")
    active = ("lead", "cashier", "accountant", "editor")
    assert {recipient for recipient, _ in told} == {team.people[one].email for one in active}
    for table in ("waiting_mail", "journal"):
        assert OTHER_IBAN not in repr(rows(office, f"SELECT * FROM {table}"))
    assert told[0].facts["masked_iban"] == "FR76 •••• 0129"
    assert noted(office, team.partner.partner_id)[-1][:2] == (
        acting(office, team).actor,
        "iban.change",
    )


@pytest.mark.parametrize(
    ("iban", "holder", "code"),
    [
        ("", "LIBRAIRIE", "iban_malformed"),
        ("FR7610107001011234567890128", "LIBRAIRIE", "iban_malformed"),
        (OTHER_IBAN, "", "holder_name_malformed"),
        (OTHER_IBAN, "  ", "holder_name_malformed"),
        (OTHER_IBAN, "x" * 71, "holder_name_malformed"),
        (OTHER_IBAN, "LIB\u202eRAIRIE", "holder_name_malformed"),
        (OTHER_IBAN, "…", "holder_name_malformed"),
    ],
)
def test_what_is_no_account_is_refused_before_a_code_is_used_up(office, team, iban, holder, code):
    assert change(office, team, iban, holder) == Refused(code)
    assert live(office, team) == {"verified": IBAN}
    assert rows(office, "SELECT FROM credential WHERE totp_last_step > 0") == []


def test_the_account_in_use_is_no_change(office, team):
    (holder,) = rows(
        office,
        "SELECT holder_name FROM bank_account WHERE partner_id = :p",
        p=team.partner.partner_id,
    )[0]
    assert change(office, team, IBAN, holder) == Refused("iban_unchanged")
    # Another holder of the same number is one: the bank compares both.
    assert not isinstance(change(office, team, IBAN, "SOMEBODY ELSE"), Refused)


@pytest.mark.parametrize(
    ("password", "digits", "refusal"),
    [
        ("wrong", None, "password_wrong"),
        (PASSWORD, "", "proof_needed"),
        ("", None, "proof_needed"),
    ],
)
def test_without_the_proof_nothing_changes_and_the_try_is_counted(
    office, team, password, digits, refusal
):
    assert change(office, team, password=password, digits=digits) == Refused(refusal)
    assert live(office, team) == {"verified": IBAN}
    assert mails(office, "iban_changed") == []
    if refusal == "password_wrong":
        assert len(rows(office, "SELECT FROM sign_in_guard")) == 1


def test_a_code_serves_one_change(office, team):
    digits = code(office)
    change(office, team, digits=digits)
    again = change_iban(
        office.engine,
        office.keys,
        lead=acting(office, team),
        bank=BankFields(THIRD_IBAN, "AUTRE"),
        password=PASSWORD,
        code=digits,
    )
    assert again == Refused("totp_used")
    assert live(office, team)["unverified"] == OTHER_IBAN


def test_a_second_change_replaces_the_waiting_one_and_its_hold_begins_again(office, team, clock):
    first = change(office, team)
    clock.set(A_MORNING + timedelta(hours=47))
    second = change(office, team, THIRD_IBAN)
    assert live(office, team) == {"verified": IBAN, "unverified": THIRD_IBAN}
    assert second.usable_from - first.usable_from > timedelta(hours=46)
    agent = make_agent(office)
    clock.set(A_MORNING + timedelta(hours=49))
    answer = verify_iban(office.engine, partner_name=team.partner.siret, email=agent.email)
    assert answer.code == "iban_on_hold"


def test_the_same_change_posted_again_is_the_one_that_waits(office, team, clock):
    first = change(office, team)
    clock.set(A_MORNING + timedelta(hours=1))
    assert change(office, team) == first
    assert len(mails(office, "iban_changed")) == 4


def test_the_same_change_at_once_waits_once(office, team):
    digits, lead = code(office), acting(office, team)
    answers = at_once(
        *[
            lambda: change_iban(
                office.engine,
                office.keys,
                lead=lead,
                bank=BankFields(OTHER_IBAN, "NEUVE"),
                password=PASSWORD,
                code=digits,
            )
        ]
        * 2
    )
    assert answers[0] == answers[1]
    assert len(mails(office, "iban_changed")) == 4


def test_a_change_is_taken_back_with_the_same_proof(office, team):
    change(office, team)
    assert cancel(office, team, password="wrong") == Refused("password_wrong")
    assert live(office, team)["unverified"] == OTHER_IBAN
    assert isinstance(cancel(office, team), int)
    assert live(office, team) == {"verified": IBAN}
    assert cancel(office, team) is None


def test_the_only_account_of_a_partner_is_never_taken_back(office):
    team = make_team(office)
    assert cancel(office, team) is None
    assert live(office, team) == {"unverified": IBAN}


def test_once_verified_by_an_agent_it_is_in_use_and_the_delegates_are_told(office, team, clock):
    change(office, team)
    with unit_of_work(office.engine) as connection:
        connection.execute(text("UPDATE partner SET email = 'Contact@Librairie.example'"))
    clock.set(A_MORNING + timedelta(hours=48, minutes=1))
    agent = make_agent(office)
    done = verify_iban(office.engine, partner_name=team.partner.siret, email=agent.email)
    assert isinstance(done, IbanVerified)
    with unit_of_work(office.engine) as connection:
        accounts = live_accounts(connection, team.partner.partner_id)
    assert list(accounts) == ["verified"]
    told = mails(office, "iban_verified")
    active = ("lead", "cashier", "accountant", "editor")
    addresses = {team.people[one].email for one in active} | {"contact@librairie.example"}
    assert {recipient for recipient, _ in told} == addresses
    assert told[0].facts == {
        "partner_name": team.partner.trade_name,
        "masked_iban": "FR76 •••• 0129",
    }
    assert noted(office, team.partner.partner_id)[-1][1] == "iban.verify"


def test_who_does_not_lead_changes_nothing(office, team):
    answer = change_iban(
        office.engine,
        office.keys,
        lead=acting(office, team, "accountant"),
        bank=BankFields(OTHER_IBAN, "LIBRAIRIE"),
        password=PASSWORD,
        code=code(office),
    )
    assert answer == Refused("role_may_not")
