"""Youths who sign in: links by mail, a parent's consent, proofs, sessions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _members()
    _links()
    _consents()
    _proofs()
    _beneficiaries()
    _sessions()


def _members() -> None:
    op.create_table(
        "member",
        sa.Column("member_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("former_emails", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("commune", sa.Text(), nullable=True),
        sa.Column("school_kind", sa.Text(), nullable=True),
        sa.Column("beneficiary_id", sa.BigInteger(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("easy_reading", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("notices_in_page", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("notices_by_push", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("notices_by_mail", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(beneficiary_id IS NULL) = (linked_at IS NULL)", name=op.f("ck_member_linked")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_member_email_lower")),
        sa.CheckConstraint(
            "num_nonnulls(first_name, last_name, birth_date) IN (0, 3)",
            name=op.f("ck_member_named"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(quiet_from, quiet_until) IN (0, 2)",
            name=op.f("ck_member_quiet_hours"),
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"],
            ["beneficiary.beneficiary_id"],
            name=op.f("fk_member_beneficiary_id"),
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member")),
        sa.UniqueConstraint("beneficiary_id", name=op.f("uq_member_beneficiary_id")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
    )


def _links() -> None:
    op.create_table(
        "member_link",
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'sign_up') = (member_id IS NULL)",
            name=op.f("ck_member_link_of_a_member"),
        ),
        sa.CheckConstraint(
            "purpose IN ('sign_up', 'reset', 'email', 'consent', 'parent')",
            name=op.f("ck_member_link_purpose_known"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_member_link_email_lower")),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.member_id"],
            name=op.f("fk_member_link_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("link_hash", name=op.f("pk_member_link")),
        sa.UniqueConstraint("nonce", name=op.f("uq_member_link_nonce")),
    )
    op.create_index(op.f("ix_member_link_member_id"), "member_link", ["member_id"], unique=False)
    op.create_index(
        "ix_member_link_email",
        "member_link",
        ["email"],
        unique=False,
        postgresql_where=sa.text("used_at IS NULL"),
    )


def _consents() -> None:
    op.create_table(
        "parent_consent",
        sa.Column("consent_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_email", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parent_name", sa.Text(), nullable=True),
        sa.Column("words_version", sa.Text(), nullable=True),
        sa.Column("browser", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_at IS NULL)", name=op.f("ck_parent_consent_decided")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'given', 'refused', 'withdrawn', 'replaced')",
            name=op.f("ck_parent_consent_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('given', 'withdrawn') OR num_nonnulls(parent_name, words_version) = 2",
            name=op.f("ck_parent_consent_given_with_evidence"),
        ),
        sa.CheckConstraint(
            "parent_email = lower(parent_email)", name=op.f("ck_parent_consent_email_lower")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.member_id"],
            name=op.f("fk_parent_consent_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_parent_consent")),
    )
    op.create_index(
        op.f("ix_parent_consent_member_id"), "parent_consent", ["member_id"], unique=False
    )
    op.create_index(
        "uq_parent_consent_live",
        "parent_consent",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'given')"),
    )


def _proofs() -> None:
    op.create_table(
        "proof_file",
        sa.Column("proof_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL) AND (state = 'refused') = (refusal_reason IS NOT NULL)",
            name=op.f("ck_proof_file_decided"),
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (image IS NOT NULL)",
            name=op.f("ck_proof_file_kept_until_decided"),
        ),
        sa.CheckConstraint(
            "kind IN ('identity', 'residence', 'schooling', 'portrait')",
            name=op.f("ck_proof_file_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'accepted', 'refused')", name=op.f("ck_proof_file_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.member_id"],
            name=op.f("fk_proof_file_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["agent.agent_id"], name=op.f("fk_proof_file_decided_by")
        ),
        sa.PrimaryKeyConstraint("proof_id", name=op.f("pk_proof_file")),
    )
    op.create_index(op.f("ix_proof_file_member_id"), "proof_file", ["member_id"], unique=False)
    op.create_index(
        "uq_proof_file_waiting",
        "proof_file",
        ["member_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _beneficiaries() -> None:
    op.add_column("beneficiary", sa.Column("erased_ine_mac", sa.LargeBinary(), nullable=True))
    op.add_column(
        "beneficiary", sa.Column("erased_person_macs", sa.ARRAY(sa.LargeBinary()), nullable=True)
    )
    op.create_index(
        "ix_beneficiary_erased_person",
        "beneficiary",
        ["beneficiary_id"],
        unique=False,
        postgresql_where=sa.text("erased_person_macs IS NOT NULL"),
    )
    op.alter_column("beneficiary", "ine", existing_type=sa.TEXT(), nullable=True)
    op.create_unique_constraint(
        op.f("uq_beneficiary_erased_ine_mac"), "beneficiary", ["erased_ine_mac"]
    )


def _sessions() -> None:
    op.add_column("web_session", sa.Column("member_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_web_session_member_id"), "web_session", ["member_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_web_session_member_id"),
        "web_session",
        "member",
        ["member_id"],
        ["member_id"],
        ondelete="CASCADE",
    )
    op.drop_constraint(op.f("ck_web_session_of_somebody"), "web_session", type_="check")
    op.create_check_constraint(
        op.f("ck_web_session_of_somebody"),
        "web_session",
        "num_nonnulls(credential_id, delegate_id, agent_id, member_id) > 0",
    )
    op.create_check_constraint(
        op.f("ck_web_session_youths_apart"),
        "web_session",
        "(realm = 'youth') = (member_id IS NOT NULL)"
        " AND (member_id IS NULL OR num_nonnulls(credential_id, delegate_id, agent_id) = 0)",
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger goes forward: restore a backup instead")
