"""Changes the address that a youth signs in with: asked for, then confirmed from the new one.

The law: the old address counts until somebody has opened the mail at the new one; an address that
another member has is answered like a free one, and nothing is sent to it.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from cardservice.db.queries.clock import ledger_instant
from cardservice.db.queries.journal import note
from cardservice.domain.calendar import format_minute
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.services.csv_lines import email_is_plausible
from cardservice.services.guess_guard import asks_guarded, count_try
from cardservice.services.member_links import VALID_FOR, make_member_link, use_member_link
from cardservice.services.write_mail import write_mail


def ask_email_change(
    connection: Connection, keys: Keys, *, member_id: int, email: str, network: str
) -> Refused | None:
    """Mails a link to the new address. Refused: email_malformed."""
    address = email.strip().lower()
    if not email_is_plausible(address):
        return Refused("email_malformed")
    if count_try(connection, asks_guarded(keys, network)) is not None:
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
    """Uses an `email` link up. Refused: link_unknown."""
    link = use_member_link(connection, secret)
    if link is None or link.purpose != "email":
        return Refused("link_unknown")
    changed = connection.execute(
        text(
            "WITH old AS (SELECT email FROM member WHERE member_id = :member_id FOR UPDATE)"
            " UPDATE member SET email = :email FROM old WHERE member_id = :member_id"
            " AND closed_at IS NULL AND NOT EXISTS (SELECT FROM member WHERE email = :email)"
            " RETURNING old.email"
        ),
        {"member_id": link.member_id, "email": link.email},
    ).scalar_one_or_none()
    if changed is None:
        return Refused("link_unknown")
    actor = f"member:{link.member_id}"
    note(connection, actor=actor, action="member.email_changed", subject=actor)
    write_mail(
        connection,
        recipient=changed,
        kind="youth_email_changed",
        facts={"at": format_minute(ledger_instant(connection))},
    )
    return None
