"""The tables, room by room, as SQLAlchemy Core: what Alembic compares and queries are built on."""

from cardservice.db.tables import clearing, ledger, partners, people, scheme
from cardservice.db.tables.metadata import metadata

__all__ = ["clearing", "ledger", "metadata", "partners", "people", "scheme"]
