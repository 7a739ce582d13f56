"""Partners and terminals"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "partner",
        sa.Column("partner_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("trade_name", sa.Text(), nullable=False),
        sa.Column("trade", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("commune", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'suspended')", name=op.f("ck_partner_state_known")),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_partner")),
        sa.UniqueConstraint("siret", name=op.f("uq_partner_siret")),
    )
    op.create_table(
        "register_version",
        sa.Column("one_row", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one_row = 1", name=op.f("ck_register_version_one_row")),
        sa.PrimaryKeyConstraint("one_row", name=op.f("pk_register_version")),
    )
    op.create_table(
        "agreement",
        sa.Column("agreement_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "ends_before IS NULL OR starts_on < ends_before", name=op.f("ck_agreement_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.partner_id"], name=op.f("fk_agreement_partner_id")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("number", name=op.f("uq_agreement_number")),
    )
    op.create_index(op.f("ix_agreement_partner_id"), "agreement", ["partner_id"], unique=False)
    op.create_table(
        "bank_account",
        sa.Column("bank_account_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="unverified", nullable=False),
        sa.Column("usable_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_by", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'verified' OR verified_by IS NOT NULL",
            name=op.f("ck_bank_account_verified_by_someone"),
        ),
        sa.CheckConstraint(
            "state IN ('unverified', 'verified', 'replaced')",
            name=op.f("ck_bank_account_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.partner_id"], name=op.f("fk_bank_account_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["agent.agent_id"], name=op.f("fk_bank_account_verified_by")
        ),
        sa.PrimaryKeyConstraint("bank_account_id", name=op.f("pk_bank_account")),
    )
    op.create_index(
        "uq_bank_account_live",
        "bank_account",
        ["partner_id", "state"],
        unique=True,
        postgresql_where=sa.text("state <> 'replaced'"),
    )
    op.create_table(
        "outlet",
        sa.Column("outlet_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.partner_id"], name=op.f("fk_outlet_partner_id")
        ),
        sa.PrimaryKeyConstraint("outlet_id", name=op.f("pk_outlet")),
        sa.UniqueConstraint("partner_id", "name", name=op.f("uq_outlet_partner_id_name")),
    )
    op.create_table(
        "agreement_wallet",
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "wallet IN ('sport_culture_leisure', 'tutoring')",
            name=op.f("ck_agreement_wallet_wallet_known"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.agreement_id"],
            name=op.f("fk_agreement_wallet_agreement_id"),
        ),
        sa.PrimaryKeyConstraint("agreement_id", "wallet", name=op.f("pk_agreement_wallet")),
    )
    op.create_table(
        "terminal",
        sa.Column("terminal_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("outlet_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=True),
        sa.Column("pin_required", sa.Text(), nullable=False),
        sa.Column("above_cents", sa.BigInteger(), nullable=True),
        sa.Column("limit_cents", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(pin_required = 'above') = (above_cents IS NOT NULL)",
            name=op.f("ck_terminal_above_what"),
        ),
        sa.CheckConstraint(
            "kind IN ('phone', 'box', 'reader', 'web_till')", name=op.f("ck_terminal_kind_known")
        ),
        sa.CheckConstraint(
            "pin_required IN ('always', 'above', 'never')",
            name=op.f("ck_terminal_pin_required_known"),
        ),
        sa.CheckConstraint(
            "state <> 'active' OR key_hash IS NOT NULL", name=op.f("ck_terminal_active_has_key")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'active', 'revoked')", name=op.f("ck_terminal_state_known")
        ),
        sa.CheckConstraint("limit_cents > 0", name=op.f("ck_terminal_limit_positive")),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlet.outlet_id"], name=op.f("fk_terminal_outlet_id")
        ),
        sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_terminal")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_terminal_key_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_terminal_public_id")),
    )
    op.create_index(op.f("ix_terminal_outlet_id"), "terminal", ["outlet_id"], unique=False)
    op.create_index(
        "uq_terminal_web_till",
        "terminal",
        ["outlet_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'web_till' AND state <> 'revoked'"),
    )
    op.create_table(
        "activation_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.terminal_id"], name=op.f("fk_activation_code_terminal_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_activation_code")),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
