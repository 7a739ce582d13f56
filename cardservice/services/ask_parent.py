"""Asks one parent of a member under fifteen for their consent, by a mailed link (C16; minors).

The law: one parent is asked at a time; asking again, or somebody else, ends the question and the
link before. A few questions a day for one member, a few mails to one address, and as many from one
network as the other pages give: nobody is mailed at will. The mail names no child.

Nobody is their own parent: an address of the member's own mailbox is refused. That the roster has
it as the pupil's own is told to whoever reads the mail there, and not to whoever typed a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.consents import (
    ANSWERED_WITHIN,
    birth_date_of,
    consent_state,
    needs_consent,
)
from cardservice.db.queries.journal import note
from cardservice.domain.keys import Keys
from cardservice.domain.mailbox import same_mailbox
from cardservice.domain.person_name import same_first_name, same_last_name
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.mail_guard import MOST_AN_HOUR, count_ask, may_mail
from cardservice.services.member_links import make_member_link
from cardservice.services.write_mail import write_mail

MOST_A_DAY: Final = 3
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """To whom the link went, and until when it serves."""

    parent_email: str
    valid_until: datetime


def ask_parent(
    engine: Engine, keys: Keys, *, member_id: int, parent_email: str, network: str
) -> Asked | Refused:
    """`network` is the address that the youth asks from.

    Refused: consent_not_needed (fifteen, or the birth date is not told yet), consent_given,
    parent_email_malformed, parent_email_own, parent_asked_enough, mails_delayed.
    """
    address = parent_email.strip().lower()
    with unit_of_work(engine) as connection:
        email = _locked_email(connection, member_id)
        refused = _refusal(connection, member_id, address, own=email)
        if refused is not None:
            return refused
        delayed = count_ask(connection, keys, network)
        if delayed is not None:
            return delayed
        if not may_mail(connection, keys, address):
            # The question before stands; it says nothing of whose address this is.
            return Refused("parent_asked_enough", {"most": MOST_AN_HOUR})
        valid_until = _ask(connection, member_id, address)
        nonce = make_member_link(
            connection, keys, purpose="consent", email=address, member_id=member_id
        )
        if _is_on_the_roster(connection, member_id, address):
            # The link is made and goes nowhere: this takes as long as any other question.
            write_mail(connection, recipient=address, kind="parent_address_wanted", facts={})
        else:
            write_mail(
                connection,
                recipient=address,
                kind="parent_consent",
                facts={"days": ANSWERED_WITHIN.days},
                link_nonce=nonce,
            )
        note(
            connection,
            actor=f"member:{member_id}",
            action="consent.ask",
            subject=f"member:{member_id}",
        )
        return Asked(address, valid_until)


def _locked_email(connection: Connection, member_id: int) -> str:
    """The member's own address; two questions at once then come one after the other."""
    email: str = connection.execute(
        text(
            "SELECT email FROM member WHERE member_id = :member_id AND closed_at IS NULL"
            " FOR NO KEY UPDATE"
        ),
        {"member_id": member_id},
    ).scalar_one()
    return email


def _refusal(connection: Connection, member_id: int, address: str, *, own: str) -> Refused | None:
    born = birth_date_of(connection, member_id)
    if born is None or not needs_consent(connection, born):
        return Refused("consent_not_needed")
    if consent_state(connection, member_id) == "given":
        return Refused("consent_given")
    if not email_is_plausible(address):
        return Refused("parent_email_malformed")
    if same_mailbox(address, own):
        return Refused("parent_email_own")
    asked = connection.execute(
        text(
            "SELECT count(*) FROM parent_consent WHERE member_id = :member_id"
            " AND asked_at > ledger_now() - CAST(:a_day AS interval)"
        ),
        {"member_id": member_id, "a_day": _A_DAY},
    ).scalar_one()
    return Refused("parent_asked_enough", {"most": MOST_A_DAY}) if asked >= MOST_A_DAY else None


def _is_on_the_roster(connection: Connection, member_id: int, address: str) -> bool:
    """Whether it is the pupil's own address there: of the member's beneficiary, or of somebody of
    the birth date and the names that the member has told."""
    rows = connection.execute(
        text(
            "SELECT b.email, b.beneficiary_id = m.beneficiary_id AS proved,"
            " m.first_name AS said_first, m.last_name AS said_last, b.first_name, b.last_name"
            " FROM member m JOIN beneficiary b ON b.beneficiary_id = m.beneficiary_id"
            "  OR (m.beneficiary_id IS NULL AND b.birth_date = m.birth_date)"
            " WHERE m.member_id = :member_id AND b.email IS NOT NULL"
        ),
        {"member_id": member_id},
    )
    return any(
        same_mailbox(address, row.email)
        and (
            row.proved
            or (
                same_last_name(row.said_last, row.last_name)
                and same_first_name(row.said_first, row.first_name)
            )
        )
        for row in rows
    )


def _ask(connection: Connection, member_id: int, address: str) -> datetime:
    # Unanswered is evidence of nothing: the address goes, that it was asked still counts.
    connection.execute(
        text(
            "UPDATE parent_consent SET state = 'replaced', decided_at = ledger_now(),"
            " parent_email = '' WHERE member_id = :member_id AND state = 'asked'"
        ),
        {"member_id": member_id},
    )
    valid_until: datetime = connection.execute(
        text(
            "INSERT INTO parent_consent (member_id, parent_email, state, asked_at)"
            " VALUES (:member_id, :parent_email, 'asked', ledger_now())"
            " RETURNING asked_at + CAST(:within AS interval)"
        ),
        {"member_id": member_id, "parent_email": address, "within": ANSWERED_WITHIN},
    ).scalar_one()
    return valid_until
