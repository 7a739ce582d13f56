"""What runs by itself: a record of every job, and which partners were told of which day.

The law: these rows prevent nothing but a second mail; what keeps money right is in the tables of
the ledger and of the clearing house, whoever starts a job and however often.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of

JOBS = ("day_close", "lapse", "day_mail", "draft")

job_run = Table(
    "job_run",
    metadata,
    identity("job_run_id"),
    Column("job", Text, nullable=False),
    # The day or the fortnight it was about.
    Column("about", Text, nullable=False),
    instant("started_at", nullable=False),
    # Neither: it is at work, or its process was killed.
    instant("ended_at"),
    Column("outcome", Text),
    # How many days, wallets, mails or debits; or why it failed, as a code or a class of error.
    Column("amount", BigInteger),
    Column("failure", Text),
    one_of("job", JOBS),
    CheckConstraint("outcome IN ('done', 'failed')", name="outcome_known"),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended_with_an_outcome"),
    Index("ix_job_run_job", "job", "started_at"),
)

day_mail = Table(
    "day_mail",
    metadata,
    Column("business_day", ForeignKey("day_block.business_day"), nullable=False),
    Column("partner_id", BigInteger, nullable=False),
    instant("written_at", nullable=False),
    # One mail per partner and day, whoever writes it.
    PrimaryKeyConstraint("business_day", "partner_id"),
)
