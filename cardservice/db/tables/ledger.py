"""Money: wallets, the append-only operations, the open day, the seals, the outbox.

The law: `operation` is only ever inserted into, by the money functions alone; a wallet's balance
is between zero and its grant whatever anybody's code believes.

The two tables that every sale writes carry one CHECK each and no foreign key but the wallet's:
PostgreSQL reads a CHECK anew from its text at every statement, and both together would cost half of
the database's work at each sale. `cjeune proof` checks the rest (docs/decisions/0004).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from cardservice.db.tables.metadata import instant, metadata, one_of, wallet_known

wallet = Table(
    "wallet",
    metadata,
    Column("beneficiary_id", ForeignKey("beneficiary.beneficiary_id"), nullable=False),
    Column("school_year", ForeignKey("school_year.school_year"), nullable=False),
    Column("wallet", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("granted_cents", BigInteger, nullable=False),
    Column("balance_cents", BigInteger, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", LargeBinary, nullable=False),
    PrimaryKeyConstraint("beneficiary_id", "school_year", "wallet"),
    CheckConstraint("balance_cents BETWEEN 0 AND granted_cents", name="never_below_zero"),
    # What a year's grants add up to, before one more is given (grant_many.sql).
    Index("ix_wallet_school_year_wallet", "school_year", "wallet"),
    # No index on a column that moves, and room on the page: updates stay in place (HOT).
    postgresql_with={"fillfactor": 80},
)

operation = Table(
    "operation",
    metadata,
    Column("operation_no", BigInteger, Identity(always=True), nullable=False),
    Column("operation_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Text),
    Column("partner_id", BigInteger),
    Column("outlet_id", BigInteger),
    Column("terminal_id", BigInteger),
    Column("actor_id", BigInteger),
    Column("card_id", BigInteger),
    Column("beneficiary_id", BigInteger),
    Column("school_year", SmallInteger),
    Column("wallet", Text),
    Column("amount_cents", BigInteger),
    Column("balance_after_cents", BigInteger),
    Column("wallet_seq", Integer),
    Column("tries_left", SmallInteger),
    Column("pin_checked", Boolean, nullable=False),
    Column("target_id", Uuid),
    instant("accepted_at", nullable=False),
    Column("business_day", Date, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint(
        "amount_cents > 0 AND (outcome = 'declined') = (code IS NOT NULL)"
        " AND (code IS NULL OR wallet_seq IS NULL)",
        name="a_refusal_moves_nothing",
    ),
    # A wallet's movements are one gapless list.
    Index(
        "uq_operation_wallet_seq",
        "beneficiary_id",
        "school_year",
        "wallet",
        "wallet_seq",
        unique=True,
        postgresql_where=text("wallet_seq IS NOT NULL"),
    ),
    # One cancellation per debit, whatever the races.
    Index(
        "uq_operation_cancellation",
        "target_id",
        unique=True,
        postgresql_where=text("kind = 'cancellation'"),
    ),
    Index("ix_operation_day", "business_day", "partner_id", "operation_no"),
)

# What moves no wallet stands in no wallet's chain: a refusal stands in its card's, the cancellation
# of an unknown debit in its terminal's (record_operation.sql).
unmoved_chain = Table(
    "unmoved_chain",
    metadata,
    Column("chained_by", Text, nullable=False),
    # The card or the terminal.
    Column("id", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("head", LargeBinary, nullable=False),
    PrimaryKeyConstraint("chained_by", "id"),
    one_of("chained_by", ("card", "terminal")),
)

cancellation_reason = Table(
    "cancellation_reason",
    metadata,
    Column("operation_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    one_of("reason", ("mistake", "wrong_amount", "wrong_wallet", "holder_changed_mind", "other")),
)

open_day = Table(
    "open_day",
    metadata,
    Column("one_row", SmallInteger, primary_key=True, autoincrement=False),
    Column("first_open_day", Date, nullable=False),
    CheckConstraint("one_row = 1", name="one_row"),
)

day_block = Table(
    "day_block",
    metadata,
    Column("business_day", Date, primary_key=True),
    instant("closed_at", nullable=False),
    Column("operations", BigInteger),
    Column("root", LargeBinary),
    Column("previous_seal", LargeBinary),
    Column("seal", LargeBinary),
    CheckConstraint(
        "(seal IS NULL) = (root IS NULL) AND (seal IS NULL) = (operations IS NULL)",
        name="sealed_whole",
    ),
)

day_close = Table(
    "day_close",
    metadata,
    Column("business_day", ForeignKey("day_block.business_day"), nullable=False),
    # 0 is the department: grants, lapses, reimbursements.
    Column("partner_id", BigInteger, nullable=False),
    Column("operations", BigInteger, nullable=False),
    Column("debits", BigInteger, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    PrimaryKeyConstraint("business_day", "partner_id"),
)

day_close_wallet = Table(
    "day_close_wallet",
    metadata,
    Column("business_day", Date, nullable=False),
    Column("partner_id", BigInteger, nullable=False),
    Column("wallet", Text, nullable=False),
    Column("debits", BigInteger, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    PrimaryKeyConstraint("business_day", "partner_id", "wallet"),
    wallet_known(),
)

# No key, no index and no order, which each sale would pay for: the operation knows the rest.
notification_outbox = Table(
    "notification_outbox",
    metadata,
    Column("operation_id", Uuid, nullable=False),
)
