"""The journal of acts: who did what to what, in the transaction that did it.

The law: actors and subjects are surrogate or public ids (`agent:3`, `card:C26-000123`), never a
name, a mail address or a code.
"""

from __future__ import annotations

from sqlalchemy import Connection, text


def note(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: str | None = None,
    partner_id: int | None = None,
    outlet_id: int | None = None,
    terminal_id: int | None = None,
) -> None:
    """Adds one line to the journal; it is kept or lost with the caller's transaction.

    With `partner_id` the partner's lead delegate reads it too (C36).
    """
    connection.execute(
        text(
            "INSERT INTO journal"
            " (at, actor, action, subject, detail, partner_id, outlet_id, terminal_id)"
            " VALUES (ledger_now(), :actor, :action, :subject, :detail,"
            " :partner_id, :outlet_id, :terminal_id)"
        ),
        {
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": detail,
            "partner_id": partner_id,
            "outlet_id": outlet_id,
            "terminal_id": terminal_id,
        },
    )
