"""Regularisations: what the hotline gives back after the day of a debit, and who decided it.

The law: the ledger's operation is the money; this row says why, who asked and who agreed. Amounts
and identities of operations are written once: by whoever asks, and by the money functions.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Table, Text, Uuid

from cardservice.db.tables.delegates import REGULARISATION_REASONS
from cardservice.db.tables.metadata import identity, instant, metadata, one_of

regularisation = Table(
    "regularisation",
    metadata,
    identity("regularisation_id"),
    Column("debit_id", Uuid, nullable=False, index=True),
    # The partner's or the youth's question that it answers, if there was one.
    Column("file_id", ForeignKey("regularisation_file.file_id")),
    Column("amount_cents", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    # Free text stands apart from the ledger and can be erased.
    Column("evidence", Text),
    Column("asked_by", ForeignKey("agent.agent_id"), nullable=False),
    instant("asked_at", nullable=False),
    Column("needs_second", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", ForeignKey("agent.agent_id")),
    instant("decided_at"),
    Column("operation_id", Uuid, unique=True),
    Column("reversal_id", Uuid, unique=True),
    Column("reversed_by", ForeignKey("agent.agent_id")),
    instant("reversed_at"),
    one_of("reason", REGULARISATION_REASONS),
    one_of("state", ("waiting", "booked", "refused")),
    CheckConstraint("amount_cents > 0", name="gives_back"),
    CheckConstraint("(state = 'waiting') = (decided_by IS NULL)", name="decided_by_a_person"),
    CheckConstraint("(state = 'booked') = (operation_id IS NOT NULL)", name="booked_is_in_ledger"),
    CheckConstraint(
        "NOT needs_second OR state <> 'booked' OR decided_by <> asked_by", name="four_eyes"
    ),
    CheckConstraint(
        "(reversal_id IS NULL) = (reversed_by IS NULL)"
        " AND (reversal_id IS NULL OR operation_id IS NOT NULL)",
        name="only_booked_is_reversed",
    ),
)
