"""The scheme as dated data: school years, wallets, rules, fortnights, communes.

The law: every rule that the department can change is a row with a first day and a source.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from cardservice.db.tables.metadata import metadata, wallet_known

school_year = Table(
    "school_year",
    metadata,
    Column("school_year", SmallInteger, primary_key=True, autoincrement=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("source", Text, nullable=False),
    CheckConstraint("first_day < last_day", name="in_order"),
)

wallet_grant = Table(
    "wallet_grant",
    metadata,
    Column("school_year", ForeignKey("school_year.school_year"), nullable=False),
    Column("wallet", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    PrimaryKeyConstraint("school_year", "wallet"),
    wallet_known(),
    CheckConstraint("amount_cents > 0", name="positive"),
)

scheme_rule = Table(
    "scheme_rule",
    metadata,
    Column("name", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("value", JSONB, nullable=False),
    Column("source", Text, nullable=False),
    PrimaryKeyConstraint("name", "valid_from"),
)

fortnight = Table(
    "fortnight",
    metadata,
    Column("period_key", Text, primary_key=True),
    Column("starts_on", Date, nullable=False),
    Column("ends_before", Date, nullable=False),
    CheckConstraint("starts_on < ends_before", name="in_order"),
    ExcludeConstraint(
        (text("daterange(starts_on, ends_before)"), "&&"), name="no_overlap", using="gist"
    ),
)

commune = Table(
    "commune",
    metadata,
    Column("insee_code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("postal_codes", ARRAY(Text), nullable=False),
)
