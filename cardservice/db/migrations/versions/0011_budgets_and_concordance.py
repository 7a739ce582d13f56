"""Budgets per school year and wallet, the concordance of account holders, refusals with a reason"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wallet_budget",
        sa.Column("wallet_budget_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "wallet IN ('sport_culture_leisure', 'tutoring')",
            name=op.f("ck_wallet_budget_wallet_known"),
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_wallet_budget_not_negative")),
        sa.ForeignKeyConstraint(
            ["school_year"],
            ["school_year.school_year"],
            name=op.f("fk_wallet_budget_school_year"),
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["agent.agent_id"], name=op.f("fk_wallet_budget_set_by")
        ),
        sa.PrimaryKeyConstraint("wallet_budget_id", name=op.f("pk_wallet_budget")),
    )
    op.create_index(
        op.f("ix_wallet_budget_school_year_wallet"),
        "wallet_budget",
        ["school_year", "wallet"],
        unique=False,
    )
    op.create_index(
        op.f("ix_wallet_school_year_wallet"), "wallet", ["school_year", "wallet"], unique=False
    )
    _bank_accounts()
    _regularisation_files()


def _bank_accounts() -> None:
    op.add_column(
        "bank_account",
        sa.Column("holder_match", sa.Text(), server_default="unchecked", nullable=False),
    )
    op.add_column("bank_account", sa.Column("match_evidence", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_bank_account_holder_match_known"),
        "bank_account",
        "holder_match IN ('unchecked', 'matching', 'close', 'different')",
    )
    _refusal_columns("bank_account")
    op.create_check_constraint(
        op.f("ck_bank_account_refused_is_out"),
        "bank_account",
        "refused_by IS NULL OR state = 'replaced'",
    )


def _regularisation_files() -> None:
    _refusal_columns("regularisation_file")


def _refusal_columns(table: str) -> None:
    """Who refused, when, and what the one who asked is told."""
    op.add_column(table, sa.Column("refused_by", sa.BigInteger(), nullable=True))
    op.add_column(table, sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(table, sa.Column("refusal_reason", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f(f"fk_{table}_refused_by"), table, "agent", ["refused_by"], ["agent_id"]
    )
    op.create_check_constraint(
        op.f(f"ck_{table}_refused_with_a_reason"),
        table,
        "num_nonnulls(refused_by, refused_at, refusal_reason) IN (0, 3)",
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
