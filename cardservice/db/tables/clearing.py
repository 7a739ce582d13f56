"""The clearing house: runs, remittances, their lines, the documents, the history.

The law: a debit stands in one live run at most, a run is approved by somebody else than who
submitted it, and nothing of a run changes after it was submitted but its state.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of, wallet_known

RUN_STATES = (
    "draft",
    "submitted",
    "approved",
    "exported",
    "accepted",
    "paid",
    "rejected",
    "bank_rejected",
    "cancelled",
)

reimbursement_run = Table(
    "reimbursement_run",
    metadata,
    identity("run_id"),
    Column("period_key", ForeignKey("fortnight.period_key"), nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("debits", BigInteger, nullable=False),
    Column("partners", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("corrections_cents", BigInteger, nullable=False),
    Column("carried_in_cents", BigInteger, nullable=False),
    Column("carried_out_cents", BigInteger, nullable=False),
    Column("re_presented_cents", BigInteger, nullable=False),
    Column("transfers_cents", BigInteger, nullable=False),
    Column("content_hash", LargeBinary),
    Column("submitted_by", ForeignKey("agent.agent_id")),
    Column("approved_by", ForeignKey("agent.agent_id")),
    Column("msg_id", Text, unique=True),
    instant("exported_at"),
    Column("execution_on", Date),
    UniqueConstraint("period_key", "attempt"),
    one_of("state", RUN_STATES),
    CheckConstraint(
        "state IN ('draft', 'rejected', 'cancelled')"
        " OR (submitted_by IS NOT NULL AND content_hash IS NOT NULL)",
        name="submitted_by_a_person",
    ),
    CheckConstraint(
        "state NOT IN ('approved', 'exported', 'accepted', 'paid', 'bank_rejected')"
        " OR approved_by IS NOT NULL",
        name="approved_by_a_person",
    ),
    # Whoever asks what went to the bank asks for `exported_at`.
    CheckConstraint(
        "(state IN ('exported', 'accepted', 'paid', 'bank_rejected')) = (exported_at IS NOT NULL)",
        name="went_to_the_bank",
    ),
    CheckConstraint("approved_by <> submitted_by", name="four_eyes"),
    CheckConstraint(
        "gross_cents + corrections_cents + carried_in_cents + re_presented_cents"
        " = transfers_cents + carried_out_cents",
        name="adds_up",
    ),
    Index(
        "uq_reimbursement_run_live",
        "period_key",
        unique=True,
        postgresql_where=text("state NOT IN ('cancelled', 'bank_rejected')"),
    ),
)

run_event = Table(
    "run_event",
    metadata,
    identity("event_id"),
    Column("run_id", ForeignKey("reimbursement_run.run_id"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    instant("at", nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text),
)

remittance = Table(
    "remittance",
    metadata,
    identity("remittance_id"),
    Column("run_id", ForeignKey("reimbursement_run.run_id"), nullable=False),
    Column("partner_id", ForeignKey("partner.partner_id"), nullable=False),
    Column("number_year", SmallInteger),
    Column("number", Integer),
    Column("gross_cents", BigInteger, nullable=False),
    Column("corrections_cents", BigInteger, nullable=False),
    Column("carried_in_cents", BigInteger, nullable=False),
    Column("re_presented_cents", BigInteger, nullable=False),
    # How many times its money is presented again; 0 for money that goes to the bank first.
    Column("presentation", SmallInteger, nullable=False, server_default="0"),
    Column("transfer_cents", BigInteger, nullable=False),
    Column("carried_out_cents", BigInteger, nullable=False),
    Column("iban", Text),
    Column("holder_name", Text),
    UniqueConstraint("run_id", "partner_id"),
    UniqueConstraint("number_year", "number"),
    CheckConstraint(
        "gross_cents + corrections_cents + carried_in_cents + re_presented_cents"
        " = transfer_cents + carried_out_cents",
        name="adds_up",
    ),
    CheckConstraint("transfer_cents >= 0 AND carried_out_cents <= 0", name="sides"),
    # What is paid leaves nothing to carry: the two would add up whatever they were.
    CheckConstraint("transfer_cents = 0 OR carried_out_cents = 0", name="one_side"),
    CheckConstraint(
        "presentation >= 0 AND re_presented_cents >= 0"
        " AND (presentation > 0) = (re_presented_cents > 0)",
        name="presented_again",
    ),
)

remittance_line = Table(
    "remittance_line",
    metadata,
    Column("remittance_id", ForeignKey("remittance.remittance_id"), nullable=False, index=True),
    Column("operation_id", Uuid, nullable=False),
    Column("wallet", Text, nullable=False),
    Column("nature", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("live", Boolean, nullable=False, server_default=text("true")),
    wallet_known(),
    one_of("nature", ("debit", "regularisation", "reversal")),
    # Only a regularisation takes back.
    CheckConstraint(
        "(nature = 'regularisation') = (amount_cents < 0) AND amount_cents <> 0", name="sides"
    ),
    # A debit is paid once: this key, not the programs, is the guarantee.
    Index("uq_remittance_line_live", "operation_id", unique=True, postgresql_where=text("live")),
    # Whoever was ever corrected is paid apart (clearing/run/export.py).
    Index(
        "ix_remittance_line_correction", "remittance_id", postgresql_where=text("nature <> 'debit'")
    ),
)

# Whose payments are held back, and why: for drafts only, never for what was submitted.
partner_hold = Table(
    "partner_hold",
    metadata,
    identity("partner_hold_id"),
    Column("partner_id", ForeignKey("partner.partner_id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("held_by", ForeignKey("agent.agent_id"), nullable=False),
    instant("held_at", nullable=False),
    Column("released_by", ForeignKey("agent.agent_id")),
    instant("released_at"),
    CheckConstraint("(released_by IS NULL) = (released_at IS NULL)", name="released_by_a_person"),
    Index(
        "uq_partner_hold_now",
        "partner_id",
        unique=True,
        postgresql_where=text("released_at IS NULL"),
    ),
)

# What a remittance could not take back, and the later one that takes it into account.
remittance_carry = Table(
    "remittance_carry",
    metadata,
    # Carried once: this key, not the programs, is the guarantee.
    Column("from_remittance_id", ForeignKey("remittance.remittance_id"), primary_key=True),
    Column(
        "into_remittance_id", ForeignKey("remittance.remittance_id"), nullable=False, index=True
    ),
    CheckConstraint("from_remittance_id < into_remittance_id", name="forwards"),
)

# What a paid remittance took out of the partner's account of each wallet.
remittance_payment = Table(
    "remittance_payment",
    metadata,
    Column("remittance_id", ForeignKey("remittance.remittance_id"), nullable=False),
    Column("wallet", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    PrimaryKeyConstraint("remittance_id", "wallet"),
    wallet_known(),
    CheckConstraint("amount_cents > 0", name="leaves_the_account"),
)

# Of a remittance, the text of its verification code among them; and of a whole run.
REMITTANCE_PAPERS = ("pdf", "csv", "html", "signature")
RUN_PAPERS = ("pain001", "payment_list_csv", "payment_list_pdf")

document = Table(
    "document",
    metadata,
    identity("document_id"),
    Column("run_id", ForeignKey("reimbursement_run.run_id"), nullable=False),
    Column("remittance_id", ForeignKey("remittance.remittance_id"), index=True),
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    instant("stored_at", nullable=False),
    one_of("kind", (*REMITTANCE_PAPERS, *RUN_PAPERS)),
    CheckConstraint(
        "(kind IN ('pain001', 'payment_list_csv', 'payment_list_pdf')) = (remittance_id IS NULL)",
        name="of_run_or_remittance",
    ),
    UniqueConstraint("run_id", "remittance_id", "kind", postgresql_nulls_not_distinct=True),
)

# A paper that could not be rendered, each time it was tried; `remittance_id` is null for the run's.
paper_failure = Table(
    "paper_failure",
    metadata,
    identity("paper_failure_id"),
    Column("run_id", ForeignKey("reimbursement_run.run_id"), nullable=False, index=True),
    Column("remittance_id", ForeignKey("remittance.remittance_id"), index=True),
    Column("reason", Text, nullable=False),
    instant("failed_at", nullable=False),
)
