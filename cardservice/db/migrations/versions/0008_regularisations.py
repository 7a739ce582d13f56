"""Regularisations, and the lines of a remittance that take one back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_REASONS = "'mistake', 'wrong_amount', 'wrong_wallet', 'debited_twice', 'other'"


def upgrade() -> None:
    op.create_table(
        "regularisation",
        sa.Column("regularisation_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("debit_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("reversal_id", sa.Uuid(), nullable=True),
        sa.Column("reversed_by", sa.BigInteger(), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"reason IN ({_REASONS})", name=op.f("ck_regularisation_reason_known")),
        sa.CheckConstraint(
            "state IN ('waiting', 'booked', 'refused')", name=op.f("ck_regularisation_state_known")
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_regularisation_gives_back")),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_by IS NULL)",
            name=op.f("ck_regularisation_decided_by_a_person"),
        ),
        sa.CheckConstraint(
            "(state = 'booked') = (operation_id IS NOT NULL)",
            name=op.f("ck_regularisation_booked_is_in_ledger"),
        ),
        sa.CheckConstraint(
            "NOT needs_second OR state <> 'booked' OR decided_by <> asked_by",
            name=op.f("ck_regularisation_four_eyes"),
        ),
        sa.CheckConstraint(
            "(reversal_id IS NULL) = (reversed_by IS NULL)"
            " AND (reversal_id IS NULL OR operation_id IS NOT NULL)",
            name=op.f("ck_regularisation_only_booked_is_reversed"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["regularisation_file.file_id"],
            name=op.f("fk_regularisation_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["agent.agent_id"], name=op.f("fk_regularisation_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["agent.agent_id"], name=op.f("fk_regularisation_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["reversed_by"], ["agent.agent_id"], name=op.f("fk_regularisation_reversed_by")
        ),
        sa.PrimaryKeyConstraint("regularisation_id", name=op.f("pk_regularisation")),
        sa.UniqueConstraint("operation_id", name=op.f("uq_regularisation_operation_id")),
        sa.UniqueConstraint("reversal_id", name=op.f("uq_regularisation_reversal_id")),
    )
    op.create_index(
        op.f("ix_regularisation_debit_id"), "regularisation", ["debit_id"], unique=False
    )
    op.drop_constraint(op.f("ck_remittance_line_nature_known"), "remittance_line")
    op.create_check_constraint(
        op.f("ck_remittance_line_nature_known"),
        "remittance_line",
        "nature IN ('debit', 'regularisation', 'reversal')",
    )
    op.drop_constraint(op.f("ck_remittance_line_a_debit_is_owed"), "remittance_line")
    op.create_check_constraint(
        op.f("ck_remittance_line_sides"),
        "remittance_line",
        "(nature = 'regularisation') = (amount_cents < 0) AND amount_cents <> 0",
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
