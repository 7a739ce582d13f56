"""Scheme and people"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("agent_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("totp_last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('finance_preparer', 'finance_approver', 'hotline', 'moderator', 'administrator')",
            name=op.f("ck_agent_role_known"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_agent_email_lower")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent")),
        sa.UniqueConstraint("email", name=op.f("uq_agent_email")),
    )
    op.create_table(
        "beneficiary",
        sa.Column("beneficiary_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ine", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("commune", sa.Text(), nullable=True),
        sa.Column("school", sa.Text(), nullable=True),
        sa.Column("school_kind", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "erased_at IS NOT NULL OR (last_name IS NOT NULL AND first_name IS NOT NULL AND birth_date IS NOT NULL)",
            name=op.f("ck_beneficiary_named_until_erased"),
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_beneficiary")),
        sa.UniqueConstraint("ine", name=op.f("uq_beneficiary_ine")),
    )
    op.create_table(
        "card_reading",
        sa.Column("reading_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("card_id", sa.BigInteger(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reading_id", name=op.f("pk_card_reading")),
    )
    op.create_index(op.f("ix_card_reading_card_id"), "card_reading", ["card_id"], unique=False)
    op.create_table(
        "commune",
        sa.Column("insee_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("postal_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("insee_code", name=op.f("pk_commune")),
    )
    op.create_table(
        "fortnight",
        sa.Column("period_key", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("daterange(starts_on, ends_before)"), "&&"), using="gist", name="no_overlap"
        ),
        sa.CheckConstraint("starts_on < ends_before", name=op.f("ck_fortnight_in_order")),
        sa.PrimaryKeyConstraint("period_key", name=op.f("pk_fortnight")),
    )
    op.create_table(
        "journal",
        sa.Column("journal_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_journal")),
    )
    op.create_table(
        "scheme_rule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "valid_from", name=op.f("pk_scheme_rule")),
    )
    op.create_table(
        "school_year",
        sa.Column("school_year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("first_day < last_day", name=op.f("ck_school_year_in_order")),
        sa.PrimaryKeyConstraint("school_year", name=op.f("pk_school_year")),
    )
    op.create_table(
        "beneficiary_year",
        sa.Column("beneficiary_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "category IN ('collegien', 'youth')", name=op.f("ck_beneficiary_year_category_known")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"],
            ["beneficiary.beneficiary_id"],
            name=op.f("fk_beneficiary_year_beneficiary_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_year"],
            ["school_year.school_year"],
            name=op.f("fk_beneficiary_year_school_year"),
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", "school_year", name=op.f("pk_beneficiary_year")),
    )
    op.create_table(
        "card",
        sa.Column("card_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("code_mac", sa.LargeBinary(), nullable=False),
        sa.Column("last4", sa.CHAR(length=4), nullable=False),
        sa.Column("beneficiary_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="issued", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'replaced' OR replaced_by IS NOT NULL", name=op.f("ck_card_successor_known")
        ),
        sa.CheckConstraint(
            "state IN ('issued', 'active', 'paused', 'blocked', 'replaced')",
            name=op.f("ck_card_state_known"),
        ),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_card_in_order")),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.beneficiary_id"], name=op.f("fk_card_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["card.card_id"], name=op.f("fk_card_replaced_by")
        ),
        sa.ForeignKeyConstraint(
            ["school_year"], ["school_year.school_year"], name=op.f("fk_card_school_year")
        ),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_card")),
        sa.UniqueConstraint("code_mac", name=op.f("uq_card_code_mac")),
        sa.UniqueConstraint("serial", name=op.f("uq_card_serial")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "uq_card_current",
        "card",
        ["beneficiary_id", "school_year"],
        unique=True,
        postgresql_where=sa.text("replaced_by IS NULL"),
    )
    op.create_table(
        "holder_photo",
        sa.Column("beneficiary_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"],
            ["beneficiary.beneficiary_id"],
            name=op.f("fk_holder_photo_beneficiary_id"),
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_holder_photo")),
    )
    op.create_table(
        "holder_pin",
        sa.Column("beneficiary_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(mac) = 32", name=op.f("ck_holder_pin_mac_is_sha256")),
        sa.CheckConstraint("tries BETWEEN 0 AND 3", name=op.f("ck_holder_pin_three_tries")),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"],
            ["beneficiary.beneficiary_id"],
            name=op.f("fk_holder_pin_beneficiary_id"),
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_holder_pin")),
    )
    op.create_table(
        "wallet_grant",
        sa.Column("school_year", sa.SmallInteger(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "wallet IN ('sport_culture_leisure', 'tutoring')",
            name=op.f("ck_wallet_grant_wallet_known"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_wallet_grant_positive")),
        sa.ForeignKeyConstraint(
            ["school_year"], ["school_year.school_year"], name=op.f("fk_wallet_grant_school_year")
        ),
        sa.PrimaryKeyConstraint("school_year", "wallet", name=op.f("pk_wallet_grant")),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
