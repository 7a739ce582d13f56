"""Signed papers, the list that the public accountant pays by, and what could not be rendered"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_OF_RUN = "'pain001', 'payment_list_csv', 'payment_list_pdf'"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_document_kind_known"), "document", type_="check")
    op.drop_constraint(op.f("ck_document_of_run_or_remittance"), "document", type_="check")
    op.create_check_constraint(
        op.f("ck_document_kind_known"),
        "document",
        f"kind IN ('pdf', 'csv', 'html', 'signature', {_OF_RUN})",
    )
    op.create_check_constraint(
        op.f("ck_document_of_run_or_remittance"),
        "document",
        f"(kind IN ({_OF_RUN})) = (remittance_id IS NULL)",
    )
    op.create_table(
        "paper_failure",
        sa.Column("paper_failure_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("remittance_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["reimbursement_run.run_id"], name=op.f("fk_paper_failure_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittance.remittance_id"],
            name=op.f("fk_paper_failure_remittance_id"),
        ),
        sa.PrimaryKeyConstraint("paper_failure_id", name=op.f("pk_paper_failure")),
    )
    op.create_index(op.f("ix_paper_failure_run_id"), "paper_failure", ["run_id"], unique=False)
    op.create_index(
        op.f("ix_paper_failure_remittance_id"), "paper_failure", ["remittance_id"], unique=False
    )
    op.create_index(op.f("ix_document_remittance_id"), "document", ["remittance_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
