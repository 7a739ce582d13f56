"""A plain outbox and another hash: a sale writes less, and less is looked up for it

Each sale wrote a key, an index and a holder that nobody needs; and operations are hashed over other
bytes (docs/decisions/0013), so that a ledger of before could never be proved again: it is refused.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


_HASH_OF_BEFORE = (
    "operation_hash(uuid, int, int, int, bigint, bigint, bigint, bigint, bigint, bigint, int, text,"
    " bigint, bigint, int, int, boolean, uuid, timestamptz, date)"
)


def upgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT EXISTS (SELECT FROM operation)")).scalar_one():
        raise ValueError(
            "operations made before 0018 have another hash: begin with an empty database"
        )
    op.execute(f"DROP FUNCTION IF EXISTS {_HASH_OF_BEFORE}")
    op.drop_constraint(op.f("pk_notification_outbox"), "notification_outbox", type_="primary")
    op.drop_column("notification_outbox", "notification_id")
    op.drop_column("notification_outbox", "beneficiary_id")


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
