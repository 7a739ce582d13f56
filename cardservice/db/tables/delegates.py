"""The people of a partner (C32 to C36): delegates, their outlets, day passes, what they ask for.

The law: a partner has exactly one lead delegate, always (an index and the trigger
`partner_keeps_its_lead`); who acted is a delegate, also on a pass of one day, so that every act
leads to a person. A delegate is never deleted: acts of years ago still name one.
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
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of

# Words of the glossary: lead delegate, cashier (till and today's transactions), accountant
# (transactions and reimbursements), editor (bons plans), and the bearer of a day's pass.
DELEGATE_ROLES = ("lead", "cashier", "accountant", "editor", "day_cashier")
DELEGATE_STATES = ("invited", "active", "suspended", "removed")

delegate = Table(
    "delegate",
    metadata,
    identity("delegate_id"),
    Column("partner_id", ForeignKey("partner.partner_id"), nullable=False, index=True),
    Column("credential_id", ForeignKey("credential.credential_id"), index=True),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="invited"),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("every_outlet", Boolean, nullable=False),
    # The first Paris day on which the delegation no longer holds.
    Column("ends_before", Date),
    # The most that one debit of theirs may be; NULL leaves the terminal's own limit.
    Column("ceiling_cents", BigInteger),
    Column("invited_by", ForeignKey("delegate.delegate_id")),
    instant("created_at", nullable=False),
    instant("activated_at"),
    instant("removed_at"),
    one_of("role", DELEGATE_ROLES),
    one_of("state", DELEGATE_STATES),
    CheckConstraint(
        "role <> 'lead' OR (every_outlet AND ends_before IS NULL AND ceiling_cents IS NULL)",
        name="a_lead_answers_for_all",
    ),
    CheckConstraint("(role = 'day_cashier') = (credential_id IS NULL)", name="signs_in"),
    CheckConstraint("role <> 'day_cashier' OR ends_before IS NOT NULL", name="a_pass_ends"),
    CheckConstraint(
        "state <> 'active' OR (first_name IS NOT NULL AND last_name IS NOT NULL)",
        name="named_when_active",
    ),
    CheckConstraint("ceiling_cents > 0", name="ceiling_positive"),
    Index(
        "uq_delegate_lead",
        "partner_id",
        unique=True,
        postgresql_where=text("role = 'lead' AND state <> 'removed'"),
    ),
    # Once per partner; the same person may be a delegate of several.
    Index(
        "uq_delegate_credential",
        "partner_id",
        "credential_id",
        unique=True,
        postgresql_where=text("state <> 'removed'"),
    ),
)

delegate_outlet = Table(
    "delegate_outlet",
    metadata,
    Column("delegate_id", ForeignKey("delegate.delegate_id"), nullable=False),
    Column("outlet_id", ForeignKey("outlet.outlet_id"), nullable=False),
    PrimaryKeyConstraint("delegate_id", "outlet_id"),
)

till_pass = Table(
    "till_pass",
    metadata,
    Column("pass_hash", LargeBinary, primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("delegate_id", ForeignKey("delegate.delegate_id"), unique=True, nullable=False),
    instant("opened_at"),
)

calendar_feed = Table(
    "calendar_feed",
    metadata,
    Column("feed_hash", LargeBinary, primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("partner_id", ForeignKey("partner.partner_id"), unique=True, nullable=False),
    instant("made_at", nullable=False),
)

REGULARISATION_REASONS = ("mistake", "wrong_amount", "wrong_wallet", "debited_twice", "other")
# What only a youth can say: "it was not me".
FILE_REASONS = (*REGULARISATION_REASONS, "not_me")

regularisation_file = Table(
    "regularisation_file",
    metadata,
    identity("file_id"),
    Column("operation_id", Uuid, nullable=False),
    Column("partner_id", ForeignKey("partner.partner_id"), nullable=False, index=True),
    # Asked by the partner, or by the youth (« Ce n'était pas moi »).
    Column("opened_by", ForeignKey("delegate.delegate_id")),
    Column("opened_by_holder", ForeignKey("beneficiary.beneficiary_id")),
    instant("opened_at", nullable=False),
    Column("reason", Text, nullable=False),
    # What the debit should have been; 0 when it should not have been at all.
    Column("right_amount_cents", BigInteger, nullable=False),
    # Free text stands apart from the ledger and can be erased.
    Column("explanation", Text),
    Column("state", Text, nullable=False, server_default="open"),
    # Turned down by the hotline without anything to book, with what whoever asked is told.
    Column("refused_by", ForeignKey("agent.agent_id")),
    instant("refused_at"),
    Column("refusal_reason", Text),
    CheckConstraint(
        "num_nonnulls(refused_by, refused_at, refusal_reason) IN (0, 3)",
        name="refused_with_a_reason",
    ),
    one_of("reason", FILE_REASONS),
    one_of("state", ("open", "granted", "refused")),
    CheckConstraint("right_amount_cents >= 0", name="right_amount"),
    CheckConstraint("num_nonnulls(opened_by, opened_by_holder) = 1", name="of_one_side"),
    CheckConstraint(
        "(reason = 'not_me') = (opened_by_holder IS NOT NULL)", name="reasons_of_each_side"
    ),
    # One question per debit and side: asking twice finds the file that is there.
    Index(
        "uq_regularisation_file_partner",
        "operation_id",
        unique=True,
        postgresql_where=text("opened_by IS NOT NULL"),
    ),
    # Whether any page of a holder must be drawn anew is asked every second (live_marks.py).
    Index(
        "ix_regularisation_file_of_holder",
        "opened_by_holder",
        postgresql_where=text("opened_by_holder IS NOT NULL"),
    ),
    Index(
        "uq_regularisation_file_holder",
        "operation_id",
        unique=True,
        postgresql_where=text("opened_by_holder IS NOT NULL"),
    ),
)
