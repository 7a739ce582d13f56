"""What is carried into a later remittance, and whose payments are held back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remittance_carry",
        sa.Column("from_remittance_id", sa.BigInteger(), nullable=False),
        sa.Column("into_remittance_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "from_remittance_id < into_remittance_id", name=op.f("ck_remittance_carry_forwards")
        ),
        sa.ForeignKeyConstraint(
            ["from_remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_remittance_carry_from_remittance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["into_remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_remittance_carry_into_remittance_id"),
        ),
        sa.PrimaryKeyConstraint("from_remittance_id", name=op.f("pk_remittance_carry")),
    )
    op.create_index(
        op.f("ix_remittance_carry_into_remittance_id"),
        "remittance_carry",
        ["into_remittance_id"],
        unique=False,
    )
    op.create_table(
        "remittance_payment",
        sa.Column("remittance_id", sa.BigInteger(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "wallet IN ('sport_culture_leisure', 'tutoring')",
            name=op.f("ck_remittance_payment_wallet_known"),
        ),
        sa.CheckConstraint(
            "amount_cents > 0", name=op.f("ck_remittance_payment_leaves_the_account")
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_remittance_payment_remittance_id"),
        ),
        sa.PrimaryKeyConstraint("remittance_id", "wallet", name=op.f("pk_remittance_payment")),
    )
    op.create_table(
        "partner_hold",
        sa.Column("partner_hold_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_by", sa.BigInteger(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(released_by IS NULL) = (released_at IS NULL)",
            name=op.f("ck_partner_hold_released_by_a_person"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.partner_id"], name=op.f("fk_partner_hold_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["held_by"], ["agent.agent_id"], name=op.f("fk_partner_hold_held_by")
        ),
        sa.ForeignKeyConstraint(
            ["released_by"], ["agent.agent_id"], name=op.f("fk_partner_hold_released_by")
        ),
        sa.PrimaryKeyConstraint("partner_hold_id", name=op.f("pk_partner_hold")),
    )
    op.create_index(
        "uq_partner_hold_now",
        "partner_hold",
        ["partner_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index(
        "ix_remittance_line_correction",
        "remittance_line",
        ["remittance_id"],
        unique=False,
        postgresql_where=sa.text("nature <> 'debit'"),
    )
    # Until now there was no correction: each wallet was paid what its lines say.
    op.execute(
        "INSERT INTO remittance_payment (remittance_id, wallet, amount_cents)"
        " SELECT m.remittance_id, l.wallet, sum(l.amount_cents)"
        " FROM remittance m JOIN reimbursement_run r USING (run_id)"
        " JOIN remittance_line l USING (remittance_id)"
        " WHERE r.state IN ('exported', 'accepted', 'paid') AND m.transfer_cents > 0"
        " GROUP BY m.remittance_id, l.wallet"
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
