"""Sends the mail with which a youth's membership begins, or a forgotten password ends (C16).

The law: whoever asks is told the same, whether anybody has the address or not; what is different
stands in the mail alone. A few links an hour go to one address, and so many are asked for from one
network.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.guess_guard import asks_guarded, count_try
from cardservice.services.member_links import VALID_FOR, make_member_link
from cardservice.services.write_mail import write_mail

MOST_AN_HOUR: Final = 4
_AN_HOUR: Final = timedelta(hours=1)
_LONGEST_EMAIL: Final = 254


def ask_sign_up(connection: Connection, keys: Keys, *, email: str, network: str) -> Refused | None:
    """A link to a first password, or to whoever has the address already a mail that says so.

    Refused: email_malformed, which says nothing about who has which address.
    """
    address = email.strip().lower()
    if len(address) > _LONGEST_EMAIL or not email_is_plausible(address):
        return Refused("email_malformed")
    if count_try(connection, asks_guarded(keys, network)) is None:
        _send(connection, keys, address, known="youth_known", unknown="youth_sign_up")
    return None


def ask_new_password(connection: Connection, keys: Keys, *, email: str, network: str) -> None:
    """A link to a new password, to whoever signs in with this address; or nothing."""
    address = email.strip().lower()
    if count_try(connection, asks_guarded(keys, network)) is None:
        _send(connection, keys, address, known="youth_reset", unknown=None)


def _send(
    connection: Connection, keys: Keys, address: str, *, known: str, unknown: str | None
) -> None:
    if _sent_enough(connection, address):
        return
    member = connection.execute(
        text("SELECT member_id, closed_at FROM member WHERE email = :email"), {"email": address}
    ).one_or_none()
    if member is None and unknown is None:
        return
    if member is not None and member.closed_at is not None:
        write_mail(connection, recipient=address, kind="youth_closed", facts={})
        return
    purpose = "sign_up" if member is None else "reset"
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
        kind=known if member is not None else unknown or "",
        facts={"minutes": int(VALID_FOR[purpose].total_seconds() // 60)},
        link_nonce=nonce,
    )


def _sent_enough(connection: Connection, address: str) -> bool:
    """Whether this address has been sent as many links in an hour as anybody needs."""
    # Two requests at once count one after the other.
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('member link ' || :email, 0))"),
        {"email": address},
    )
    sent: int = connection.execute(
        text(
            "SELECT count(*) FROM member_link WHERE email = :email AND purpose = ANY(:purposes)"
            " AND expires_at > ledger_now() - :an_hour + :valid_for"
        ),
        {
            "email": address,
            "purposes": ["sign_up", "reset"],
            "an_hour": _AN_HOUR,
            "valid_for": VALID_FOR["reset"],
        },
    ).scalar_one()
    return sent >= MOST_AN_HOUR
