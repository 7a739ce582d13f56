"""What the bank answers: messages, findings, answers of transfers, what is presented again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _messages()
    _findings()
    _answers()
    _presented_again()
    _went_to_the_bank()


def _messages() -> None:
    op.create_table(
        "bank_message",
        sa.Column("bank_message_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('pain002', 'camt053', 'camt054', 'typed')",
            name=op.f("ck_bank_message_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["received_by"], ["agent.agent_id"], name=op.f("fk_bank_message_received_by")
        ),
        sa.PrimaryKeyConstraint("bank_message_id", name=op.f("pk_bank_message")),
        sa.UniqueConstraint("kind", "message_id", name=op.f("uq_bank_message_kind_message_id")),
    )


def _findings() -> None:
    op.create_table(
        "bank_finding",
        sa.Column("bank_message_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_no", sa.Integer(), nullable=False),
        sa.Column("understood", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("end_to_end_id", sa.Text(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("entry_reference", sa.Text(), nullable=True),
        sa.Column("is_credit", sa.Boolean(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("remittance_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "understood IN ('accepted', 'rejected', 'paid', 'returned', 'pending', 'not_ours',"
            " 'unmatched', 'already_known')",
            name=op.f("ck_bank_finding_understood_known"),
        ),
        sa.CheckConstraint(
            "remark IN ('amount_differs', 'total_differs', 'other_file', 'transfer_unknown',"
            " 'contradicts_paid', 'contradicts_failed', 'duplicate_file', 'second_entry',"
            " 'reversal', 'status_unknown', 'currency')",
            name=op.f("ck_bank_finding_remark_known"),
        ),
        sa.CheckConstraint(
            "(understood = 'unmatched') = (remark IS NOT NULL)",
            name=op.f("ck_bank_finding_says_why"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_message_id"],
            ["bank_message.bank_message_id"],
            name=op.f("fk_bank_finding_bank_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["reimbursement_run.run_id"], name=op.f("fk_bank_finding_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_bank_finding_remittance_id"),
        ),
        sa.PrimaryKeyConstraint("bank_message_id", "entry_no", name=op.f("pk_bank_finding")),
    )
    op.create_index(op.f("ix_bank_finding_run_id"), "bank_finding", ["run_id"])
    op.create_index(op.f("ix_bank_finding_remittance_id"), "bank_finding", ["remittance_id"])


def _answers() -> None:
    op.create_table(
        "transfer_answer",
        sa.Column("remittance_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("with_file", sa.Boolean(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("bank_message_id", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('paid', 'failed')", name=op.f("ck_transfer_answer_outcome_known")
        ),
        sa.CheckConstraint(
            "(outcome = 'failed') = (reason_code IS NOT NULL)",
            name=op.f("ck_transfer_answer_fails_for_a_reason"),
        ),
        sa.CheckConstraint(
            "outcome = 'failed' OR NOT with_file",
            name=op.f("ck_transfer_answer_only_a_file_is_refused"),
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_transfer_answer_remittance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_message_id"],
            ["bank_message.bank_message_id"],
            name=op.f("fk_transfer_answer_bank_message_id"),
        ),
        sa.PrimaryKeyConstraint("remittance_id", "outcome", name=op.f("pk_transfer_answer")),
    )
    op.create_index(
        "ix_transfer_answer_failed",
        "transfer_answer",
        ["remittance_id"],
        postgresql_where=sa.text("outcome = 'failed'"),
    )
    op.create_table(
        "transfer_release",
        sa.Column("remittance_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released_by", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_transfer_release_remittance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["released_by"], ["agent.agent_id"], name=op.f("fk_transfer_release_released_by")
        ),
        sa.PrimaryKeyConstraint("remittance_id", name=op.f("pk_transfer_release")),
    )


def _presented_again() -> None:
    op.create_table(
        "remittance_re_presentation",
        sa.Column("from_remittance_id", sa.BigInteger(), nullable=False),
        sa.Column("into_remittance_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "from_remittance_id < into_remittance_id",
            name=op.f("ck_remittance_re_presentation_forwards"),
        ),
        sa.ForeignKeyConstraint(
            ["from_remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_remittance_re_presentation_from_remittance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["into_remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_remittance_re_presentation_into_remittance_id"),
        ),
        sa.PrimaryKeyConstraint("from_remittance_id", name=op.f("pk_remittance_re_presentation")),
    )
    op.create_index(
        op.f("ix_remittance_re_presentation_into_remittance_id"),
        "remittance_re_presentation",
        ["into_remittance_id"],
    )
    op.add_column(
        "remittance",
        sa.Column("presentation", sa.SmallInteger(), nullable=False, server_default="0"),
    )
    op.create_check_constraint(
        op.f("ck_remittance_one_side"),
        "remittance",
        "transfer_cents = 0 OR carried_out_cents = 0",
    )
    op.create_check_constraint(
        op.f("ck_remittance_presented_again"),
        "remittance",
        "presentation >= 0 AND re_presented_cents >= 0"
        " AND (presentation > 0) = (re_presented_cents > 0)",
    )


def _went_to_the_bank() -> None:
    op.drop_constraint(
        op.f("ck_reimbursement_run_approved_by_a_person"), "reimbursement_run", type_="check"
    )
    op.create_check_constraint(
        op.f("ck_reimbursement_run_approved_by_a_person"),
        "reimbursement_run",
        "state NOT IN ('approved', 'exported', 'accepted', 'paid', 'bank_rejected')"
        " OR approved_by IS NOT NULL",
    )
    op.create_check_constraint(
        op.f("ck_reimbursement_run_went_to_the_bank"),
        "reimbursement_run",
        "(state IN ('exported', 'accepted', 'paid', 'bank_rejected')) = (exported_at IS NOT NULL)",
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
