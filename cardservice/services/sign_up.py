"""Sends the mail with which a youth's membership begins, or a forgotten password ends (C16).

The law: whoever asks is told the same, whether anybody has the address or not; what is different
stands in the mail alone. One address gets a few mails, and one network asks for so many
(mail_guard.py).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.mail_guard import count_ask, may_mail
from cardservice.services.member_links import VALID_FOR, make_member_link
from cardservice.services.write_mail import write_mail

_LONGEST_EMAIL: Final = 254


def ask_sign_up(connection: Connection, keys: Keys, *, email: str, network: str) -> Refused | None:
    """A link to a first password, or to whoever has the address already a mail that says so.

    Refused: email_malformed, mails_delayed (for the network alone): neither says anything about who
    has which address.
    """
    address = email.strip().lower()
    if len(address) > _LONGEST_EMAIL or not email_is_plausible(address):
        return Refused("email_malformed")
    delayed = count_ask(connection, keys, network)
    if delayed is None:
        _send(connection, keys, address, known="youth_known", unknown="youth_sign_up")
    return delayed


def ask_new_password(
    connection: Connection, keys: Keys, *, email: str, network: str
) -> Refused | None:
    """A link to a new password, to whoever signs in with this address; or nothing.

    Refused: mails_delayed, for the network alone.
    """
    address = email.strip().lower()
    delayed = count_ask(connection, keys, network)
    if delayed is None:
        _send(connection, keys, address, known="youth_reset", unknown=None)
    return delayed


def _send(
    connection: Connection, keys: Keys, address: str, *, known: str, unknown: str | None
) -> None:
    if not may_mail(connection, keys, address):
        return
    member = connection.execute(
        text("SELECT member_id, closed_at FROM member WHERE email = :email"), {"email": address}
    ).one_or_none()
    if member is not None and member.closed_at is not None:
        write_mail(connection, recipient=address, kind="youth_closed", facts={})
        return
    kind = known if member is not None else unknown
    purpose = "sign_up" if member is None else "reset"
    # An address that nobody has costs the same work, which is then undone.
    with connection.begin_nested() as work:
        nonce = make_member_link(
            connection,
            keys,
            purpose=purpose,
            email=address,
            member_id=None if member is None else member.member_id,
        )
        write_mail(
            connection,
            recipient=address,
            kind=kind or known,
            facts={"minutes": int(VALID_FOR[purpose].total_seconds() // 60)},
            link_nonce=nonce,
        )
        if kind is None:
            work.rollback()
