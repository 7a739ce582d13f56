"""Notices to youths: what is shown in the page, and what waits to be pushed to their devices.

The law: a notice exists once for what it tells of (`subject`); telling it by push or mail is tried
until it is taken or given up, and marked either way. Facts hold no name, no place and no
balance; a reminder of the year's end says what is left.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cardservice.db.tables.metadata import identity, instant, metadata

notice = Table(
    "notice",
    metadata,
    identity("notice_id"),
    Column("beneficiary_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    # What it tells of: an operation's id, `2026:60` for a reminder. Once for each kind.
    Column("subject", Text, nullable=False),
    Column("operation_id", Uuid),
    Column("facts", JSONB, nullable=False),
    instant("at", nullable=False),
    instant("read_at"),
    UniqueConstraint("beneficiary_id", "kind", "subject"),
    Index("ix_notice_beneficiary", "beneficiary_id", "notice_id"),
)

push_subscription = Table(
    "push_subscription",
    metadata,
    identity("subscription_id"),
    Column(
        "member_id",
        ForeignKey("member.member_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    # The session that it was added in: it follows a new secret, and goes when the session ends.
    Column(
        "session_hash",
        LargeBinary,
        ForeignKey("web_session.session_hash", onupdate="CASCADE", ondelete="CASCADE"),
        index=True,
    ),
    Column("endpoint", Text, unique=True, nullable=False),
    # The push service that it leads to: one that is away is put off as a whole.
    Column(
        "host",
        Text,
        Computed("lower(substring(endpoint FROM '^[a-z]+://([^/?#]+)'))", persisted=True),
    ),
    # The browser's public key and shared secret (RFC 8291), base64url as it gave them.
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("browser", Text, nullable=False),
    # No amount on a screen that others may see.
    Column("is_discreet", Boolean, nullable=False, server_default="false"),
    instant("added_at", nullable=False),
)

waiting_push = Table(
    "waiting_push",
    metadata,
    identity("push_id"),
    Column(
        "subscription_id",
        ForeignKey("push_subscription.subscription_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column(
        "notice_id", ForeignKey("notice.notice_id", ondelete="CASCADE"), nullable=False, index=True
    ),
    instant("written_at", nullable=False),
    instant("next_try_at", nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    # The day of tries is counted from here: when it first might go, after quiet hours.
    instant("first_try_at"),
    instant("tried_at"),
    Column("was_away", Boolean, nullable=False, server_default="false"),
    # Kept to be seen, sent no more.
    instant("given_up_at"),
    UniqueConstraint("subscription_id", "notice_id"),
    CheckConstraint("tries >= 0", name="counted"),
    Index("ix_waiting_push_due", "next_try_at", postgresql_where=text("given_up_at IS NULL")),
)
