"""Notices to youths, the pushes that wait, the files that youths open"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _notices()
    _browsers_to_push_to()
    _waiting_pushes()
    _mails()
    _files_of_youths()


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("beneficiary_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "beneficiary_id", "kind", "subject", name=op.f("uq_notice_beneficiary_id_kind_subject")
        ),
    )
    op.create_index(
        "ix_notice_beneficiary", "notice", ["beneficiary_id", "notice_id"], unique=False
    )


def _browsers_to_push_to() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("subscription_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("session_hash", sa.LargeBinary(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column(
            "host",
            sa.Text(),
            sa.Computed("lower(substring(endpoint FROM '^[a-z]+://([^/?#]+)'))", persisted=True),
            nullable=True,
        ),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("is_discreet", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.member_id"],
            name=op.f("fk_push_subscription_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_hash"],
            ["web_session.session_hash"],
            name=op.f("fk_push_subscription_session_hash"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
    )
    op.create_index(
        op.f("ix_push_subscription_member_id"), "push_subscription", ["member_id"], unique=False
    )
    op.create_index(
        op.f("ix_push_subscription_session_hash"),
        "push_subscription",
        ["session_hash"],
        unique=False,
    )


def _waiting_pushes() -> None:
    op.create_table(
        "waiting_push",
        sa.Column("push_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("first_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_away", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_waiting_push_counted")),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.notice_id"],
            name=op.f("fk_waiting_push_notice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["push_subscription.subscription_id"],
            name=op.f("fk_waiting_push_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("push_id", name=op.f("pk_waiting_push")),
        sa.UniqueConstraint(
            "subscription_id", "notice_id", name=op.f("uq_waiting_push_subscription_id_notice_id")
        ),
    )
    op.create_index(
        "ix_waiting_push_due",
        "waiting_push",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("given_up_at IS NULL"),
    )
    op.create_index(op.f("ix_waiting_push_notice_id"), "waiting_push", ["notice_id"], unique=False)
    op.create_index(
        op.f("ix_waiting_push_subscription_id"), "waiting_push", ["subscription_id"], unique=False
    )


def _mails() -> None:
    op.add_column(
        "waiting_mail", sa.Column("first_try_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.drop_index("ix_waiting_mail_due", table_name="waiting_mail")
    op.create_index(
        "ix_waiting_mail_due",
        "waiting_mail",
        [sa.text("(link_nonce IS NULL)"), "next_try_at", "mail_id"],
        unique=False,
        postgresql_where=sa.text("given_up_at IS NULL"),
    )


def _files_of_youths() -> None:
    op.add_column(
        "regularisation_file", sa.Column("opened_by_holder", sa.BigInteger(), nullable=True)
    )
    op.alter_column("regularisation_file", "opened_by", existing_type=sa.BIGINT(), nullable=True)
    op.drop_constraint(
        op.f("uq_regularisation_file_operation_id"), "regularisation_file", type_="unique"
    )
    op.create_index(
        "ix_regularisation_file_of_holder",
        "regularisation_file",
        ["opened_by_holder"],
        unique=False,
        postgresql_where=sa.text("opened_by_holder IS NOT NULL"),
    )
    op.create_index(
        "uq_regularisation_file_holder",
        "regularisation_file",
        ["operation_id"],
        unique=True,
        postgresql_where=sa.text("opened_by_holder IS NOT NULL"),
    )
    op.create_index(
        "uq_regularisation_file_partner",
        "regularisation_file",
        ["operation_id"],
        unique=True,
        postgresql_where=sa.text("opened_by IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_regularisation_file_opened_by_holder"),
        "regularisation_file",
        "beneficiary",
        ["opened_by_holder"],
        ["beneficiary_id"],
    )
    op.drop_constraint(
        op.f("ck_regularisation_file_reason_known"), "regularisation_file", type_="check"
    )
    op.create_check_constraint(
        op.f("ck_regularisation_file_reason_known"),
        "regularisation_file",
        "reason IN ('mistake', 'wrong_amount', 'wrong_wallet', 'debited_twice', 'other', 'not_me')",
    )
    op.create_check_constraint(
        op.f("ck_regularisation_file_of_one_side"),
        "regularisation_file",
        "num_nonnulls(opened_by, opened_by_holder) = 1",
    )
    op.create_check_constraint(
        op.f("ck_regularisation_file_reasons_of_each_side"),
        "regularisation_file",
        "(reason = 'not_me') = (opened_by_holder IS NOT NULL)",
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
