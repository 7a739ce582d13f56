"""What a card is besides its plastic: its screen, its pauses, the plastic that is ordered.

The law: plastic and screen are two faces of one card row, with one state and the same wallets.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of

PAUSERS = ("holder", "parent", "department")

card_pause = Table(
    "card_pause",
    metadata,
    Column("card_id", ForeignKey("card.card_id"), nullable=False),
    # Who paused a card resumes it, and nobody in their place: it pays when no pause is left.
    Column("paused_by", Text, nullable=False),
    instant("paused_at", nullable=False),
    PrimaryKeyConstraint("card_id", "paused_by"),
    one_of("paused_by", PAUSERS),
)

screen_card = Table(
    "screen_card",
    metadata,
    Column("card_id", ForeignKey("card.card_id"), primary_key=True, autoincrement=False),
    # Opaque: what a screen says of its card, different for every card and found in no other place.
    Column("reference", Text, unique=True, nullable=False),
    instant("made_at", nullable=False),
)

screen_step = Table(
    "screen_step",
    metadata,
    Column("card_id", BigInteger, nullable=False),
    # Thirty seconds since 1970. A step belongs to the first terminal that read it.
    Column("step", BigInteger, nullable=False),
    Column("terminal_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("card_id", "step"),
)

plastic_order = Table(
    "plastic_order",
    metadata,
    identity("order_id"),
    Column("card_id", ForeignKey("card.card_id"), nullable=False),
    instant("ordered_at", nullable=False),
    instant("printed_at"),
    Index(
        "uq_plastic_order_waiting",
        "card_id",
        unique=True,
        postgresql_where=text("printed_at IS NULL"),
    ),
)
