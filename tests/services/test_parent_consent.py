"""Under fifteen one parent decides: asked once at a time, kept as evidence, undone at will."""

import hashlib
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import youth_portal
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.consents import consent_state, last_consent
from cardservice.db.queries.members import member_of_id
from cardservice.domain.derived_secret import derived_secret
from cardservice.domain.refusal import Refused
from cardservice.services import activate_own_card as own
from cardservice.services import mail_guard
from cardservice.services.activate_card import activate_card
from cardservice.services.answer_consent import (
    WORDS_VERSION,
    Agreement,
    Answered,
    give_consent,
    refuse_consent,
)
from cardservice.services.ask_parent import MOST_A_DAY, Asked, ask_parent
from cardservice.services.grow_up import grow_up
from cardservice.services.member_links import MEMBER_LINK, open_parent_link
from cardservice.services.pause_card import pause_card_of
from cardservice.services.resume_card import resume_card_of
from cardservice.services.say_who import Said, WhoSaid, say_who
from cardservice.services.send_parent_page import send_asked_parent_page
from cardservice.services.web_sessions import session_of
from tests.conftest import A_MORNING
from tests.makers import make_beneficiary, make_card
from tests.portals.youth.people import make_member, open_member_session
from tests.services.parents_mail import last_link_to, mails_to

PARENT = "parent@mail.example"
NETWORK = "192.0.2.7"
FOURTEEN = date(2011, 11, 23)
AGREEMENT = Agreement("Claire Martin", has_authority=True, browser="Firefox sur Android")


def child(office, *, linked=False, birth_date=FOURTEEN):
    """A member who is fifteen tomorrow, or whoever the arguments say."""
    if not linked:
        return make_member(office, linked=False, birth_date=birth_date)
    holder = make_beneficiary(office, birth_date=birth_date.isoformat())
    return make_member(office, card=make_card(office, holder))


def ask(office, member, address=PARENT, network=NETWORK):
    return ask_parent(
        office.engine,
        office.keys,
        member_id=member.member_id,
        parent_email=address,
        network=network,
    )


def give(office, secret, agreement=AGREEMENT):
    return give_consent(office.engine, office.keys, secret=secret, agreement=agreement)


def refuse(office, secret):
    return refuse_consent(office.engine, office.keys, secret=secret)


def asked(office, member):
    assert isinstance(ask(office, member), Asked)
    return last_link_to(office, PARENT, "parent_consent")


def agreed(office, member):
    """The secret of the parent's page."""
    assert give(office, asked(office, member)) == Answered("given")
    return last_link_to(office, PARENT, "parent_page")


def state(office, member):
    """Asked alone, and as every page of a youth asks it with the person."""
    with unit_of_work(office.engine) as connection:
        found = consent_state(connection, member.member_id)
        person = member_of_id(connection, member.member_id)
    assert person is None or person.needs_consent == (found not in ("not_needed", "given"))
    return found


def card_state(office, member):
    with unit_of_work(office.engine) as connection:
        return connection.execute(
            text("SELECT state FROM card WHERE card_id = :card_id"),
            {"card_id": member.held.card_id},
        ).scalar_one()


def mail_kinds(office):
    with unit_of_work(office.engine) as connection:
        return list(
            connection.execute(text("SELECT kind FROM waiting_mail ORDER BY mail_id")).scalars()
        )


def page_links(office):
    with unit_of_work(office.engine) as connection:
        nonces = connection.execute(
            text("SELECT nonce FROM member_link WHERE purpose = 'parent' AND used_at IS NULL")
        )
        return [
            derived_secret(office.keys, MEMBER_LINK, bytes(nonce)) for nonce in nonces.scalars()
        ]


def opens(office, page):
    with unit_of_work(office.engine) as connection:
        return open_parent_link(connection, page) is not None


def balances(office):
    with unit_of_work(office.engine) as connection:
        return connection.execute(
            text("SELECT wallet, balance_cents FROM wallet ORDER BY wallet")
        ).all()


def test_the_day_of_the_fifteenth_birthday_in_paris_decides(office, clock):
    member = child(office)
    # 23:59 in Paris, then midnight: in UTC it is the same day.
    clock.set(datetime(2026, 11, 22, 22, 59, tzinfo=UTC))
    assert state(office, member) == "missing"
    clock.set(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))
    assert state(office, member) == "not_needed"
    assert ask(office, member) == Refused("consent_not_needed")


def test_before_the_birth_date_is_told_nothing_is_known(office):
    member = make_member(office, linked=False, told=False)
    assert state(office, member) == "missing"
    assert ask(office, member) == Refused("consent_not_needed")


