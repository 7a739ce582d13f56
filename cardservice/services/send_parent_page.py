"""Sends a parent the link to their page, which needs no password (C16; minors).

The law: it opens the page until the child is of the age that decides alone, or the school year is
over, whichever comes first; a newer one ends the older. Whoever asks for a new one by typing an
address learns nothing of it, and an address gets a few at most.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.consents import birth_date_of, last_consent, needs_consent
from cardservice.db.queries.scheme import rule_number
from cardservice.domain.calendar import age_on, day_starts_at, format_day
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.guess_guard import Guarded, asks_guarded, count_try
from cardservice.services.member_links import make_member_link
from cardservice.services.write_mail import write_mail


def send_parent_page(
    connection: Connection, keys: Keys, *, member_id: int, parent_email: str
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

    Refused: sign_in_delayed, whether the address is a parent's or not.
    """
    address = parent_email.strip().lower()
    with unit_of_work(engine) as connection:
        for guarded in (asks_guarded(keys, network), _address_guarded(keys, address)):
            delayed = count_try(connection, guarded)
            if delayed is not None:
                return delayed
        children = connection.execute(
            text(
                "SELECT DISTINCT ON (member_id) member_id FROM parent_consent"
                " WHERE parent_email = :address AND state IN ('given', 'refused', 'withdrawn')"
                " ORDER BY member_id, consent_id DESC LIMIT 20"
            ),
            {"address": address},
        )
        for member_id in list(children.scalars()):
            send_parent_page(connection, keys, member_id=member_id, parent_email=address)
    return None


def _address_guarded(keys: Keys, address: str) -> Guarded:
    """One address of a parent, as the networks that ask are guarded: a few mails, then a wait."""
    return replace(asks_guarded(keys, f"parent {address}"), free=3, most=6)


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
