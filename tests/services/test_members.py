"""Members: how they join, sign in, stay signed in, and change what they sign in with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.derived_secret import derived_secret
from cardservice.domain.refusal import Refused
from cardservice.services import password_hash
from cardservice.services.change_member_email import ask_email_change, confirm_email
from cardservice.services.choose_member_password import (
    MemberPassword,
    change_member_password,
    choose_member_password,
)
from cardservice.services.mail_guard import MOST_AN_HOUR
from cardservice.services.member_links import MEMBER_LINK
from cardservice.services.password_door import Knock
from cardservice.services.prove_member import prove_member
from cardservice.services.sign_in_member import sign_in_member
from cardservice.services.sign_up import ask_new_password, ask_sign_up
from cardservice.services.web_sessions import (
    PROOF_HOLDS,
    YOUTH_IDLE,
    YOUTH_OLDEST,
    has_just_proved,
    session_of,
)
from cardservice.wiring import Office
from tests.conftest import A_MORNING, Clock
from tests.portals.people import HASHER, PASSWORD
from tests.portals.youth.people import Youth, make_member, open_member_session

EMAIL = "lea@mail.example"
NETWORK = "10.4.4.4"
OTHER = "cinq girafes et deux tambours 58"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(password_hash, "_hasher", HASHER)
    yield


def ask(office: Office, email: str = EMAIL, *, network: str = NETWORK) -> Refused | None:
    with unit_of_work(office.engine) as connection:
        return ask_sign_up(connection, office.keys, email=email, network=network)


def mails(office: Office) -> list[Any]:
    with unit_of_work(office.engine) as connection:
        return list(
            connection.execute(
                text("SELECT recipient, kind, link_nonce FROM waiting_mail ORDER BY mail_id")
            )
        )


def secret_of(office: Office, mail: Any) -> str:
    return derived_secret(office.keys, MEMBER_LINK, bytes(mail.link_nonce))


def choose(office: Office, secret: str, password: str = PASSWORD) -> MemberPassword | Refused:
    with unit_of_work(office.engine) as connection:
        return choose_member_password(connection, office.keys, secret=secret, password=password)


def sign_in(office: Office, email: str, password: str = PASSWORD) -> str | Refused:
    return sign_in_member(
        office.engine,
        office.keys,
        Knock(email, password, NETWORK, None),
        browser="Firefox sur Android",
    )


def lives(office: Office, secret: str) -> bool:
    with unit_of_work(office.engine) as connection:
        return session_of(connection, secret, realm="youth") is not None


def close(office: Office, youth: Youth) -> None:
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text("UPDATE member SET closed_at = ledger_now() WHERE member_id = :member_id"),
            {"member_id": youth.member_id},
        )


def test_a_link_makes_one_member_once(office: Office) -> None:
    ask(office)
    secret = secret_of(office, mails(office)[0])
    joined = choose(office, secret)
    assert isinstance(joined, MemberPassword) and joined.joined
    assert choose(office, secret) == Refused("link_unknown")
    assert isinstance(sign_in(office, EMAIL.upper()), str)


def test_a_link_that_is_used_twice_at_once_makes_one_member(office: Office) -> None:
    ask(office)
    secret = secret_of(office, mails(office)[0])
    together = Barrier(4)

    def join(_: int) -> MemberPassword | Refused:
        together.wait(20)
        return choose(office, secret)

    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(join, range(4)))
    assert sum(isinstance(one, MemberPassword) for one in answers) == 1
    assert answers.count(Refused("link_unknown")) == 3


def test_a_newer_link_ends_the_older_one(office: Office) -> None:
    ask(office)
    ask(office)
    first, second = mails(office)
    assert choose(office, secret_of(office, first)) == Refused("link_unknown")
    assert isinstance(choose(office, secret_of(office, second)), MemberPassword)


def test_a_link_is_over_after_an_hour(office: Office, clock: Clock) -> None:
    ask(office)
    clock.set(A_MORNING + timedelta(minutes=61))
    assert choose(office, secret_of(office, mails(office)[0])) == Refused("link_unknown")


def test_one_address_gets_a_few_mails_an_hour(office: Office) -> None:
    for number in range(MOST_AN_HOUR + 3):
        assert ask(office, network=f"10.5.0.{number}") is None
    assert len(mails(office)) == MOST_AN_HOUR


def test_what_is_no_address_is_refused_and_a_known_one_is_not(office: Office) -> None:
    youth = make_member(office, linked=False)
    assert ask(office, "nonsense") == Refused("email_malformed")
    assert ask(office, youth.email) is None
    assert [mail.kind for mail in mails(office)] == ["youth_known"]


def test_a_forgotten_password_of_nobody_sends_nothing(office: Office) -> None:
    with unit_of_work(office.engine) as connection:
        ask_new_password(connection, office.keys, email=EMAIL, network=NETWORK)
    assert mails(office) == []


def test_a_new_password_ends_every_session_and_tells_by_mail(office: Office) -> None:
    youth = make_member(office, linked=False)
    before = open_member_session(office, youth)
    with unit_of_work(office.engine) as connection:
        ask_new_password(connection, office.keys, email=youth.email, network=NETWORK)
    chosen = choose(office, secret_of(office, mails(office)[0]), OTHER)
    assert isinstance(chosen, MemberPassword) and not chosen.joined
    assert not lives(office, before)
    assert sign_in(office, youth.email) == Refused("sign_in_failed")
    assert isinstance(sign_in(office, youth.email, OTHER), str)
    assert mails(office)[-1].kind == "youth_password_changed"


def test_a_closed_member_neither_signs_in_nor_gets_a_link(office: Office) -> None:
    youth = make_member(office, linked=False)
    close(office, youth)
    assert sign_in(office, youth.email) == Refused("sign_in_failed")
    ask(office, youth.email)
    assert [(mail.kind, mail.link_nonce) for mail in mails(office)] == [("youth_closed", None)]


def test_a_reset_link_of_a_member_who_was_closed_meanwhile_is_over(office: Office) -> None:
    youth = make_member(office, linked=False)
    ask(office, youth.email)
    close(office, youth)
    assert choose(office, secret_of(office, mails(office)[0])) == Refused("link_unknown")


def test_a_session_lives_a_month_without_a_visit_and_half_a_year_with(
    office: Office, clock: Clock
) -> None:
    youth = make_member(office, linked=False)
    idle, visited = open_member_session(office, youth), open_member_session(office, youth)
    at = A_MORNING
    while at + timedelta(days=25) < A_MORNING + YOUTH_OLDEST:
        at += timedelta(days=25)
        clock.set(at)
        assert lives(office, visited)
    assert at - A_MORNING > YOUTH_IDLE and not lives(office, idle)
    clock.set(A_MORNING + YOUTH_OLDEST + timedelta(hours=1))
    assert not lives(office, visited)


def test_a_proof_holds_for_a_quarter_of_an_hour(office: Office, clock: Clock) -> None:
    youth = make_member(office, linked=False)
    secret = open_member_session(office, youth)
    found = []
    for late in (timedelta(0), PROOF_HOLDS - timedelta(minutes=1), PROOF_HOLDS * 2):
        clock.set(A_MORNING + late)
        with unit_of_work(office.engine) as connection:
            session = session_of(connection, secret, realm="youth")
            assert session is not None
            found.append(has_just_proved(connection, session))
    assert found == [True, True, False]


def test_wrong_passwords_of_an_open_session_make_it_wait(office: Office) -> None:
    youth = make_member(office, linked=False)
    codes = []
    for _ in range(5):
        with unit_of_work(office.engine) as connection:
            refused = prove_member(
                connection, office.keys, member_id=youth.member_id, password="wrong"
            )
        assert refused is not None
        codes.append(refused.code)
    assert codes[0] == "password_wrong" and codes[-1] == "sign_in_delayed"


def test_changing_the_password_keeps_this_browser_and_ends_the_others(office: Office) -> None:
    youth = make_member(office, linked=False)
    other, here = open_member_session(office, youth), open_member_session(office, youth)
    with unit_of_work(office.engine) as connection:
        session = session_of(connection, here, realm="youth")
        assert session is not None
        secret = change_member_password(connection, office.keys, session, old=PASSWORD, new=OTHER)
    assert isinstance(secret, str)
    assert lives(office, secret) and not lives(office, other) and not lives(office, here)


def test_another_address_counts_when_it_has_answered(office: Office) -> None:
    youth = make_member(office, linked=False)
    with unit_of_work(office.engine) as connection:
        ask_email_change(
            connection, office.keys, member_id=youth.member_id, email=EMAIL, network=NETWORK
        )
    told, mail = mails(office)
    assert (told.recipient, told.kind) == (youth.email, "youth_email_asked")
    assert mail.recipient == EMAIL and isinstance(sign_in(office, youth.email), str)
    with unit_of_work(office.engine) as connection:
        assert confirm_email(connection, secret=secret_of(office, mail)) is None
    assert isinstance(sign_in(office, EMAIL), str)
    assert (mails(office)[-1].recipient, mails(office)[-1].kind) == (
        youth.email, "youth_email_changed",
    )  # fmt: skip


def test_an_address_that_is_taken_is_answered_alike_and_gets_no_mail(office: Office) -> None:
    youth, other = make_member(office, linked=False), make_member(office, linked=False)
    with unit_of_work(office.engine) as connection:
        refused = ask_email_change(
            connection, office.keys, member_id=youth.member_id, email=other.email, network=NETWORK
        )
    assert refused is None
    assert [mail.recipient for mail in mails(office)] == [youth.email]


def asked_change(office: Office, youth: Youth) -> str:
    """The secret of the link that confirms EMAIL as this member's."""
    with unit_of_work(office.engine) as connection:
        ask_email_change(
            connection, office.keys, member_id=youth.member_id, email=EMAIL, network=NETWORK
        )
    return secret_of(office, mails(office)[-1])


