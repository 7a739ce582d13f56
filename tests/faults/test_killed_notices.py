"""Killed at every statement between the outbox and the telephone: each notice is told once or
marked, none vanishes; a mail server that is away for an hour delays and loses nothing."""

from __future__ import annotations

from datetime import timedelta

from cardservice.db.queries.turns import NOTICES, wait_for_turn
from cardservice.domain.mail import MailServerAway
from cardservice.services.post_mail import post_one_mail
from cardservice.services.push_notice import push_one_notice
from cardservice.services.tell_notices import tell_notices
from tests.conftest import A_MORNING
from tests.counter import counter
from tests.faults.kill_points import dies_at
from tests.services.at_the_door import rows
from tests.services.push_service import opened_push_service
from tests.services.told import carrier, make_payer, push, subscribe, tell

__all__ = ["counter"]
_MOST_POINTS = 60


def everywhere(work, office):
    """Kills the work at its first point, its second, and so on, until it is done alive."""
    for point in range(1, _MOST_POINTS):
        if not dies_at(point, work, url=office.database_url):
            return point - 1
    raise AssertionError("the work never came to its end")


def test_a_mover_killed_anywhere_tells_each_debit_once(office, counter):
    payer = make_payer(office, counter)
    subscribe(office, payer.youth, "http://127.0.0.1:1/a")
    subscribe(office, payer.youth, "http://127.0.0.1:1/b")
    paid = {payer.pay(100 + cents).operation_id for cents in range(5)}
    assert everywhere(tell_notices, office) > 5
    told = rows(office, "SELECT operation_id FROM notice")
    assert len(told) == 5 and {one.operation_id for one in told} == paid
    assert rows(office, "SELECT count(*) FROM waiting_push") == [(10,)]
    assert rows(office, "SELECT count(*) FROM waiting_mail") == [(5,)]
    assert rows(office, "SELECT count(*) FROM notification_outbox") == [(0,)]


def test_a_pusher_killed_anywhere_loses_no_push_and_shows_none_twice(office, counter, clock):
    payer = make_payer(office, counter)
    with opened_push_service() as service:
        browser = subscribe(office, payer.youth, f"{service.origin}/a")
        for cents in (100, 200, 300):
            payer.pay(cents)
        tell(office)
        carry = carrier(office)
        killed = everywhere(lambda engine: push_one_notice(engine, carry), office)
        # Whoever was killed had put the push off before trying it.
        for minutes in (1, 10, 100):
            clock.set(A_MORNING + timedelta(minutes=minutes))
            push(office)
    shown = [browser.read(body)["etiquette"] for _, _, body in service.taken]
    assert killed > 3
    assert len(set(shown)) == 3, "each came, under its own tag"
    assert rows(office, "SELECT count(*) FROM waiting_push") == [(0,)]


def test_two_movers_at_once_tell_each_debit_once(office, counter):
    payer = make_payer(office, counter)
    for cents in range(100, 110):
        payer.pay(cents)
    with office.engine.connect() as first, first.begin():
        # Somebody is at it, and has told nothing yet.
        wait_for_turn(first, NOTICES)
        assert tell_notices(office.engine) is False
    tell(office)
    assert rows(office, "SELECT count(*), count(DISTINCT operation_id) FROM notice") == [(10, 10)]


def test_a_mail_server_away_for_a_busy_hour_delays_every_notice_and_loses_none(
    office, counter, clock
):
    payer = make_payer(office, counter)

    def away(_):
        raise MailServerAway

    paid = []
    for minute in range(0, 60, 3):
        clock.set(A_MORNING + timedelta(minutes=minute))
        paid.append(payer.pay(100 + minute).operation_id)
        tell(office)
        # The postman ends his round when the server is away; he tries again each second.
        for _ in range(3):
            post_one_mail(office.engine, office.keys, away)
    clock.set(A_MORNING + timedelta(minutes=60))
    sent = []
    for minutes in range(61, 130):
        clock.set(A_MORNING + timedelta(minutes=minutes))
        while post_one_mail(office.engine, office.keys, sent.append):
            pass
    assert len(sent) == len({mail.mail_id for mail in sent}) == len(paid) == 20
    assert rows(office, "SELECT count(*) FROM waiting_mail") == [(0,)]
    assert rows(office, "SELECT count(*) FROM notice") == [(20,)]
