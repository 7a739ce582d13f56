"""Notices: what the outbox holds is told once, on each channel that is on (C59)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from cardservice.adapters.push.vapid import push_key
from cardservice.db.engine import unit_of_work
from cardservice.db.queries.members import member_of_id
from cardservice.domain.push import PushServiceAway
from cardservice.services import tell_notices
from cardservice.services.choose_notices import NoticeChoice, choose_notices, read_notices
from cardservice.services.erase_person import Whom, erase_person
from cardservice.services.post_mail import post_one_mail
from cardservice.services.push_notice import GIVEN_UP_AFTER
from cardservice.services.remind_of_year_end import _remind_of, _years, remind_of_year_end
from cardservice.services.write_mail import write_mail
from tests.conftest import A_MORNING
from tests.counter import counter
from tests.portals.youth.people import make_member
from tests.services.at_the_door import rows
from tests.services.push_service import claims_of, opened_push_service
from tests.services.told import carrier, make_payer, push, subscribe, tell

__all__ = ["counter"]


def change(office, statement, **values):
    with unit_of_work(office.engine) as connection:
        connection.execute(text(statement), values)


def settings_of(office, youth, **columns):
    what = ", ".join(f"{name} = :{name}" for name in columns)
    change(
        office,
        f"UPDATE member SET {what} WHERE member_id = :member_id",
        member_id=youth.member_id,
        **columns,
    )


def notices(office):
    return rows(office, "SELECT kind, subject, facts FROM notice ORDER BY notice_id")


def outbox(office):
    return rows(office, "SELECT operation_id FROM notification_outbox")


@pytest.fixture
def payer(office, counter):
    return make_payer(office, counter)


def test_a_debit_becomes_one_notice_and_its_outbox_row_goes(office, payer):
    debit = payer.pay()
    assert len(outbox(office)) == 1
    tell(office)
    ((kind, subject, facts),) = notices(office)
    assert (kind, subject) == ("debit", str(debit.operation_id))
    assert facts["amount_cents"] == 1_055 and facts["wallet"] == "sport_culture_leisure"
    assert datetime.fromisoformat(facts["at"]) == debit.accepted_at
    assert set(facts) == {"amount_cents", "wallet", "at"}, "no name, no place, no balance"
    assert outbox(office) == []


def test_a_cancellation_is_told_too(office, payer):
    debit = payer.pay()
    payer.counter.cancel(payer.till, debit.operation_id)
    tell(office)
    assert [one.kind for one in notices(office)] == ["debit", "cancellation"]


def test_of_whoever_is_no_member_nothing_is_kept(office, payer):
    change(office, "DELETE FROM member")
    payer.pay()
    tell(office)
    assert (notices(office), outbox(office)) == ([], [])
    assert rows(office, "SELECT 1 FROM waiting_mail UNION ALL SELECT 1 FROM waiting_push") == []


def test_a_batch_of_strangers_is_no_sign_that_nothing_waits(office, payer, monkeypatch):
    monkeypatch.setattr(tell_notices, "MOST_AT_ONCE", 3)
    change(office, "UPDATE member SET beneficiary_id = NULL, linked_at = NULL")
    for _ in range(3):
        payer.pay()
    assert tell_notices.tell_notices(office.engine) is True
    assert tell_notices.tell_notices(office.engine) is False


def test_a_push_can_be_read_by_its_browser_alone_and_says_who_sends_it(office, payer):
    with opened_push_service() as service:
        browser = subscribe(office, payer.youth, f"{service.origin}/a?b=c")
        payer.pay()
        tell(office)
        push(office)
    ((path, headers, body),) = service.taken
    (notice_id,) = rows(office, "SELECT notice_id FROM notice")[0]
    assert path == "/a?b=c"
    told = browser.read(body)
    assert told["titre"] == "Tu as payé 10,55\u00a0€"
    assert told["etiquette"] == f"avis-{notice_id}" == headers["Topic"]
    claims = claims_of(headers["Authorization"], push_key(office.keys).public)
    assert claims["aud"] == service.origin and claims["sub"] == "mailto:carte@dep13.example"
    assert headers["Content-Encoding"] == "aes128gcm" and headers["TTL"] == "86400"
    assert b"10,55" not in body
    assert rows(office, "SELECT push_id FROM waiting_push") == []


def test_a_discreet_push_names_no_amount(office, payer):
    with opened_push_service() as service:
        browser = subscribe(office, payer.youth, f"{service.origin}/a", is_discreet=True)
        payer.pay()
        tell(office)
        push(office)
    told = json.dumps(browser.read(service.taken[0][2]), ensure_ascii=False)
    assert "Ta carte a bougé" in told and "10,55" not in told and "Sport" not in told


def test_a_service_that_cuts_the_line_gets_the_same_notice_under_the_same_tag(office, payer, clock):
    with opened_push_service() as service:
        service.answers = ["cut"]
        browser = subscribe(office, payer.youth, f"{service.origin}/a")
        payer.pay()
        tell(office)
        push(office)
        clock.set(A_MORNING + timedelta(minutes=1))
        push(office)
    first, second = (browser.read(body)["etiquette"] for _, _, body in service.taken)
    assert first == second
    assert rows(office, "SELECT push_id FROM waiting_push") == []


@pytest.mark.parametrize("answer", [404, 410])
def test_a_browser_that_has_left_is_forgotten_with_all_that_waits_for_it(office, payer, answer):
    with opened_push_service() as service:
        service.answers = [answer]
        subscribe(office, payer.youth, f"{service.origin}/a")
        payer.pay()
        payer.pay(200)
        tell(office)
        push(office)
    assert rows(office, "SELECT 1 FROM push_subscription") == []
    assert rows(office, "SELECT 1 FROM waiting_push") == [] and len(service.asked) == 1


@pytest.mark.parametrize("answer", [301, 307, 400, 403, 413])
def test_what_the_service_refuses_is_marked_and_no_redirect_is_followed(office, payer, answer):
    with opened_push_service() as service:
        service.answers = [answer]
        subscribe(office, payer.youth, f"{service.origin}/a")
        payer.pay()
        tell(office)
        push(office)
    (row,) = rows(office, "SELECT given_up_at, tries FROM waiting_push")
    assert row.given_up_at is not None and row.tries == 1
    assert service.asked == ["/a"]


def test_a_silent_service_is_left_and_asked_again_until_a_day_is_over(office, payer, clock):
    with opened_push_service() as service:
        service.answers = ["silent"]
        subscribe(office, payer.youth, f"{service.origin}/a")
        payer.pay()
        tell(office)
        push(office, carrier(office, seconds=0.3))
    (row,) = rows(office, "SELECT given_up_at, tries FROM waiting_push")
    assert row.given_up_at is None and row.tries == 1

    def away(_):
        raise PushServiceAway

    clock.set(A_MORNING + GIVEN_UP_AFTER + timedelta(minutes=1))
    push(office, away)
    (row,) = rows(office, "SELECT given_up_at, tries FROM waiting_push")
    assert row.given_up_at is not None and row.tries == 2


def test_an_address_that_is_not_listed_is_never_called(office, payer):
    with opened_push_service() as service:
        subscribe(office, payer.youth, f"{service.origin}/a")
        payer.pay()
        tell(office)
        push(office, carrier(office, hosts=("push.example",)))
    assert service.asked == []
    assert rows(office, "SELECT given_up_at FROM waiting_push")[0].given_up_at is not None


# Channels and quiet hours


def test_a_channel_that_is_off_gets_nothing(office, payer):
    settings_of(office, payer.youth, notices_by_push=False, notices_by_mail=False)
    subscribe(office, payer.youth, "http://127.0.0.1:1/a")
    payer.pay()
    tell(office)
    assert len(notices(office)) == 1
    assert rows(office, "SELECT 1 FROM waiting_mail UNION ALL SELECT 1 FROM waiting_push") == []


def test_quiet_hours_move_push_and_mail_to_their_end_and_not_the_notice(office, payer):
    settings_of(office, payer.youth, quiet_from=time(10), quiet_until=time(14))
    subscribe(office, payer.youth, "http://127.0.0.1:1/a")
    payer.pay()
    tell(office)
    (pushed,) = rows(office, "SELECT next_try_at FROM waiting_push")
    (mailed,) = rows(office, "SELECT next_try_at FROM waiting_mail")
    assert len(notices(office)) == 1
    assert pushed == mailed
    assert f"{pushed.next_try_at.astimezone(UTC):%H:%M}" == "13:00"


def test_a_mail_says_amount_wallet_and_hour_and_no_name(office, payer):
    payer.pay()
    tell(office)
    sent = []
    while post_one_mail(office.engine, office.keys, sent.append):
        pass
    (mail,) = sent
    assert (mail.recipient, mail.kind) == (payer.youth.email, "youth_moved")
    assert set(mail.facts) == {"moved", "amount", "wallet", "at"}


# The end of the year


def at_noon(day):
    return datetime.fromisoformat(f"{day}T10:00:00+00:00")


def test_the_year_end_is_told_60_30_7_and_1_days_before_once_each(office, clock):
    make_member(office)
    told = []
    for day in range(70):
        clock.set(at_noon("2027-06-25") + timedelta(days=day))
        for _ in range(2):
            if remind_of_year_end(office.engine):
                told.append(f"{at_noon('2027-06-25') + timedelta(days=day):%d/%m}")
    assert told == ["02/07", "01/08", "24/08", "30/08"]
    assert [one.facts["days"] for one in notices(office)] == [60, 30, 7, 1]
    assert notices(office)[0].facts["left"] == {"sport_culture_leisure": 10_000, "tutoring": 5_000}
    assert rows(office, "SELECT count(*) FROM waiting_mail WHERE kind = 'youth_year_end'") == [(4,)]


def test_nobody_is_reminded_before_ten_in_the_morning(office, clock):
    make_member(office)
    clock.set(datetime(2027, 7, 2, 7, 59, tzinfo=UTC))
    assert remind_of_year_end(office.engine) == 0
    clock.set(datetime(2027, 7, 2, 8, 0, tzinfo=UTC))
    assert remind_of_year_end(office.engine) == 1


def test_where_nothing_is_left_nothing_is_said(office, clock, payer):
    payer.pay(10_000)
    answer = payer.counter.debit(payer.till, payer.youth.held, 5_000, wallet="tutoring")
    assert answer.outcome == "approved"
    clock.set(at_noon("2027-08-24"))
    assert remind_of_year_end(office.engine) == 0


def test_a_worker_that_slept_over_the_day_says_the_days_that_are_left(office, clock):
    make_member(office)
    clock.set(at_noon("2027-08-26"))
    assert remind_of_year_end(office.engine) == 1
    assert notices(office)[0].facts["days"] == 5 and notices(office)[0].subject == "2026:7"


def test_an_erasure_waits_for_the_reminder_and_leaves_nothing_of_it(office, clock):
    youth = make_member(office)
    clock.set(at_noon("2027-07-02"))
    erase = partial(
        erase_person,
        office.engine,
        office.keys,
        Whom(member_id=youth.member_id),
        actor="member:1",
        forget_mail=lambda _: None,
    )
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(office.engine) as connection:
            for year, last_day in _years(connection, at_noon("2027-07-02")):
                assert _remind_of(connection, year, last_day, today=date(2027, 7, 2)) == 1
            erasing = pool.submit(erase)
            with pytest.raises(TimeoutError):
                erasing.result(0.5)
        erasing.result(20)
    assert rows(office, "SELECT 1 FROM waiting_mail UNION ALL SELECT 1 FROM notice") == []


def test_of_an_erased_person_nothing_is_told(office, payer):
    debit = payer.pay()
    tell(office)
    whom = Whom(member_id=payer.youth.member_id)
    erase_person(office.engine, office.keys, whom, actor="member:1", forget_mail=lambda _: None)
    payer.counter.cancel(payer.till, debit.operation_id)
    tell(office)
    assert notices(office) == [] and outbox(office) == []


# What is switched off, ended or not shown


def test_mail_that_is_switched_off_is_not_sent_any_more(office, payer):
    payer.pay()
    tell(office)
    with unit_of_work(office.engine) as connection:
        member = member_of_id(connection, payer.youth.member_id)
        write_mail(connection, recipient=payer.youth.email, kind="youth_sign_up", facts={})
    choose_notices(office.engine, member, NoticeChoice(True, True, False, None, None))
    assert rows(office, "SELECT kind FROM waiting_mail") == [("youth_sign_up",)]


def test_a_notice_that_was_not_shown_is_not_read(office, payer):
    payer.pay()
    tell(office)
    ((shown,),) = rows(office, "SELECT notice_id FROM notice")
    payer.pay(700)
    tell(office)
    read_notices(office.engine, payer.youth.held.holder.beneficiary_id, newest=shown)
    assert rows(office, "SELECT notice_id FROM notice WHERE read_at IS NOT NULL") == [(shown,)]


def test_a_link_is_mailed_before_the_notices_that_wait_longer(office, payer):
    payer.pay()
    tell(office)
    with unit_of_work(office.engine) as connection:
        write_mail(
            connection,
            recipient="a@b.example",
            kind="youth_sign_up",
            facts={},
            link_nonce=b"1" * 16,
        )
    sent = []
    while post_one_mail(office.engine, office.keys, sent.append):
        pass
    assert [mail.kind for mail in sent] == ["youth_sign_up", "youth_moved"]