def test_a_parent_agrees_and_the_evidence_is_kept(office):
    member = child(office)
    secret = asked(office, member)
    assert state(office, member) == "asked"
    assert give(office, secret) == Answered("given")
    assert state(office, member) == "given"
    with unit_of_work(office.engine) as connection:
        kept = last_consent(connection, member.member_id)
    assert (kept.parent_email, kept.parent_name) == (PARENT, "Claire Martin")
    assert kept.words_version == WORDS_VERSION
    assert give(office, secret) == Refused("link_unknown")
    assert ask(office, member) == Refused("consent_given")


@pytest.mark.parametrize(
    ("agreement", "code"),
    [
        (Agreement("  ", True, ""), "parent_name_malformed"),
        (Agreement("x" * 81, True, ""), "parent_name_malformed"),
        (Agreement("Claire Martin", False, ""), "parent_authority_needed"),
    ],
)
def test_an_agreement_that_is_not_whole_is_none(office, agreement, code):
    member = child(office)
    assert give(office, asked(office, member), agreement) == Refused(code)
    assert state(office, member) == "asked"


def test_a_refusal_closes_the_member_and_leaves_the_money(office):
    member = child(office, linked=True)
    session = open_member_session(office, member)
    money = balances(office)
    assert refuse(office, asked(office, member)) == Answered("refused")
    with unit_of_work(office.engine) as connection:
        assert member_of_id(connection, member.member_id) is None
        assert session_of(connection, session, realm="youth") is None
    assert state(office, member) == "refused"
    assert card_state(office, member) == "paused"
    assert balances(office) == money


def test_what_was_given_can_be_withdrawn_and_given_again(office):
    member = child(office, linked=True)
    page = agreed(office, member)
    assert refuse(office, page) == Answered("withdrawn")
    assert refuse(office, page) == Answered("withdrawn")
    assert state(office, member) == "refused"
    assert card_state(office, member) == "paused"
    assert give(office, page) == Answered("given")
    with unit_of_work(office.engine) as connection:
        assert member_of_id(connection, member.member_id) is not None
        rows = connection.execute(
            text("SELECT state FROM parent_consent WHERE member_id = :id ORDER BY consent_id"),
            {"id": member.member_id},
        )
        assert list(rows.scalars()) == ["withdrawn", "given"]
    # The parent's pause is the parent's to end.
    assert card_state(office, member) == "paused"
    ended = resume_card_of(
        office.engine,
        beneficiary_id=member.held.holder.beneficiary_id,
        actor="parent:1",
        paused_by="parent",
    )
    assert ended.state == "active"


def test_another_parent_who_is_asked_takes_the_place_of_the_first(office):
    member = child(office)
    first = asked(office, member)
    assert isinstance(ask(office, member, "autre@mail.example"), Asked)
    assert give(office, first) == Refused("link_unknown")
    assert give(office, last_link_to(office, "autre@mail.example", "parent_consent")) == Answered(
        "given"
    )
    with unit_of_work(office.engine) as connection:
        kept = connection.execute(
            text("SELECT parent_email FROM parent_consent WHERE state = 'replaced'")
        ).scalar_one()
    assert kept == ""


def test_a_question_is_over_after_a_fortnight_and_can_be_asked_again(office, clock):
    member = child(office, birth_date=date(2012, 6, 1))
    secret = asked(office, member)
    clock.set(datetime(2026, 11, 22, 10, 0, tzinfo=UTC) + timedelta(days=14, minutes=1))
    assert state(office, member) == "missing"
    assert give(office, secret) == Refused("link_unknown")
    assert isinstance(ask(office, member), Asked)


def test_a_member_mails_to_parents_a_few_times_a_day(office):
    member = child(office)
    for number in range(MOST_A_DAY):
        assert isinstance(ask(office, member, f"p{number}@mail.example"), Asked)
    assert ask(office, member) == Refused("parent_asked_enough", {"most": MOST_A_DAY})
    assert mails_to(office, PARENT) == 0


def test_a_network_that_asks_without_end_waits(office, monkeypatch):
    monkeypatch.setattr(mail_guard, "MOST_ASKED", 5)
    answers = [ask(office, child(office), f"p{number}@mail.example") for number in range(7)]
    assert all(isinstance(one, Asked) for one in answers[:5])
    assert answers[5:] == [Refused("mails_delayed", {"wait": "15\u00a0min"})] * 2


