"""Budgets: the most that the department grants in a school year into the wallets of one kind.

The law: rows are added, never changed: the newest of a year and wallet is in force, the others are
its history. Without a row there is no limit. Grants look at it under a lock (grant_many.sql).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text

from cardservice.db.tables.metadata import identity, instant, metadata, wallet_known

wallet_budget = Table(
    "wallet_budget",
    metadata,
    identity("wallet_budget_id"),
    Column("school_year", ForeignKey("school_year.school_year"), nullable=False),
    Column("wallet", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    # The deliberation or decision that it comes from.
    Column("reason", Text, nullable=False),
    Column("set_by", ForeignKey("agent.agent_id"), nullable=False),
    instant("set_at", nullable=False),
    wallet_known(),
    CheckConstraint("amount_cents >= 0", name="not_negative"),
    Index("ix_wallet_budget_school_year_wallet", "school_year", "wallet"),
)
