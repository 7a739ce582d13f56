"""Changes the address that a youth signs in with: asked for, then confirmed from the new one.

The law: the old address counts until somebody has opened the mail at the new one, and is told at
once that a change was asked for; a new password ends what was asked. An address that another member
has is answered like a free one, and nothing is sent to it.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.journal import note
from cardservice.domain.calendar import format_minute
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.mail_guard import count_ask, count_change, may_mail
from cardservice.services.member_links import (
    VALID_FOR,
    make_member_link,
    member_link_of,
    use_member_link,
)
from cardservice.services.write_mail import write_mail


def ask_email_change(
    connection: Connection, keys: Keys, *, member_id: int, email: str, network: str
) -> Refused | None:
    """Mails a link to the new address, and word of it to the old one.

    Refused: email_malformed, mails_delayed (for the network or the member alone).
    """
    address = email.strip().lower()
    if not email_is_plausible(address):
        return Refused("email_malformed")
    refused = count_ask(connection, keys, network) or count_change(connection, keys, member_id)
    if refused is not None:
        return refused
    own = connection.execute(
        text("SELECT email FROM member WHERE member_id = :member_id"), {"member_id": member_id}
    ).scalar_one()
    write_mail(
        connection,
        recipient=own,
        kind="youth_email_asked",
        facts={"at": format_minute(ledger_instant(connection))},
    )
    if not may_mail(connection, keys, address):
        return None
    taken = connection.execute(
        text("SELECT EXISTS (SELECT FROM member WHERE email = :email)"), {"email": address}
    ).scalar_one()
    if taken:
        return None
    nonce = make_member_link(connection, keys, purpose="email", email=address, member_id=member_id)
    write_mail(
        connection,
        recipient=address,
        kind="youth_email",
        facts={"minutes": int(VALID_FOR["email"].total_seconds() // 60)},
        link_nonce=nonce,
    )
    return None


def confirm_email(connection: Connection, *, secret: str) -> Refused | None:
    """Uses an `email` link up. Refused: link_unknown, also for an address that is taken by now."""
    link = member_link_of(connection, secret)
    if link is None or link.purpose != "email":
        return Refused("link_unknown")
    # The member first, as whoever chooses a password does, which ends this link.
    old = connection.execute(
        text(
            "SELECT email FROM member WHERE member_id = :member_id AND closed_at IS NULL FOR UPDATE"
        ),
        {"member_id": link.member_id},
    ).scalar_one_or_none()
    if old is None or use_member_link(connection, secret) is None:
        return Refused("link_unknown")
    try:
        with connection.begin_nested():
            connection.execute(
                text(
                    "UPDATE member SET email = :email,"
                    " former_emails = former_emails || email WHERE member_id = :member_id"
                ),
                {"member_id": link.member_id, "email": link.email},
            )
    except IntegrityError:
        # Somebody has signed up with it meanwhile.
        return Refused("link_unknown")
    actor = f"member:{link.member_id}"
    note(connection, actor=actor, action="member.email_changed", subject=actor)
    write_mail(
        connection,
        recipient=old,
        kind="youth_email_changed",
        facts={"at": format_minute(ledger_instant(connection))},
    )
    return None
