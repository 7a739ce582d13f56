"""The mail address of a credential: the only place where a person's mail goes."""

from __future__ import annotations

from sqlalchemy import Connection, text


def credential_email(connection: Connection, credential_id: int) -> str:
    """The address, in lower case."""
    found: str = connection.execute(
        text("SELECT email FROM credential WHERE credential_id = :credential_id"),
        {"credential_id": credential_id},
    ).scalar_one()
    return found
