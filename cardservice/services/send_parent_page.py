"""Sends a parent the link to their page, which needs no password (C16; minors).

The law: it opens the page until the child is of the age that decides alone, or the school year is
over, whichever comes first; a newer one ends the older, but one that somebody asked for by typing
an address does so when it is opened (member_links.py): a stranger takes nobody's page away. Whoever
asks learns nothing of the address, and an address gets a few at most.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.consents import birth_date_of, last_consent, needs_consent
from cardservice.db.queries.scheme import rule_number
from cardservice.domain.calendar import age_on, day_starts_at, format_day
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.mail_guard import count_ask, may_mail
from cardservice.services.member_links import make_member_link
from cardservice.services.write_mail import write_mail


def send_parent_page(
    connection: Connection,
    keys: Keys,
    *,
    member_id: int,
    parent_email: str,
    ends_older: bool = True,
) -> bool:
    """Whether a mail was written: not for a child who has come of the age."""
    born, last = birth_date_of(connection, member_id), last_consent(connection, member_id)
    if born is None or last is None or not needs_consent(connection, born):
        return False
    last_day = _last_day(connection, born)
    nonce = make_member_link(
        connection,
        keys,
        purpose="parent",
        email=parent_email,
        member_id=member_id,
        expires_at=_midnight_after(last_day),
        ends_older=ends_older,
    )
    write_mail(
        connection,
        recipient=parent_email,
        kind="parent_page",
        facts={"last_day": format_day(last_day), "agreed": last.state == "given"},
        link_nonce=nonce,
    )
    return True


def send_asked_parent_page(
    engine: Engine, keys: Keys, *, parent_email: str, network: str
) -> Refused | None:
    """A new link for each child of whoever has answered from this address; nothing for others.

    Refused: mails_delayed, for the network alone.
    """
    address = parent_email.strip().lower()
    with unit_of_work(engine) as connection:
        delayed = count_ask(connection, keys, network)
        if delayed is not None:
            return delayed
        if not may_mail(connection, keys, address):
            return None
        children = connection.execute(
            text(
                "SELECT DISTINCT ON (member_id) member_id FROM parent_consent"
                " WHERE parent_email = :address AND state IN ('given', 'refused', 'withdrawn')"
                " ORDER BY member_id, consent_id DESC LIMIT 20"
            ),
            {"address": address},
        )
        for member_id in list(children.scalars()):
            send_parent_page(
                connection, keys, member_id=member_id, parent_email=address, ends_older=False
            )
    return None


def _last_day(connection: Connection, born: date) -> date:
    """The day before the birthday, or the school year's last; before a year begins, that year's."""
    today = paris_today(connection)
    alone_at = rule_number(connection, "consent_age", today)
    birthday = today + timedelta(days=1)
    while age_on(born, birthday) < alone_at:
        birthday += timedelta(days=1)
    year_ends: date | None = connection.execute(
        text("SELECT min(last_day) FROM school_year WHERE last_day >= :today"), {"today": today}
    ).scalar_one()
    return min(birthday - timedelta(days=1), year_ends or birthday)


def _midnight_after(day: date) -> datetime:
    return day_starts_at(day + timedelta(days=1))
