"""Questions about regularisation files: those of a partner, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from cardservice.db.queries.transactions import Scope


def files_of(
    connection: Connection, scope: Scope, *, limit: int, offset: int
) -> Sequence[Row[Any]]:
    """The files of a scope's debits, with the debit each is about."""
    condition, values = _within(scope)
    return connection.execute(
        text(
            "SELECT x.operation_id, x.opened_at, x.reason, x.right_amount_cents, x.state,"  # noqa: S608
            " o.operation_no, o.amount_cents, o.accepted_at, u.name AS outlet,"
            " trim(concat(d.first_name, ' ', d.last_name)) AS delegate"
            " FROM regularisation_file x JOIN operation o USING (operation_id)"
            " JOIN outlet u ON u.outlet_id = o.outlet_id"
            " JOIN delegate d ON d.delegate_id = x.opened_by"
            f" WHERE {condition} ORDER BY x.file_id DESC LIMIT :limit OFFSET :offset"
        ),
        values | {"limit": limit, "offset": offset},
    ).all()


def count_of_files(connection: Connection, scope: Scope) -> int:
    """How many there are to leaf through."""
    condition, values = _within(scope)
    found = connection.execute(
        text(
            "SELECT count(*) FROM regularisation_file x JOIN operation o USING (operation_id)"  # noqa: S608
            f" WHERE {condition}"
        ),
        values,
    )
    return int(found.scalar_one())


def _within(scope: Scope) -> tuple[str, dict[str, Any]]:
    condition = (
        # What a youth says of a debit is not the partner's to read.
        "x.partner_id = :partner_id AND x.opened_by IS NOT NULL"
        " AND (CAST(:outlets AS bigint[]) IS NULL OR o.outlet_id = ANY(:outlets))"
    )
    outlets = None if scope.outlet_ids is None else list(scope.outlet_ids)
    return condition, {"partner_id": scope.partner_id, "outlets": outlets}
