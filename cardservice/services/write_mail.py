"""Writes a mail down, in the transaction of the act that it tells of; the postman sends it later.

The law: the act and its mail are kept or lost together, and nobody waits for a mail server. `facts`
fill the text of `kind` (adapters/mail): no card code, no PIN, no full IBAN, no youth's name.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


def write_mail(
    connection: Connection,
    *,
    recipient: str,
    kind: str,
    facts: dict[str, Any],
    link_nonce: bytes | None = None,
    not_before: datetime | None = None,
) -> None:
    """One mail to one address. `link_nonce` is that of the link it carries (sign_in_links.py);
    `not_before` is the end of somebody's quiet hours."""
    connection.execute(
        text(
            "INSERT INTO waiting_mail (recipient, kind, facts, link_nonce, written_at, next_try_at)"
            " SELECT :recipient, :kind, CAST(:facts AS jsonb), :link_nonce, at,"
            " coalesce(CAST(:not_before AS timestamptz), at)"
            " FROM ledger_now() AS at"
        ),
        {
            "recipient": recipient,
            "kind": kind,
            "facts": json.dumps(facts),
            "link_nonce": link_nonce,
            "not_before": not_before,
        },
    )
