"""The screen of a card, its pauses, the plastic that is ordered"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _pauses()
    _screens()
    _plastic()
    _pauses_there_are()


def _pauses() -> None:
    op.create_table(
        "card_pause",
        sa.Column("card_id", sa.BigInteger(), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "paused_by IN ('holder', 'parent', 'department')",
            name=op.f("ck_card_pause_paused_by_known"),
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.card_id"], name=op.f("fk_card_pause_card_id")),
        sa.PrimaryKeyConstraint("card_id", "paused_by", name=op.f("pk_card_pause")),
    )


def _screens() -> None:
    op.create_table(
        "screen_card",
        sa.Column("card_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.card_id"], name=op.f("fk_screen_card_card_id")),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_screen_card")),
        sa.UniqueConstraint("reference", name=op.f("uq_screen_card_reference")),
    )
    op.create_table(
        "screen_step",
        sa.Column("card_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("card_id", "step", name=op.f("pk_screen_step")),
    )


def _plastic() -> None:
    op.create_table(
        "plastic_order",
        sa.Column("order_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("card_id", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.card_id"], name=op.f("fk_plastic_order_card_id")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_plastic_order")),
    )
    op.create_index(
        "uq_plastic_order_waiting",
        "plastic_order",
        ["card_id"],
        unique=True,
        postgresql_where=sa.text("printed_at IS NULL"),
    )


def _pauses_there_are() -> None:
    # Until now only the Département's command could. When is not known: after their activation.
    op.execute(
        "INSERT INTO card_pause (card_id, paused_by, paused_at)"
        " SELECT card_id, 'department', activated_at FROM card WHERE state = 'paused'"
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