def test_many_members_do_not_mail_one_address_without_end(office):
    for number in range(3):
        member = child(office)
        answers = [ask(office, member, network=f"192.0.2.{number}") for _ in range(2)]
    assert mails_to(office, PARENT) == mail_guard.MOST_AN_HOUR
    assert answers == [Refused("parent_asked_enough", {"most": mail_guard.MOST_AN_HOUR})] * 2


@pytest.mark.parametrize("address", ["", "pas une adresse", "a@b", "é@mail.example"])
def test_what_is_no_address_is_not_mailed_to(office, address):
    assert ask(office, child(office), address) == Refused("parent_email_malformed")


def test_nobody_is_their_own_parent(office):
    member = child(office)
    name, domain = member.email.split("@")
    for address in (member.email.upper(), f"{name}+maman@{domain}"):
        assert ask(office, member, address) == Refused("parent_email_own")


@pytest.mark.parametrize("names", [("Zoé", "Durand"), ("ZOE", "durand")])
def test_a_pupils_address_of_the_roster_is_told_in_that_mailbox_alone(office, names):
    member = child(office)
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text(
                "UPDATE member SET first_name = :first, last_name = :last"
                " WHERE member_id = :member_id"
            ),
            {"first": names[0], "last": names[1], "member_id": member.member_id},
        )
    make_beneficiary(
        office, first_name="Zoé", last_name="Durand", birth_date=FOURTEEN.isoformat(),
        email="Zoe.Durand@mail.example",
    )  # fmt: skip
    assert isinstance(ask(office, member, "zoe.durand+papa@mail.example"), Asked)
    assert isinstance(ask(office, member), Asked)
    assert mail_kinds(office) == ["parent_address_wanted", "parent_consent"]


def test_the_roster_address_of_somebody_else_is_a_parents_like_any(office):
    make_beneficiary(office, birth_date="2010-01-02", email=PARENT)
    assert isinstance(ask(office, child(office)), Asked)
    assert mail_kinds(office) == ["parent_consent"]


def test_a_parents_page_ends_with_the_fifteenth_birthday(office, clock):
    member = child(office)
    page = agreed(office, member)
    clock.set(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))
    assert refuse(office, page) == Refused("link_unknown")


def test_a_parent_asks_for_a_new_link_and_strangers_learn_nothing(office):
    member = child(office)
    page = agreed(office, member)
    before = mails_to(office, PARENT)
    for address in (PARENT, "personne@mail.example"):
        assert (
            send_asked_parent_page(
                office.engine, office.keys, parent_email=address, network=NETWORK
            )
            is None
        )
    assert mails_to(office, PARENT) == before + 1
    assert mails_to(office, "personne@mail.example") == 0
    assert refuse(office, page) == Answered("withdrawn")


def test_a_parents_page_ends_when_a_newer_one_is_opened_and_not_before(office, clock):
    page = agreed(office, child(office))
    clock.set(A_MORNING + timedelta(minutes=1))
    send_asked_parent_page(office.engine, office.keys, parent_email=PARENT, network=NETWORK)
    newer = [secret for secret in page_links(office) if secret != page]
    assert [opens(office, secret) for secret in (page, *newer, page)] == [True, True, False]
    assert opens(office, newer[0])


def test_one_address_is_not_mailed_without_end(office):
    agreed(office, child(office))
    before = mails_to(office, PARENT)
    for number in range(8):
        send_asked_parent_page(
            office.engine, office.keys, parent_email=PARENT, network=f"192.0.2.{number}"
        )
    # The question was mailed to a typed address as well.
    assert mails_to(office, PARENT) == before + mail_guard.MOST_AN_HOUR - 1


def test_two_answers_at_one_instant_are_one(office):
    member = child(office)
    secret = asked(office, member)
    answers = []
    both = threading.Barrier(2)

    def answer(verb):
        both.wait()
        answers.append(verb(office, secret))

    threads = [threading.Thread(target=answer, args=(verb,)) for verb in (give, refuse)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Refused("link_unknown") in answers
    (answered,) = [one for one in answers if isinstance(one, Answered)]
    assert state(office, member) == answered.state


def test_the_words_that_a_parent_agrees_to_have_the_version_that_is_kept():
    words = Path(youth_portal.__file__).parent / "templates" / "parent" / "words.html"
    digest = hashlib.sha256(words.read_bytes()).hexdigest()[:16]
    assert (WORDS_VERSION, digest) == ("2026-11", "78a1dc2881b58792"), (
        "the words have changed: give them a new WORDS_VERSION"
    )


def test_at_fifteen_a_parents_pause_and_closing_end_by_themselves(office, clock):
    member = child(office, linked=True)
    refuse(office, agreed(office, member))
    assert grow_up(office.engine) == 0
    assert card_state(office, member) == "paused"
    clock.set(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))
    assert grow_up(office.engine) == 2
    assert grow_up(office.engine) == 0
    assert card_state(office, member) == "active"
    with unit_of_work(office.engine) as connection:
        assert member_of_id(connection, member.member_id) is not None


