"""Documents as they are kept: bytes with their digest, written once.

The law: a document that is there is never replaced, whoever renders it again.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text


def store_document(
    connection: Connection, run_id: int, remittance_id: int | None, *, kind: str, content: bytes
) -> str:
    """Stores a document unless it is there already; returns the SHA-256 of `content`."""
    sha256 = hashlib.sha256(content).hexdigest()
    connection.execute(
        text(
            "INSERT INTO document (run_id, remittance_id, kind, content, sha256, stored_at)"
            " VALUES (:run_id, :remittance_id, :kind, :content, :sha256, ledger_now())"
            " ON CONFLICT DO NOTHING"
        ),
        {
            "run_id": run_id,
            "remittance_id": remittance_id,
            "kind": kind,
            "content": content,
            "sha256": sha256,
        },
    )
    return sha256


def run_document(connection: Connection, run_id: int, kind: str) -> bytes | None:
    """The stored bytes of a document of a whole run; None before there is one."""
    found = connection.execute(
        text(
            "SELECT content FROM document"
            " WHERE run_id = :run_id AND remittance_id IS NULL AND kind = :kind"
        ),
        {"run_id": run_id, "kind": kind},
    ).scalar_one_or_none()
    return None if found is None else bytes(found)
