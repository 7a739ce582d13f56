"""The ledger"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cancellation_reason",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('mistake', 'wrong_amount', 'wrong_wallet', 'holder_changed_mind', 'other')",
            name=op.f("ck_cancellation_reason_reason_known"),
        ),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_cancellation_reason")),
    )
    op.create_table(
        "day_block",
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operations", sa.BigInteger(), nullable=True),
        sa.Column("root", sa.LargeBinary(), nullable=True),
        sa.Column("previous_seal", sa.LargeBinary(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(seal IS NULL) = (root IS NULL) AND (seal IS NULL) = (operations IS NULL)",
            name=op.f("ck_day_block_sealed_whole"),
        ),
        sa.PrimaryKeyConstraint("business_day", name=op.f("pk_day_block")),
    )
    op.create_table(
        "day_close_wallet",
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("debits", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "wallet IN ('sport_culture_leisure', 'tutoring')",
            name=op.f("ck_day_close_wallet_wallet_known"),
        ),
        sa.PrimaryKeyConstraint(
            "business_day", "partner_id", "wallet", name=op.f("pk_day_close_wallet")
        ),
    )
    op.create_table(
        "notification_outbox",
        sa.Column("notification_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("beneficiary_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notification_outbox")),
    )
    op.create_table(
        "open_day",
        sa.Column("one_row", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("first_open_day", sa.Date(), nullable=False),
        sa.CheckConstraint("one_row = 1", name=op.f("ck_open_day_one_row")),
        sa.PrimaryKeyConstraint("one_row", name=op.f("pk_open_day")),
    )
    op.create_table(
        "operation",
        sa.Column("operation_no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("outlet_id", sa.BigInteger(), nullable=True),
        sa.Column("terminal_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("beneficiary_id", sa.BigInteger(), nullable=True),
        sa.Column("school_year", sa.SmallInteger(), nullable=True),
        sa.Column("wallet", sa.Text(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("balance_after_cents", sa.BigInteger(), nullable=True),
        sa.Column("wallet_seq", sa.Integer(), nullable=True),
        sa.Column("tries_left", sa.SmallInteger(), nullable=True),
        sa.Column("pin_checked", sa.Boolean(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "amount_cents > 0 AND (outcome = 'declined') = (code IS NOT NULL) AND (code IS NULL OR wallet_seq IS NULL)",
            name=op.f("ck_operation_a_refusal_moves_nothing"),
        ),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_operation")),
    )
    op.create_index(
        "ix_operation_day",
        "operation",
        ["business_day", "partner_id", "operation_no"],
        unique=False,
    )
    op.create_index(
        "uq_operation_cancellation",
        "operation",
        ["target_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'cancellation'"),
    )
    op.create_index(
        "uq_operation_wallet_seq",
        "operation",
        ["beneficiary_id", "school_year", "wallet", "wallet_seq"],
        unique=True,
        postgresql_where=sa.text("wallet_seq IS NOT NULL"),
    )
    op.create_table(
        "day_close",
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("operations", sa.BigInteger(), nullable=False),
        sa.Column("debits", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_day"], ["day_block.business_day"], name=op.f("fk_day_close_business_day")
        ),
        sa.PrimaryKeyConstraint("business_day", "partner_id", name=op.f("pk_day_close")),
    )
    op.create_table(
        "wallet",
        sa.Column("beneficiary_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("granted_cents", sa.BigInteger(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "balance_cents BETWEEN 0 AND granted_cents", name=op.f("ck_wallet_never_below_zero")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"],
            ["beneficiary.beneficiary_id"],
            name=op.f("fk_wallet_beneficiary_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_year"], ["school_year.school_year"], name=op.f("fk_wallet_school_year")
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", "school_year", "wallet", name=op.f("pk_wallet")),
        postgresql_with={"fillfactor": 80},
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
