"""A linked youth who pays, with browsers that take pushes: for the tests of notices."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from cardservice.adapters.push.carrier import PushCarrier
from cardservice.adapters.push.vapid import push_key
from cardservice.db.engine import unit_of_work
from cardservice.services.push_notice import push_one_notice
from cardservice.services.tell_notices import tell_notices
from tests import makers
from tests.counter import Counter
from tests.portals.youth.people import Youth, make_member
from tests.services.push_service import Browser


@dataclass
class Payer:
    """`pay` debits at a till that asks for no PIN."""

    counter: Counter
    till: makers.Till
    youth: Youth

    def pay(self, cents=1_055):
        answer = self.counter.debit(self.till, self.youth.held, cents)
        assert answer.outcome == "approved"
        return answer


def make_payer(office, counter) -> Payer:
    return Payer(counter, makers.make_terminal(office), make_member(office))


def subscribe(office, youth, endpoint, *, browser=None, is_discreet=False):
    """A browser of a member, as the portal would have written it down."""
    browser = browser or Browser()
    with unit_of_work(office.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO push_subscription (member_id, endpoint, p256dh, auth, browser,"
                " is_discreet, added_at) VALUES (:member_id, :endpoint, :p256dh, :auth,"
                " 'Firefox sur Android', :is_discreet, ledger_now())"
            ),
            {
                "member_id": youth.member_id,
                "endpoint": endpoint,
                "p256dh": browser.p256dh,
                "auth": browser.auth,
                "is_discreet": is_discreet,
            },
        )
    return browser


def tell(office):
    while tell_notices(office.engine):
        pass


def carrier(office, *, hosts=("127.0.0.1",), seconds=2.0):
    return PushCarrier(push_key(office.keys), hosts, "CJeune <carte@dep13.example>", seconds).carry


def push(office, carry=None):
    carry = carry or carrier(office)
    rounds = 0
    while push_one_notice(office.engine, carry):
        rounds += 1
    return rounds
