"""Which partners' spaces a person may enter at this instant (C31 to C35).

The law: a delegation that is invited, suspended, removed or over opens nothing; whoever leads a
partner has a second factor before anything opens (C32).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from cardservice.db.queries.journal import note


@dataclass(frozen=True, slots=True)
class Space:
    """What a person is at one partner."""

    delegate_id: int
    partner_id: int
    trade_name: str
    role: str
    first_name: str
    last_name: str


def spaces_of(connection: Connection, credential_id: int, *, state: str = "active") -> list[Space]:
    """A person's delegations of a state (`active`, `invited`) that are not over, by partner."""
    rows = connection.execute(
        text(
            "SELECT d.delegate_id, d.partner_id, p.trade_name, d.role,"
            " coalesce(d.first_name, ''), coalesce(d.last_name, '')"
            " FROM delegate d JOIN partner p USING (partner_id)"
            " WHERE d.credential_id = :credential_id AND d.state = :state"
            " AND (d.ends_before IS NULL"
            "  OR (ledger_now() AT TIME ZONE 'Europe/Paris')::date < d.ends_before)"
            " ORDER BY p.trade_name, d.delegate_id LIMIT 200"
        ),
        {"credential_id": credential_id, "state": state},
    )
    return [Space(*row) for row in rows]


def note_in_spaces(
    connection: Connection, credential_id: int, *, action: str, detail: str | None = None
) -> None:
    """What a person did to their own access, in the journal of every partner they act for."""
    for space in spaces_of(connection, credential_id):
        note(
            connection,
            actor=f"delegate:{space.delegate_id}",
            action=action,
            subject=f"delegate:{space.delegate_id}",
            detail=detail,
            partner_id=space.partner_id,
        )
