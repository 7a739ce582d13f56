"""Who signs in to a portal, with what, and the sessions that are open.

The law: nothing here opens a door by itself. Passwords are Argon2id, second factors and links are
derived from a nonce and the master key outside the database, session and recovery secrets are kept
as digests. A session that has ended is a row that is gone.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of

credential = Table(
    "credential",
    metadata,
    identity("credential_id"),
    Column("email", Text, unique=True, nullable=False),
    # NULL until the person has chosen one, by a link that came by mail (C30).
    Column("password_hash", Text),
    instant("password_chosen_at"),
    Column("totp_nonce", LargeBinary),
    # NULL while the authenticator is being enrolled: its first right code sets it.
    instant("totp_enrolled_at"),
    Column("totp_last_step", BigInteger, nullable=False, server_default="0"),
    instant("created_at", nullable=False),
    CheckConstraint("email = lower(email)", name="email_lower"),
    CheckConstraint(
        "totp_enrolled_at IS NULL OR totp_nonce IS NOT NULL", name="enrolled_with_a_secret"
    ),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("credential_id", ForeignKey("credential.credential_id"), nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    instant("used_at"),
    PrimaryKeyConstraint("credential_id", "code_hash"),
)

LINK_PURPOSES = ("invitation", "reset")

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("link_hash", LargeBinary, primary_key=True),
    # What the mail is written from: the link itself is the nonce's keyed digest.
    Column("nonce", LargeBinary, unique=True, nullable=False),
    Column("credential_id", ForeignKey("credential.credential_id"), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    instant("expires_at", nullable=False),
    instant("used_at"),
    one_of("purpose", LINK_PURPOSES),
)

sign_in_guard = Table(
    "sign_in_guard",
    metadata,
    # Keyed digest of what was guessed at (an address of a person or of a network): known or not,
    # it is guarded alike.
    Column("guarded", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    instant("last_failed_at", nullable=False),
    instant("closed_until"),
)

REALMS = ("partner", "youth", "agent")
# What is still missing before a session opens a page of its portal.
SESSION_STAGES = ("second_factor", "enrolment", "choice", "open")

web_session = Table(
    "web_session",
    metadata,
    Column("session_hash", LargeBinary, primary_key=True),
    Column("realm", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("credential_id", ForeignKey("credential.credential_id"), index=True),
    Column("delegate_id", ForeignKey("delegate.delegate_id"), index=True),
    Column("agent_id", ForeignKey("agent.agent_id"), index=True),
    Column("member_id", ForeignKey("member.member_id", ondelete="CASCADE"), index=True),
    # "Firefox sur Windows": what a person recognises; nothing that follows them.
    Column("browser", Text, nullable=False),
    instant("started_at", nullable=False),
    instant("last_seen_at", nullable=False),
    # When password and second factor were last given, for what asks them again.
    instant("proved_at"),
    # The outlet whose till this session stands at.
    Column("outlet_id", ForeignKey("outlet.outlet_id")),
    one_of("realm", REALMS),
    one_of("stage", SESSION_STAGES),
    CheckConstraint(
        "num_nonnulls(credential_id, delegate_id, agent_id, member_id) > 0", name="of_somebody"
    ),
    CheckConstraint(
        "(realm = 'youth') = (member_id IS NOT NULL)"
        " AND (member_id IS NULL OR num_nonnulls(credential_id, delegate_id, agent_id) = 0)",
        name="youths_apart",
    ),
    CheckConstraint(
        "(realm = 'agent') = (agent_id IS NOT NULL)"
        " AND (agent_id IS NULL OR num_nonnulls(credential_id, delegate_id) = 0)",
        name="agents_apart",
    ),
    CheckConstraint(
        "stage <> 'open' OR realm <> 'partner' OR delegate_id IS NOT NULL", name="whose"
    ),
)
