"""Links of the youths' portal that come by mail: to a youth, or to a parent (C16; design §8).

The law: only a link's digest is stored, and the secret is derived when the mail leaves. Looking at
a link uses nothing up, because mail programs look first; deciding does. A parent's `parent` link
serves again and again until it is over; every other serves once. A newer link ends the older ones
of its purpose, for the same member or, before there is one, the same address; a parent's link that
was asked for by typing an address does so when it is opened.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.tables.youth import MEMBER_LINK_PURPOSES
from cardservice.domain.derived_secret import NONCE_BYTES, derived_secret
from cardservice.domain.keys import Keys, secret_hash

MEMBER_LINK: Final = "member link"
# How long each serves; whoever makes a `parent` link says until when.
VALID_FOR: Final = {
    "sign_up": timedelta(hours=1),
    "reset": timedelta(hours=1),
    "email": timedelta(hours=1),
    "consent": timedelta(days=14),
}


@dataclass(frozen=True, slots=True)
class MemberLink:
    """A link that came by mail to `email`. `member_id` is None before there is a member."""

    purpose: str
    email: str
    member_id: int | None
    expires_at: datetime


def make_member_link(
    connection: Connection,
    keys: Keys,
    *,
    purpose: str,
    email: str,
    member_id: int | None = None,
    expires_at: datetime | None = None,
    ends_older: bool = True,
) -> bytes:
    """Makes a link and gives its nonce, which the mail is written with (write_mail.py)."""
    assert (expires_at is None) == (purpose in VALID_FOR), "only a parent's link has its own end"
    nonce = secrets.token_bytes(NONCE_BYTES)
    if ends_older:
        end_member_links(connection, purpose=purpose, email=email, member_id=member_id)
    connection.execute(
        text(
            "INSERT INTO member_link (link_hash, nonce, purpose, email, member_id, made_at,"
            " expires_at) SELECT :link_hash, :nonce, :purpose, :email,"
            " CAST(:member_id AS bigint), at,"
            " coalesce(CAST(:expires_at AS timestamptz), at + :valid_for)"
            " FROM ledger_now() AS at"
        ),
        {
            "link_hash": secret_hash(derived_secret(keys, MEMBER_LINK, nonce)),
            "nonce": nonce,
            "purpose": purpose,
            "email": email,
            "member_id": member_id,
            "expires_at": expires_at,
            "valid_for": VALID_FOR.get(purpose, timedelta(0)),
        },
    )
    return nonce


def end_member_links(
    connection: Connection, *, purpose: str, email: str | None = None, member_id: int | None = None
) -> None:
    """Ends the open links of a purpose: a member's, or those to an address without a member."""
    assert purpose in MEMBER_LINK_PURPOSES, f"no link is made for {purpose}"
    connection.execute(
        text(
            "UPDATE member_link SET used_at = ledger_now() WHERE used_at IS NULL"
            " AND purpose = :purpose AND (member_id = :member_id"
            " OR (CAST(:member_id AS bigint) IS NULL AND member_id IS NULL AND email = :email))"
        ),
        {"purpose": purpose, "email": email, "member_id": member_id},
    )


def member_link_of(connection: Connection, secret: str) -> MemberLink | None:
    """The link of a secret; None for one that is old, used or was never sent."""
    found = connection.execute(
        text(
            "SELECT purpose, email, member_id, expires_at FROM member_link"
            " WHERE link_hash = :link_hash AND used_at IS NULL AND expires_at > ledger_now()"
        ),
        {"link_hash": secret_hash(secret)},
    ).one_or_none()
    return None if found is None else MemberLink(*found)


def open_parent_link(connection: Connection, secret: str) -> MemberLink | None:
    """The same for a parent, who has this mail at hand: the parent's older links end now."""
    link = member_link_of(connection, secret)
    if link is not None and link.purpose == "parent":
        connection.execute(
            text(
                "UPDATE member_link AS older SET used_at = ledger_now() FROM member_link AS opened"
                " WHERE opened.link_hash = :link_hash AND older.member_id = opened.member_id"
                " AND older.purpose = 'parent' AND older.used_at IS NULL"
                " AND older.made_at < opened.made_at"
            ),
            {"link_hash": secret_hash(secret)},
        )
    return link


def use_member_link(connection: Connection, secret: str) -> MemberLink | None:
    """The same, used up by this transaction and by no other."""
    found = connection.execute(
        text(
            "UPDATE member_link SET used_at = ledger_now()"
            " WHERE link_hash = :link_hash AND used_at IS NULL AND expires_at > ledger_now()"
            " RETURNING purpose, email, member_id, expires_at"
        ),
        {"link_hash": secret_hash(secret)},
    ).one_or_none()
    return None if found is None else MemberLink(*found)


def sent_member_link_of(connection: Connection, secret: str) -> MemberLink | None:
    """To whom a link was sent and what for, also when it is old or used."""
    found = connection.execute(
        text(
            "SELECT purpose, email, member_id, expires_at FROM member_link"
            " WHERE link_hash = :link_hash"
        ),
        {"link_hash": secret_hash(secret)},
    ).one_or_none()
    return None if found is None else MemberLink(*found)
