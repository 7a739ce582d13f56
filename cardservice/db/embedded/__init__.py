"""The default database: a private PostgreSQL server inside the data directory."""

from cardservice.db.embedded.guard import guarded_server
from cardservice.db.embedded.server import PrivateServer, running_server

__all__ = ["PrivateServer", "guarded_server", "running_server"]
