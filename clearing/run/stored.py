"""Documents as they are kept: bytes with their digest, written once.

The law: a document that is there is never replaced, whoever renders it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import Connection, text


def store_documents(
    connection: Connection, run_id: int, remittance_id: int | None, papers: Mapping[str, bytes]
) -> None:
    """Stores documents by their kind, each unless it is there already."""
    assert papers, "whoever stores nothing has lost something"
    connection.execute(
        text(
            "INSERT INTO document (run_id, remittance_id, kind, content, sha256, stored_at)"
            " VALUES (:run_id, :remittance_id, :kind, :content, :sha256, ledger_now())"
            " ON CONFLICT DO NOTHING"
        ),
        [
            {
                "run_id": run_id,
                "remittance_id": remittance_id,
                "kind": kind,
                "content": content,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for kind, content in papers.items()
        ],
    )


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
