"""Delegates and their sessions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credential",
        sa.Column("credential_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_nonce", sa.LargeBinary(), nullable=True),
        sa.Column("totp_enrolled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_credential_email_lower")),
        sa.CheckConstraint(
            "totp_enrolled_at IS NULL OR totp_nonce IS NOT NULL",
            name=op.f("ck_credential_enrolled_with_a_secret"),
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_credential")),
        sa.UniqueConstraint("email", name=op.f("uq_credential_email")),
    )
    op.create_table(
        "sign_in_guard",
        sa.Column("guarded", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("guarded", name=op.f("pk_sign_in_guard")),
    )
    op.create_table(
        "waiting_mail",
        sa.Column("mail_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("link_nonce", sa.LargeBinary(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_waiting_mail")),
    )
    op.create_index(
        "ix_waiting_mail_due",
        "waiting_mail",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("given_up_at IS NULL"),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("feed_hash", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.partner_id"], name=op.f("fk_calendar_feed_partner_id")
        ),
        sa.PrimaryKeyConstraint("feed_hash", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("partner_id", name=op.f("uq_calendar_feed_partner_id")),
    )
    op.create_table(
        "delegate",
        sa.Column("delegate_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="invited", nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("every_outlet", sa.Boolean(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("ceiling_cents", sa.BigInteger(), nullable=True),
        sa.Column("invited_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role = 'day_cashier') = (credential_id IS NULL)", name=op.f("ck_delegate_signs_in")
        ),
        sa.CheckConstraint(
            "role <> 'day_cashier' OR ends_before IS NOT NULL", name=op.f("ck_delegate_a_pass_ends")
        ),
        sa.CheckConstraint(
            "role <> 'lead' OR (every_outlet AND ends_before IS NULL AND ceiling_cents IS NULL)",
            name=op.f("ck_delegate_a_lead_answers_for_all"),
        ),
        sa.CheckConstraint(
            "role IN ('lead', 'cashier', 'accountant', 'editor', 'day_cashier')",
            name=op.f("ck_delegate_role_known"),
        ),
        sa.CheckConstraint(
            "state <> 'active' OR (first_name IS NOT NULL AND last_name IS NOT NULL)",
            name=op.f("ck_delegate_named_when_active"),
        ),
        sa.CheckConstraint(
            "state IN ('invited', 'active', 'suspended', 'removed')",
            name=op.f("ck_delegate_state_known"),
        ),
        sa.CheckConstraint("ceiling_cents > 0", name=op.f("ck_delegate_ceiling_positive")),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.credential_id"], name=op.f("fk_delegate_credential_id")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["delegate.delegate_id"], name=op.f("fk_delegate_invited_by")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.partner_id"], name=op.f("fk_delegate_partner_id")
        ),
        sa.PrimaryKeyConstraint("delegate_id", name=op.f("pk_delegate")),
    )
    op.create_index(op.f("ix_delegate_credential_id"), "delegate", ["credential_id"], unique=False)
    op.create_index(op.f("ix_delegate_partner_id"), "delegate", ["partner_id"], unique=False)
    op.create_index(
        "uq_delegate_credential",
        "delegate",
        ["partner_id", "credential_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'removed'"),
    )
    op.create_index(
        "uq_delegate_lead",
        "delegate",
        ["partner_id"],
        unique=True,
        postgresql_where=sa.text("role = 'lead' AND state <> 'removed'"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("credential_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.credential_id"],
            name=op.f("fk_recovery_code_credential_id"),
        ),
        sa.PrimaryKeyConstraint("credential_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('invitation', 'reset')", name=op.f("ck_sign_in_link_purpose_known")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.credential_id"],
            name=op.f("fk_sign_in_link_credential_id"),
        ),
        sa.PrimaryKeyConstraint("link_hash", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("nonce", name=op.f("uq_sign_in_link_nonce")),
    )
    op.create_index(
        op.f("ix_sign_in_link_credential_id"), "sign_in_link", ["credential_id"], unique=False
    )
    op.create_table(
        "delegate_outlet",
        sa.Column("delegate_id", sa.BigInteger(), nullable=False),
        sa.Column("outlet_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["delegate.delegate_id"], name=op.f("fk_delegate_outlet_delegate_id")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlet.outlet_id"], name=op.f("fk_delegate_outlet_outlet_id")
        ),
        sa.PrimaryKeyConstraint("delegate_id", "outlet_id", name=op.f("pk_delegate_outlet")),
    )
    op.create_table(
        "regularisation_file",
        sa.Column("file_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("right_amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.CheckConstraint(
            "reason IN ('mistake', 'wrong_amount', 'wrong_wallet', 'debited_twice', 'other')",
            name=op.f("ck_regularisation_file_reason_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'granted', 'refused')",
            name=op.f("ck_regularisation_file_state_known"),
        ),
        sa.CheckConstraint(
            "right_amount_cents >= 0", name=op.f("ck_regularisation_file_right_amount")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["delegate.delegate_id"], name=op.f("fk_regularisation_file_opened_by")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.partner_id"], name=op.f("fk_regularisation_file_partner_id")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_regularisation_file")),
        sa.UniqueConstraint("operation_id", name=op.f("uq_regularisation_file_operation_id")),
    )
    op.create_index(
        op.f("ix_regularisation_file_partner_id"),
        "regularisation_file",
        ["partner_id"],
        unique=False,
    )
    op.create_table(
        "till_pass",
        sa.Column("pass_hash", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("delegate_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["delegate.delegate_id"], name=op.f("fk_till_pass_delegate_id")
        ),
        sa.PrimaryKeyConstraint("pass_hash", name=op.f("pk_till_pass")),
        sa.UniqueConstraint("delegate_id", name=op.f("uq_till_pass_delegate_id")),
    )
    op.create_table(
        "web_session",
        sa.Column("session_hash", sa.LargeBinary(), nullable=False),
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=True),
        sa.Column("delegate_id", sa.BigInteger(), nullable=True),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outlet_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "realm IN ('partner', 'youth', 'agent')", name=op.f("ck_web_session_realm_known")
        ),
        sa.CheckConstraint(
            "stage <> 'open' OR realm <> 'partner' OR delegate_id IS NOT NULL",
            name=op.f("ck_web_session_whose"),
        ),
        sa.CheckConstraint(
            "stage IN ('second_factor', 'enrolment', 'choice', 'open')",
            name=op.f("ck_web_session_stage_known"),
        ),
        sa.CheckConstraint(
            "credential_id IS NOT NULL OR delegate_id IS NOT NULL",
            name=op.f("ck_web_session_of_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.credential_id"],
            name=op.f("fk_web_session_credential_id"),
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["delegate.delegate_id"], name=op.f("fk_web_session_delegate_id")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlet.outlet_id"], name=op.f("fk_web_session_outlet_id")
        ),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_web_session")),
    )
    op.create_index(
        op.f("ix_web_session_credential_id"), "web_session", ["credential_id"], unique=False
    )
    op.create_index(
        op.f("ix_web_session_delegate_id"), "web_session", ["delegate_id"], unique=False
    )
    op.add_column("journal", sa.Column("partner_id", sa.BigInteger(), nullable=True))
    op.add_column("journal", sa.Column("outlet_id", sa.BigInteger(), nullable=True))
    op.add_column("journal", sa.Column("terminal_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_journal_partner",
        "journal",
        ["partner_id", "at"],
        unique=False,
        postgresql_where=sa.text("partner_id IS NOT NULL"),
    )
    op.create_index("ix_journal_subject", "journal", ["subject", "action"], unique=False)
    # Partners of earlier versions get the lead delegate that each partner has from now on; the
    # invitation is sent when the Département asks for it (`cjeune partner invite`).
    op.execute(
        "INSERT INTO credential (email, created_at)"
        " SELECT DISTINCT lower(email), min(created_at) FROM partner GROUP BY lower(email)"
    )
    op.execute(
        "INSERT INTO delegate (partner_id, credential_id, role, every_outlet, created_at)"
        " SELECT p.partner_id, c.credential_id, 'lead', true, p.created_at"
        " FROM partner p JOIN credential c ON c.email = lower(p.email)"
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
