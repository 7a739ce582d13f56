"""The tables, room by room, as SQLAlchemy Core: what Alembic compares and queries are built on."""

from cardservice.db.tables import (
    bank,
    budgets,
    clearing,
    credentials,
    delegates,
    ledger,
    mail,
    partners,
    people,
    regularisations,
    schedule,
    scheme,
)
from cardservice.db.tables.metadata import metadata

__all__ = [
    "bank",
    "budgets",
    "clearing",
    "credentials",
    "delegates",
    "ledger",
    "mail",
    "metadata",
    "partners",
    "people",
    "regularisations",
    "schedule",
    "scheme",
]
