"""Pushes: a service that is away or slow holds up nobody else, and a session's end is the end."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.members import member_of_id
from cardservice.domain.push import KNOWN_HOSTS, Push, PushServiceAway, is_host, may_be_pushed_to
from cardservice.services.choose_notices import PushAddress, add_push_browser
from cardservice.services.push_notice import push_one_notice
from cardservice.services.web_sessions import (
    end_session,
    end_session_named,
    end_sessions,
    prove_session,
    session_of,
    start_session,
)
from tests.conftest import A_MORNING
from tests.counter import counter
from tests.portals.youth.people import make_member
from tests.services.at_the_door import rows
from tests.services.push_service import Browser
from tests.services.told import carrier, make_payer, push, subscribe, tell

__all__ = ["counter"]


@pytest.fixture
def payer(office, counter):
    return make_payer(office, counter)


def test_a_try_is_counted_and_put_off_before_it_is_made(office, payer):
    subscribe(office, payer.youth, "https://alive.example/x")
    payer.pay()
    tell(office)
    seen = []

    def carry(_):
        # Another connection sees it, and nobody's transaction holds the row.
        seen.extend(
            rows(
                office,
                "SELECT tries, next_try_at > ledger_now() AS is_put_off FROM waiting_push"
                " FOR UPDATE NOWAIT",
            )
        )
        raise SystemExit

    with pytest.raises(SystemExit):
        push_one_notice(office.engine, carry)
    assert seen == [(1, True)]
    assert push_one_notice(office.engine, carry) is False


def test_a_service_that_is_away_is_left_alone_and_the_others_go_on(office, payer, clock):
    for number in range(5):
        subscribe(office, payer.youth, f"https://dead.example/{number}")
    payer.pay()
    tell(office)
    clock.set(A_MORNING + timedelta(seconds=1))
    subscribe(office, make_member(office), "https://nobody.example/x")
    subscribe(office, payer.youth, "https://alive.example/x")
    payer.pay()
    tell(office)
    asked = []

    def carry(one):
        asked.append(one.endpoint)
        if "dead" in one.endpoint:
            raise PushServiceAway

    push(office, carry)
    assert asked == ["https://dead.example/0", "https://alive.example/x"]
    clock.set(A_MORNING + timedelta(seconds=18))
    push(office, carry)
    assert len(asked) == 3 and "dead" in asked[2]


def test_while_a_service_is_tried_another_pusher_takes_another_service(office, payer, clock):
    for number in range(2):
        subscribe(office, payer.youth, f"https://slow.example/{number}")
    payer.pay()
    tell(office)
    clock.set(A_MORNING + timedelta(seconds=1))
    payer.youth = other = make_member(office)
    subscribe(office, other, "https://alive.example/x")
    payer.pay()
    tell(office)
    meanwhile = []

    def slow(_):
        push_one_notice(office.engine, lambda one: meanwhile.append(one.endpoint))
        raise PushServiceAway

    push_one_notice(office.engine, slow)
    assert meanwhile == ["https://alive.example/x"]


def test_one_deadline_holds_for_all_addresses_of_a_service(office, monkeypatch):
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    callers = [socket.socket() for _ in range(4)]
    for caller in callers:
        caller.setblocking(False)
        caller.connect_ex(full.getsockname())
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", full.getsockname())
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address] * 8)
    assert _seconds_of_a_push(office) < 1.5
    for one in (full, *callers):
        one.close()


def test_a_resolver_that_says_nothing_is_not_waited_for(office, monkeypatch):
    let_go = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: let_go.wait(20) and [])
    assert _seconds_of_a_push(office) < 1.5
    let_go.set()


def _seconds_of_a_push(office):
    browser = Browser()
    facts = {"amount_cents": 1, "wallet": "tutoring", "at": "2026-11-22T10:00:00+00:00"}
    one = Push(
        1, 1, "https://push.example/x", browser.p256dh, browser.auth, "debit", facts, False, 1
    )
    begun = time.monotonic()
    with pytest.raises(PushServiceAway):
        carrier(office, hosts=("push.example",), seconds=0.5)(one)
    return time.monotonic() - begun


@pytest.mark.parametrize("way", ["out", "named", "all", "closed"])
def test_a_browser_whose_session_ends_takes_no_more_pushes(office, payer, way):
    whose = {"member_id": payer.youth.member_id}
    browser = Browser()
    address = PushAddress(
        "https://fcm.googleapis.com/a", browser.p256dh, browser.auth, "Firefox", False
    )
    with unit_of_work(office.engine) as connection:
        member = member_of_id(connection, payer.youth.member_id)
        secret = start_session(connection, realm="youth", stage="open", browser="", **whose)
        session = session_of(connection, secret, realm="youth")
    add_push_browser(office.engine, member, address, hosts=KNOWN_HOSTS, session=session)
    with unit_of_work(office.engine) as connection:
        fresh = prove_session(connection, session)
        session = session_of(connection, fresh, realm="youth")
    payer.pay()
    tell(office)
    assert rows(office, "SELECT count(*) FROM waiting_push") == [(1,)], "a new secret is no end"
    with unit_of_work(office.engine) as connection:
        if way == "out":
            end_session(connection, session)
        elif way == "named":
            assert end_session_named(connection, handle=session.handle, **whose)
        elif way == "all":
            end_sessions(connection, **whose)
        else:
            connection.execute(text("DELETE FROM member"))
    assert rows(office, "SELECT 1 FROM push_subscription UNION SELECT 1 FROM waiting_push") == []


@pytest.mark.parametrize("host", ["push..example", "-a.example", "a;.push.example", "*.", ".b"])
def test_what_is_no_name_of_a_host_is_neither_listed_nor_called(host):
    assert not is_host(host)
    assert not may_be_pushed_to(f"https://{host}/a", (host, "*.push.example", "*.example"))