def confirm(office: Office, secret: str) -> Refused | None:
    with unit_of_work(office.engine) as connection:
        return confirm_email(connection, secret=secret)


def test_a_forgotten_passwords_reset_ends_a_change_of_address(office: Office) -> None:
    youth = make_member(office, linked=False)
    change = asked_change(office, youth)
    ask(office, youth.email)
    assert isinstance(choose(office, secret_of(office, mails(office)[-1]), OTHER), MemberPassword)
    assert confirm(office, change) == Refused("link_unknown")
    assert isinstance(sign_in(office, youth.email, OTHER), str)


def test_a_password_that_is_changed_ends_a_change_of_address(office: Office) -> None:
    youth = make_member(office, linked=False)
    change = asked_change(office, youth)
    here = open_member_session(office, youth)
    with unit_of_work(office.engine) as connection:
        session = session_of(connection, here, realm="youth")
        assert session is not None
        change_member_password(connection, office.keys, session, old=PASSWORD, new=OTHER)
    assert confirm(office, change) == Refused("link_unknown")


def test_an_address_that_a_sign_up_takes_meanwhile_is_confirmed_no_more(office: Office) -> None:
    youth = make_member(office, linked=False)
    change = asked_change(office, youth)
    ask(office)
    join = secret_of(office, mails(office)[-1])
    with ThreadPoolExecutor(1) as hand:
        with unit_of_work(office.engine) as connection:
            joined = choose_member_password(connection, office.keys, secret=join, password=OTHER)
            late = hand.submit(confirm, office, change)
            until_somebody_waits(office)
        assert late.result(20) == Refused("link_unknown")
    assert isinstance(joined, MemberPassword)
    assert isinstance(sign_in(office, youth.email), str)


def until_somebody_waits(office: Office) -> None:
    """For a lock of this database: no sleep, and no longer than it takes."""
    for _ in range(20_000):
        with unit_of_work(office.engine) as connection:
            waits = connection.execute(
                text(
                    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND datname = current_database())"
                )
            ).scalar_one()
        if waits:
            return
    raise AssertionError("nobody waits")
