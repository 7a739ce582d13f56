"""The fleet of terminals: what is on loan, and when each was last seen"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("terminal", sa.Column("serial", sa.Text(), nullable=True))
    op.add_column("terminal", sa.Column("lent_on", sa.Date(), nullable=True))
    op.add_column("terminal", sa.Column("returned_on", sa.Date(), nullable=True))
    op.create_check_constraint(
        op.f("ck_terminal_lent_by_number"), "terminal", "(serial IS NULL) = (lent_on IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_terminal_lent_before_returned"), "terminal", "returned_on >= lent_on"
    )
    op.create_check_constraint(
        op.f("ck_terminal_lent_is_a_thing"), "terminal", "lent_on IS NULL OR kind <> 'web_till'"
    )
    op.create_index(
        "uq_terminal_serial",
        "terminal",
        ["serial"],
        unique=True,
        postgresql_where=sa.text("returned_on IS NULL"),
    )
    op.create_table(
        "terminal_sighting",
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("program", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(program) <= 60", name=op.f("ck_terminal_sighting_program_short")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"],
            ["terminal.terminal_id"],
            name=op.f("fk_terminal_sighting_terminal_id"),
        ),
        sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_terminal_sighting")),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
