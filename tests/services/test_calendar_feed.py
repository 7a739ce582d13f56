"""The secret address of a partner's calendar: one per partner, and an old one that ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.services.calendar_feed import calendar_feed, partner_of_feed
from cardservice.services.renew_calendar_feed import renew_calendar_feed
from cardservice.wiring import Office
from tests.services.street_of_delegates import make_street


def _partner_of(office: Office, secret: str) -> int | None:
    with unit_of_work(office.engine) as connection:
        return partner_of_feed(connection, secret)


def test_a_partner_has_one_address_however_often_it_is_asked_for(office: Office) -> None:
    street = make_street(office)
    partner_id = street.teams[0].partner.partner_id
    with ThreadPoolExecutor(6) as screens:
        found = set(
            screens.map(
                lambda _: calendar_feed(office.engine, office.keys, partner_id=partner_id),
                range(6),
            )
        )
    (secret,) = found
    assert _partner_of(office, secret) == partner_id
    other = calendar_feed(office.engine, office.keys, partner_id=street.teams[1].partner.partner_id)
    assert other != secret


def test_renewing_ends_the_old_address_and_is_noted(office: Office) -> None:
    street = make_street(office)
    lead = street.acting("lead")
    old = calendar_feed(office.engine, office.keys, partner_id=lead.partner_id)
    renew_calendar_feed(office.engine, office.keys, delegate=lead)
    new = calendar_feed(office.engine, office.keys, partner_id=lead.partner_id)
    assert new != old
    assert _partner_of(office, old) is None
    assert _partner_of(office, new) == lead.partner_id
    assert street.count("SELECT count(*) FROM journal WHERE action = 'calendar_feed.renew'") == 1


def test_the_database_holds_nothing_that_opens_the_calendar(office: Office) -> None:
    partner_id = make_street(office).teams[0].partner.partner_id
    secret = calendar_feed(office.engine, office.keys, partner_id=partner_id)
    with unit_of_work(office.engine) as connection:
        stored = connection.execute(text("SELECT * FROM calendar_feed")).one()
    assert secret not in repr(tuple(stored))
    for guess in ("", "x", secret[:-1], secret + "A", secret.lower()):
        assert _partner_of(office, guess) is None
