"""What a list of transactions can be narrowed to: the outlets, delegates and terminals of a scope.

The law: nobody is offered what they may not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.queries.transactions import Scope

_OWN: Final = "(CAST(:outlets AS bigint[]) IS NULL OR u.outlet_id = ANY(:outlets))"

Choice = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """Pairs of id and name, in the order of the names."""

    outlets: Sequence[Choice]
    delegates: Sequence[Choice]
    terminals: Sequence[Choice]


def choices_of(connection: Connection, scope: Scope) -> Choices:
    """What this scope can be narrowed to."""
    values = {
        "partner_id": scope.partner_id,
        "outlets": None if scope.outlet_ids is None else list(scope.outlet_ids),
        "delegate_id": scope.delegate_id,
    }
    outlets = (
        "SELECT u.outlet_id, u.name FROM outlet u WHERE u.partner_id = :partner_id"  # noqa: S608
        f" AND {_OWN} ORDER BY u.name, u.outlet_id LIMIT 500"
    )
    delegates = (
        "SELECT d.delegate_id, trim(concat(d.first_name, ' ', d.last_name)) AS name"
        " FROM delegate d WHERE d.partner_id = :partner_id AND d.activated_at IS NOT NULL"
        " AND d.role IN ('lead', 'cashier', 'day_cashier')"
        " AND (CAST(:delegate_id AS bigint) IS NULL OR d.delegate_id = :delegate_id)"
        " AND (CAST(:outlets AS bigint[]) IS NULL OR d.every_outlet OR EXISTS (SELECT"
        "  FROM delegate_outlet x WHERE x.delegate_id = d.delegate_id"
        "  AND x.outlet_id = ANY(:outlets)))"
        " ORDER BY name, d.delegate_id LIMIT 500"
    )
    terminals = (
        "SELECT t.terminal_id, concat(t.label, ' – ', u.name) AS name"  # noqa: S608
        " FROM terminal t JOIN outlet u USING (outlet_id)"
        f" WHERE u.partner_id = :partner_id AND {_OWN} AND t.activated_at IS NOT NULL"
        " ORDER BY name, t.terminal_id LIMIT 500"
    )
    return Choices(
        *(
            [(row[0], row[1]) for row in connection.execute(text(query), values)]
            for query in (outlets, delegates, terminals)
        )
    )
