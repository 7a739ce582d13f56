"""What moves no wallet is chained: a refusal by its card, the cancellation of an unknown debit by its
terminal

Until its day was sealed nothing missed such a row when a superuser took it away. Those that are there
get their chain in the order of their numbers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CHAIN_WHAT_IS_THERE = """
DO $$
DECLARE
    v_row record;
BEGIN
    FOR v_row IN
        SELECT CASE WHEN card_id IS NULL THEN 'terminal' ELSE 'card' END AS chained_by,
               coalesce(card_id, terminal_id, 0) AS id, hash
        FROM operation
        WHERE wallet_seq IS NULL
          AND (kind = 'cancellation' OR (kind = 'debit' AND card_id IS NOT NULL))
        ORDER BY operation_no
    LOOP
        INSERT INTO unmoved_chain AS link (chained_by, id, length, head)
        VALUES (v_row.chained_by, v_row.id, 1,
                sha256(decode(repeat('00', 32), 'hex') || v_row.hash))
        ON CONFLICT (chained_by, id) DO UPDATE
        SET length = link.length + 1, head = sha256(link.head || v_row.hash);
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "unmoved_chain",
        sa.Column("chained_by", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "chained_by IN ('card', 'terminal')", name=op.f("ck_unmoved_chain_chained_by_known")
        ),
        sa.PrimaryKeyConstraint("chained_by", "id", name=op.f("pk_unmoved_chain")),
    )
    op.execute(CHAIN_WHAT_IS_THERE)


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
