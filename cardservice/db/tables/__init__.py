"""The tables, room by room, as SQLAlchemy Core: what Alembic compares and queries are built on."""

from cardservice.db.tables import (
    bank,
    budgets,
    card_faces,
    clearing,
    credentials,
    delegates,
    ledger,
    mail,
    notices,
    partners,
    people,
    regularisations,
    schedule,
    scheme,
    youth,
)
from cardservice.db.tables.metadata import metadata

__all__ = [
    "bank",
    "budgets",
    "card_faces",
    "clearing",
    "credentials",
    "delegates",
    "ledger",
    "mail",
    "metadata",
    "notices",
    "partners",
    "people",
    "regularisations",
    "schedule",
    "scheme",
    "youth",
]
