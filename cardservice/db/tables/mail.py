"""Mail that waits to be sent: written with the act it tells of, sent by the postman later.

The law: a mail and its act commit together or not at all; the row goes when the server has taken
the message. It holds what the text is filled from, never a link that opens something: links are
derived when the message is written (`nonce`).
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from cardservice.db.tables.metadata import identity, instant, metadata

waiting_mail = Table(
    "waiting_mail",
    metadata,
    identity("mail_id"),
    Column("recipient", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("link_nonce", LargeBinary),
    instant("written_at", nullable=False),
    instant("next_try_at", nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    # The day of tries is counted from here: when it first might go, after quiet hours.
    instant("first_try_at"),
    # Set when a day of tries has failed: kept to be seen, sent no more.
    instant("given_up_at"),
    # Who waits for a link sits in front of a page: these go first.
    Index(
        "ix_waiting_mail_due",
        text("(link_nonce IS NULL)"),
        "next_try_at",
        "mail_id",
        postgresql_where=text("given_up_at IS NULL"),
    ),
)
