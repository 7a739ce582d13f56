"""Beneficiaries, their cards and PINs, the department's agents and the journal of acts.

The law: personal data lives here and nowhere else. The ledger knows only the surrogate keys of
this room, so that erasing a person leaves every proof valid.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    CHAR,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of

beneficiary = Table(
    "beneficiary",
    metadata,
    identity("beneficiary_id"),
    # NULL for somebody admitted on proofs, who is in no roster, and once erased.
    Column("ine", Text, unique=True),
    # Keyed digest of an erased person's INE: a roster that names them again is passed over.
    Column("erased_ine_mac", LargeBinary, unique=True),
    # Keyed digests of an erased person's names and birth date, until the school year that gave them
    # money is over: nobody is given it twice (erased_people.py).
    Column("erased_person_macs", ARRAY(LargeBinary)),
    Column("last_name", Text),
    Column("first_name", Text),
    Column("birth_date", Date),
    Column("postal_code", Text),
    Column("commune", Text),
    Column("school", Text),
    Column("school_kind", Text),
    Column("email", Text),
    instant("created_at", nullable=False, server_default=func.now()),
    instant("erased_at"),
    CheckConstraint(
        "erased_at IS NOT NULL OR (last_name IS NOT NULL AND first_name IS NOT NULL"
        " AND birth_date IS NOT NULL)",
        name="named_until_erased",
    ),
    Index(
        "ix_beneficiary_erased_person",
        "beneficiary_id",
        postgresql_where=text("erased_person_macs IS NOT NULL"),
    ),
)

beneficiary_year = Table(
    "beneficiary_year",
    metadata,
    Column("beneficiary_id", ForeignKey("beneficiary.beneficiary_id"), nullable=False),
    Column("school_year", ForeignKey("school_year.school_year"), nullable=False),
    Column("category", Text, nullable=False),
    PrimaryKeyConstraint("beneficiary_id", "school_year"),
    one_of("category", ("collegien", "youth")),
)

holder_pin = Table(
    "holder_pin",
    metadata,
    Column(
        "beneficiary_id",
        ForeignKey("beneficiary.beneficiary_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("mac", LargeBinary, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    instant("chosen_at", nullable=False),
    CheckConstraint("tries BETWEEN 0 AND 3", name="three_tries"),
    CheckConstraint("octet_length(mac) = 32", name="mac_is_sha256"),
)

holder_photo = Table(
    "holder_photo",
    metadata,
    Column(
        "beneficiary_id",
        ForeignKey("beneficiary.beneficiary_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("image", LargeBinary, nullable=False),
    instant("stored_at", nullable=False),
)

CARD_STATES = ("issued", "active", "paused", "blocked", "replaced")

card = Table(
    "card",
    metadata,
    identity("card_id"),
    Column("serial", Text, unique=True, nullable=False),
    Column("code_mac", LargeBinary, unique=True, nullable=False),
    Column("last4", CHAR(4), nullable=False),
    Column("beneficiary_id", ForeignKey("beneficiary.beneficiary_id"), nullable=False),
    Column("school_year", ForeignKey("school_year.school_year"), nullable=False),
    Column("state", Text, nullable=False, server_default="issued"),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("replaced_by", ForeignKey("card.card_id")),
    instant("issued_at", nullable=False),
    instant("activated_at"),
    one_of("state", CARD_STATES),
    CheckConstraint("valid_from < valid_until", name="in_order"),
    CheckConstraint("state <> 'replaced' OR replaced_by IS NOT NULL", name="successor_known"),
    # One current card per holder and year: what makes "the holder's card" mean something.
    Index(
        "uq_card_current",
        "beneficiary_id",
        "school_year",
        unique=True,
        postgresql_where=text("replaced_by IS NULL"),
    ),
    # The debit locks a card at every sale: room on the page keeps that cheap.
    postgresql_with={"fillfactor": 80},
)

card_reading = Table(
    "card_reading",
    metadata,
    identity("reading_id"),
    Column("card_id", BigInteger, nullable=False, index=True),
    Column("terminal_id", BigInteger, nullable=False),
    instant("read_at", nullable=False),
)

AGENT_ROLES = (
    "finance_preparer",
    "finance_approver",
    "hotline",
    "moderator",
    "administrator",
)

agent = Table(
    "agent",
    metadata,
    identity("agent_id"),
    Column("email", Text, unique=True, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("totp_sealed", LargeBinary, nullable=False),
    Column("totp_last_step", BigInteger, nullable=False, server_default="0"),
    instant("created_at", nullable=False),
    # Access that has ended; the row stays for the acts that name it.
    instant("ended_at"),
    one_of("role", AGENT_ROLES),
    CheckConstraint("email = lower(email)", name="email_lower"),
)

journal = Table(
    "journal",
    metadata,
    identity("journal_id"),
    instant("at", nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text),
    # Where it happened, for those who may read their own partner's part of it.
    Column("partner_id", BigInteger),
    Column("outlet_id", BigInteger),
    Column("terminal_id", BigInteger),
    # A page of a partner's journal; what was done to one thing, or by one person.
    Index(
        "ix_journal_partner", "partner_id", "at", postgresql_where=text("partner_id IS NOT NULL")
    ),
    Index("ix_journal_subject", "subject", "action"),
)
