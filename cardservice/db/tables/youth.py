"""Members: youths who sign in, who they say they are, what a parent agreed to, their proofs.

The law: a member is nobody known until linked to one beneficiary, and a beneficiary has one member
at most. Everything here is personal, nothing here is money: erasing a person empties these
tables and leaves every proof of the ledger valid.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Time,
    text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of

member = Table(
    "member",
    metadata,
    identity("member_id"),
    # Confirmed: a member is made by the link that came to this address.
    Column("email", Text, unique=True, nullable=False),
    # Confirmed before that one: what went there is erased with the rest.
    Column("former_emails", ARRAY(Text), nullable=False, server_default="{}"),
    Column("password_hash", Text, nullable=False),
    instant("password_chosen_at", nullable=False),
    # Who they say they are; NULL until told, compared with the roster, never written back to it.
    Column("first_name", Text),
    Column("last_name", Text),
    Column("birth_date", Date),
    Column("postal_code", Text),
    Column("commune", Text),
    Column("school_kind", Text),
    # Who they are: set once, by a proof (code of the card, roster's own address, INE, an agent).
    Column("beneficiary_id", ForeignKey("beneficiary.beneficiary_id"), unique=True),
    instant("linked_at"),
    # The easy-to-read variant of the pages (FALC).
    Column("easy_reading", Boolean, nullable=False, server_default="false"),
    Column("notices_in_page", Boolean, nullable=False, server_default="true"),
    Column("notices_by_push", Boolean, nullable=False, server_default="true"),
    Column("notices_by_mail", Boolean, nullable=False, server_default="true"),
    # Paris hours without push or mail; both NULL for none.
    Column("quiet_from", Time),
    Column("quiet_until", Time),
    # Closed by a parent who withdrew or refused: nobody signs in any more.
    instant("closed_at"),
    instant("created_at", nullable=False),
    CheckConstraint("email = lower(email)", name="email_lower"),
    CheckConstraint("num_nonnulls(first_name, last_name, birth_date) IN (0, 3)", name="named"),
    CheckConstraint("(beneficiary_id IS NULL) = (linked_at IS NULL)", name="linked"),
    CheckConstraint("num_nonnulls(quiet_from, quiet_until) IN (0, 2)", name="quiet_hours"),
)

# sign_up and email carry the address that is being confirmed; consent and parent go to a parent.
MEMBER_LINK_PURPOSES = ("sign_up", "reset", "email", "consent", "parent")

member_link = Table(
    "member_link",
    metadata,
    Column("link_hash", LargeBinary, primary_key=True),
    # What the mail is written from: the link itself is the nonce's keyed digest.
    Column("nonce", LargeBinary, unique=True, nullable=False),
    Column("purpose", Text, nullable=False),
    # The address that the link was sent to.
    Column("email", Text, nullable=False),
    Column("member_id", ForeignKey("member.member_id", ondelete="CASCADE"), index=True),
    instant("made_at", nullable=False),
    instant("expires_at", nullable=False),
    instant("used_at"),
    one_of("purpose", MEMBER_LINK_PURPOSES),
    CheckConstraint("email = lower(email)", name="email_lower"),
    CheckConstraint("(purpose = 'sign_up') = (member_id IS NULL)", name="of_a_member"),
    Index("ix_member_link_email", "email", postgresql_where=text("used_at IS NULL")),
)

# `replaced`: asked, never answered, and asked again.
CONSENT_STATES = ("asked", "given", "refused", "withdrawn", "replaced")

parent_consent = Table(
    "parent_consent",
    metadata,
    identity("consent_id"),
    Column(
        "member_id",
        ForeignKey("member.member_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("parent_email", Text, nullable=False),
    Column("state", Text, nullable=False),
    instant("asked_at", nullable=False),
    instant("decided_at"),
    instant("withdrawn_at"),
    # The evidence: who said so, to which words, with what.
    Column("parent_name", Text),
    Column("words_version", Text),
    Column("browser", Text),
    one_of("state", CONSENT_STATES),
    CheckConstraint("parent_email = lower(parent_email)", name="email_lower"),
    CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided"),
    CheckConstraint(
        "state NOT IN ('given', 'withdrawn') OR num_nonnulls(parent_name, words_version) = 2",
        name="given_with_evidence",
    ),
    # One parent is asked at a time, and one consent counts.
    Index(
        "uq_parent_consent_live",
        "member_id",
        unique=True,
        postgresql_where=text("state IN ('asked', 'given')"),
    ),
)

PROOF_KINDS = ("identity", "residence", "schooling", "portrait")

proof_file = Table(
    "proof_file",
    metadata,
    identity("proof_id"),
    Column(
        "member_id",
        ForeignKey("member.member_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("kind", Text, nullable=False),
    # Drawn anew, without metadata; gone with the decision.
    Column("image", LargeBinary),
    Column("state", Text, nullable=False, server_default="waiting"),
    instant("uploaded_at", nullable=False),
    Column("decided_by", ForeignKey("agent.agent_id")),
    instant("decided_at"),
    # Told to the youth: a code of the desk's list, not free text about a minor.
    Column("refusal_reason", Text),
    one_of("kind", PROOF_KINDS),
    one_of("state", ("waiting", "accepted", "refused")),
    CheckConstraint("(state = 'waiting') = (image IS NOT NULL)", name="kept_until_decided"),
    CheckConstraint(
        "(state = 'waiting') = (decided_at IS NULL)"
        " AND (state = 'refused') = (refusal_reason IS NOT NULL)",
        name="decided",
    ),
    # One of each kind waits at a time: a new one takes its place.
    Index(
        "uq_proof_file_waiting",
        "member_id",
        "kind",
        unique=True,
        postgresql_where=text("state = 'waiting'"),
    ),
)
