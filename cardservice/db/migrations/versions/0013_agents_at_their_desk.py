"""Sessions of the agents at their desk"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("web_session", sa.Column("agent_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_web_session_agent_id"), "web_session", "agent", ["agent_id"], ["agent_id"]
    )
    op.create_index(op.f("ix_web_session_agent_id"), "web_session", ["agent_id"], unique=False)
    op.drop_constraint(op.f("ck_web_session_of_somebody"), "web_session", type_="check")
    op.create_check_constraint(
        op.f("ck_web_session_of_somebody"),
        "web_session",
        "num_nonnulls(credential_id, delegate_id, agent_id) > 0",
    )
    op.create_check_constraint(
        op.f("ck_web_session_agents_apart"),
        "web_session",
        "(realm = 'agent') = (agent_id IS NOT NULL)"
        " AND (agent_id IS NULL OR num_nonnulls(credential_id, delegate_id) = 0)",
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
