"""What the bank says of the transfers: its messages, what was understood, each transfer's answer.

The law: these rows are only ever added. A transfer fails once and is paid once; what failed is owed
again and presented again once (`remittance_re_presentation`), never by freeing its lines.
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
    Table,
    Text,
    UniqueConstraint,
    text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of

MESSAGE_KINDS = ("pain002", "camt053", "camt054", "typed")

# What was understood of an entry of a message.
UNDERSTOOD = (
    "accepted",
    "rejected",
    "paid",
    "returned",
    "pending",
    "not_ours",
    "unmatched",
    "already_known",
)

# Why an entry that is ours changes nothing until a person has looked at it.
REMARKS = (
    "amount_differs",
    "total_differs",
    "other_file",
    "transfer_unknown",
    "contradicts_paid",
    "contradicts_failed",
    "duplicate_file",
    "second_entry",
    "reversal",
    "status_unknown",
    "currency",
)

bank_message = Table(
    "bank_message",
    metadata,
    identity("bank_message_id"),
    Column("kind", Text, nullable=False),
    # The bank's own name for it; for what was typed in, ours.
    Column("message_id", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    instant("received_at", nullable=False),
    Column("received_by", ForeignKey("agent.agent_id"), nullable=False),
    one_of("kind", MESSAGE_KINDS),
    # Taken once: this key, not the programs, is the guarantee.
    UniqueConstraint("kind", "message_id"),
)

bank_finding = Table(
    "bank_finding",
    metadata,
    Column("bank_message_id", ForeignKey("bank_message.bank_message_id"), nullable=False),
    Column("entry_no", Integer, nullable=False),
    Column("understood", Text, nullable=False),
    Column("remark", Text),
    Column("end_to_end_id", Text),
    Column("amount_cents", BigInteger),
    Column("reason_code", Text),
    Column("entry_reference", Text),
    # Of a movement on our account: false is a debit, true money that came back.
    Column("is_credit", Boolean),
    Column("happened_on", Date),
    Column("run_id", ForeignKey("reimbursement_run.run_id"), index=True),
    Column("remittance_id", ForeignKey("remittance.remittance_id"), index=True),
    PrimaryKeyConstraint("bank_message_id", "entry_no"),
    one_of("understood", UNDERSTOOD),
    one_of("remark", REMARKS),
    CheckConstraint("(understood = 'unmatched') = (remark IS NOT NULL)", name="says_why"),
)

# Written by the money function answer_transfers() alone, with its operations.
transfer_answer = Table(
    "transfer_answer",
    metadata,
    Column("remittance_id", ForeignKey("remittance.remittance_id"), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason_code", Text),
    # The bank refused the whole file: nothing is wrong with this transfer itself.
    Column("with_file", Boolean, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("bank_message_id", ForeignKey("bank_message.bank_message_id"), nullable=False),
    instant("answered_at", nullable=False),
    PrimaryKeyConstraint("remittance_id", "outcome"),
    one_of("outcome", ("paid", "failed")),
    CheckConstraint("(outcome = 'failed') = (reason_code IS NOT NULL)", name="fails_for_a_reason"),
    CheckConstraint("outcome = 'failed' OR NOT with_file", name="only_a_file_is_refused"),
    # What is owed again is looked for at every draft.
    Index(
        "ix_transfer_answer_failed", "remittance_id", postgresql_where=text("outcome = 'failed'")
    ),
)

# A failed transfer whose account did not change, let go again by a person.
transfer_release = Table(
    "transfer_release",
    metadata,
    Column("remittance_id", ForeignKey("remittance.remittance_id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("released_by", ForeignKey("agent.agent_id"), nullable=False),
    instant("released_at", nullable=False),
)

# A failed transfer, and the later remittance that presents its money again.
remittance_re_presentation = Table(
    "remittance_re_presentation",
    metadata,
    # Presented again once: this key, not the programs, is the guarantee.
    Column("from_remittance_id", ForeignKey("remittance.remittance_id"), primary_key=True),
    Column(
        "into_remittance_id", ForeignKey("remittance.remittance_id"), nullable=False, index=True
    ),
    CheckConstraint("from_remittance_id < into_remittance_id", name="forwards"),
)
