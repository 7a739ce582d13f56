"""The default database: a private PostgreSQL server inside the data directory."""

from cardservice.db.embedded.server import PrivateServer, running_server

__all__ = ["PrivateServer", "running_server"]
