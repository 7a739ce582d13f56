"""The clearing house"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reimbursement_run",
        sa.Column("run_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("period_key", sa.Text(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("debits", sa.BigInteger(), nullable=False),
        sa.Column("partners", sa.BigInteger(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("corrections_cents", sa.BigInteger(), nullable=False),
        sa.Column("carried_in_cents", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_cents", sa.BigInteger(), nullable=False),
        sa.Column("re_presented_cents", sa.BigInteger(), nullable=False),
        sa.Column("transfers_cents", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=True),
        sa.Column("submitted_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("msg_id", sa.Text(), nullable=True),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("execution_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'rejected', 'cancelled') OR (submitted_by IS NOT NULL AND content_hash IS NOT NULL)",
            name=op.f("ck_reimbursement_run_submitted_by_a_person"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'exported', 'accepted', 'paid', 'rejected', 'bank_rejected', 'cancelled')",
            name=op.f("ck_reimbursement_run_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'exported', 'accepted', 'paid') OR approved_by IS NOT NULL",
            name=op.f("ck_reimbursement_run_approved_by_a_person"),
        ),
        sa.CheckConstraint(
            "approved_by <> submitted_by", name=op.f("ck_reimbursement_run_four_eyes")
        ),
        sa.CheckConstraint(
            "gross_cents + corrections_cents + carried_in_cents + re_presented_cents = transfers_cents + carried_out_cents",
            name=op.f("ck_reimbursement_run_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["agent.agent_id"], name=op.f("fk_reimbursement_run_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["period_key"], ["fortnight.period_key"], name=op.f("fk_reimbursement_run_period_key")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["agent.agent_id"], name=op.f("fk_reimbursement_run_submitted_by")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reimbursement_run")),
        sa.UniqueConstraint("msg_id", name=op.f("uq_reimbursement_run_msg_id")),
        sa.UniqueConstraint(
            "period_key", "attempt", name=op.f("uq_reimbursement_run_period_key_attempt")
        ),
    )
    op.create_index(
        "uq_reimbursement_run_live",
        "reimbursement_run",
        ["period_key"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('cancelled', 'bank_rejected')"),
    )
    op.create_table(
        "remittance",
        sa.Column("remittance_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("number_year", sa.SmallInteger(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("corrections_cents", sa.BigInteger(), nullable=False),
        sa.Column("carried_in_cents", sa.BigInteger(), nullable=False),
        sa.Column("re_presented_cents", sa.BigInteger(), nullable=False),
        sa.Column("transfer_cents", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_cents", sa.BigInteger(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("holder_name", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "gross_cents + corrections_cents + carried_in_cents + re_presented_cents = transfer_cents + carried_out_cents",
            name=op.f("ck_remittance_adds_up"),
        ),
        sa.CheckConstraint(
            "transfer_cents >= 0 AND carried_out_cents <= 0", name=op.f("ck_remittance_sides")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.partner_id"], name=op.f("fk_remittance_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["reimbursement_run.run_id"], name=op.f("fk_remittance_run_id")
        ),
        sa.PrimaryKeyConstraint("remittance_id", name=op.f("pk_remittance")),
        sa.UniqueConstraint("number_year", "number", name=op.f("uq_remittance_number_year_number")),
        sa.UniqueConstraint("run_id", "partner_id", name=op.f("uq_remittance_run_id_partner_id")),
    )
    op.create_table(
        "run_event",
        sa.Column("event_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["reimbursement_run.run_id"], name=op.f("fk_run_event_run_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_run_event")),
    )
    op.create_index(op.f("ix_run_event_run_id"), "run_event", ["run_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("document_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("remittance_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'pain001') = (remittance_id IS NULL)",
            name=op.f("ck_document_of_run_or_remittance"),
        ),
        sa.CheckConstraint(
            "kind IN ('pdf', 'csv', 'html', 'pain001')", name=op.f("ck_document_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance.remittance_id"], name=op.f("fk_document_remittance_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["reimbursement_run.run_id"], name=op.f("fk_document_run_id")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "run_id",
            "remittance_id",
            "kind",
            name=op.f("uq_document_run_id_remittance_id_kind"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "remittance_line",
        sa.Column("remittance_id", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "nature <> 'debit' OR amount_cents > 0", name=op.f("ck_remittance_line_a_debit_is_owed")
        ),
        sa.CheckConstraint(
            "nature IN ('debit', 'regularisation')", name=op.f("ck_remittance_line_nature_known")
        ),
        sa.CheckConstraint(
            "wallet IN ('sport_culture_leisure', 'tutoring')",
            name=op.f("ck_remittance_line_wallet_known"),
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_remittance_line_remittance_id"),
        ),
    )
    op.create_index(
        op.f("ix_remittance_line_remittance_id"), "remittance_line", ["remittance_id"], unique=False
    )
    op.create_index(
        "uq_remittance_line_live",
        "remittance_line",
        ["operation_id"],
        unique=True,
        postgresql_where=sa.text("live"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
