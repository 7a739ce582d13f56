"""What runs by itself: jobs, and the mails of closed days"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_run",
        sa.Column("job_run_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "job IN ('day_close', 'lapse', 'day_mail', 'draft')", name=op.f("ck_job_run_job_known")
        ),
        sa.CheckConstraint("outcome IN ('done', 'failed')", name=op.f("ck_job_run_outcome_known")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)",
            name=op.f("ck_job_run_ended_with_an_outcome"),
        ),
        sa.PrimaryKeyConstraint("job_run_id", name=op.f("pk_job_run")),
    )
    op.create_index("ix_job_run_job", "job_run", ["job", "started_at"], unique=False)
    op.create_table(
        "day_mail",
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_day"], ["day_block.business_day"], name=op.f("fk_day_mail_business_day")
        ),
        sa.PrimaryKeyConstraint("business_day", "partner_id", name=op.f("pk_day_mail")),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