def test_a_pause_of_somebody_else_stays_at_fifteen(office, clock):
    member = child(office, linked=True)
    beneficiary_id = member.held.holder.beneficiary_id
    for paused_by in ("parent", "department"):
        pause_card_of(
            office.engine, beneficiary_id=beneficiary_id, actor="test", paused_by=paused_by
        )
    clock.set(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))
    grow_up(office.engine)
    assert card_state(office, member) == "paused"


def child_with_an_issued_card(office, birth_date=FOURTEEN):
    holder = make_beneficiary(office, birth_date=birth_date.isoformat())
    return make_member(office, card=make_card(office, holder, pin=None))


def test_withdrawn_before_activation_the_card_never_pays(office):
    member = child_with_an_issued_card(office)
    page = agreed(office, member)
    refuse(office, page)
    done = activate_card(
        office.engine, office.keys, reading=member.held.code, pin="4826", actor="agent:1"
    )
    assert done.state == card_state(office, member) == "paused"
    give(office, page)
    ended = resume_card_of(
        office.engine,
        beneficiary_id=member.held.holder.beneficiary_id,
        actor="parent:1",
        paused_by="parent",
    )
    assert ended.state == "active"


def test_agreeing_again_lets_a_card_be_activated_that_never_was(office):
    member = child_with_an_issued_card(office)
    page = agreed(office, member)
    refuse(office, page)
    give(office, page)
    done = activate_card(
        office.engine, office.keys, reading=member.held.code, pin="4826", actor="agent:1"
    )
    assert done.state == "active"


def test_withdrawn_while_the_youth_activates_stops_the_card(office, monkeypatch):
    """The parent answers while the youth's activation waits for the card."""
    member = child_with_an_issued_card(office)
    page = agreed(office, member)
    with unit_of_work(office.engine) as connection:
        signed_in = member_of_id(connection, member.member_id)
    lock_card = own.locked_card_of_holder

    def after_the_parent(connection, beneficiary_id):
        assert refuse(office, page) == Answered("withdrawn")
        return lock_card(connection, beneficiary_id)

    monkeypatch.setattr(own, "locked_card_of_holder", after_the_parent)
    done = own.activate_own_card(office.engine, office.keys, member=signed_in, pin="4826")
    assert done == Refused("consent_missing")
    assert card_state(office, member) == "issued"


def test_refusing_removes_the_pictures_that_wait(office):
    member = child(office)
    page = agreed(office, member)
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO proof_file (member_id, kind, image, uploaded_at)"
                " VALUES (:member_id, 'identity', 'x', ledger_now())"
            ),
            {"member_id": member.member_id},
        )
    refuse(office, page)
    with unit_of_work(office.engine) as connection:
        kept = connection.execute(text("SELECT count(*) FROM proof_file")).scalar_one()
    assert kept == 0


def test_the_roster_says_who_is_fifteen_once_linked(office):
    member = child(office, linked=True)
    refuse(office, agreed(office, member))
    with unit_of_work(office.engine) as connection:
        connection.execute(text("UPDATE member SET birth_date = '2011-11-01'"))
    assert grow_up(office.engine) == 0
    with unit_of_work(office.engine) as connection:
        assert member_of_id(connection, member.member_id) is None


@pytest.mark.parametrize(
    ("first_name", "birth_date", "expected"),
    [("Léa", "14/05/2013", "given"), ("Bob", "14/05/2013", "missing"),
     ("Léa", "15/05/2013", "missing")],
)  # fmt: skip
def test_a_consent_is_about_whom_the_parent_read_of(office, first_name, birth_date, expected):
    member = child(office, birth_date=date(2013, 5, 14))
    page = agreed(office, member)
    said = WhoSaid(first_name, "Martin", birth_date, "13080", "Aix-en-Provence", "college")
    with unit_of_work(office.engine) as connection:
        assert isinstance(say_who(connection, member_id=member.member_id, said=said), Said)
    assert state(office, member) == expected
    if expected == "missing":
        assert refuse(office, page) == Refused("link_unknown")
        assert give(office, asked(office, member)) == Answered("given")
