"""A plain outbox: an operation waits to be told, and the operation knows whom

Each sale wrote a key, an index and a holder that nobody needs (docs/decisions/0013).
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("pk_notification_outbox"), "notification_outbox", type_="primary")
    op.drop_column("notification_outbox", "notification_id")
    op.drop_column("notification_outbox", "beneficiary_id")


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
