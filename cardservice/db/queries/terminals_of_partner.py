"""Questions about the terminals of a partner: where they are, what they ask for, when they sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from cardservice.db.queries.clock import paris_today
from cardservice.db.queries.delegates import recent_days
from cardservice.domain.keys import secret_hash

# How far back the last operation of a terminal is looked for.
SEEN_DAYS: Final = 8


@dataclass(frozen=True, slots=True)
class ListedTerminal:
    """A terminal as the lead sees it. `seen_at` is its last operation, refused ones too, within
    SEEN_DAYS; `called_at` its last call of any kind, by which program; count and cents are today's
    approved debits that stand; serial and day of what is on loan now."""

    terminal_id: int
    public_id: str
    outlet_id: int
    outlet_name: str
    kind: str
    label: str
    state: str
    pin_required: str
    above_cents: int | None
    limit_cents: int
    activated_at: datetime | None
    revoked_at: datetime | None
    code_until: datetime | None
    seen_at: datetime | None
    today_count: int
    today_cents: int
    called_at: datetime | None
    program: str | None
    serial: str | None
    lent_on: date | None


_TERMINALS: Final = """
SELECT t.terminal_id, t.public_id, o.outlet_id, o.name AS outlet_name, t.kind, t.label, t.state,
       t.pin_required, t.above_cents, t.limit_cents, t.activated_at, t.revoked_at,
       (SELECT max(c.expires_at) FROM activation_code c WHERE c.terminal_id = t.terminal_id
         AND c.used_at IS NULL AND c.expires_at > ledger_now()) AS code_until,
       seen.at AS seen_at, coalesce(seen.count, 0) AS today_count,
       coalesce(seen.cents, 0)::bigint AS today_cents,
       called.seen_at AS called_at, called.program,
       CASE WHEN t.returned_on IS NULL THEN t.serial END AS serial,
       CASE WHEN t.returned_on IS NULL THEN t.lent_on END AS lent_on
FROM terminal t JOIN outlet o USING (outlet_id)
LEFT JOIN terminal_sighting called ON called.terminal_id = t.terminal_id
LEFT JOIN (
    SELECT d.terminal_id, max(d.accepted_at) AS at,
           count(*) FILTER (WHERE d.kind = 'debit' AND d.outcome = 'approved'
               AND d.business_day = :today AND c.operation_id IS NULL) AS count,
           sum(d.amount_cents) FILTER (WHERE d.kind = 'debit' AND d.outcome = 'approved'
               AND d.business_day = :today AND c.operation_id IS NULL) AS cents
    FROM operation d
    LEFT JOIN operation c ON c.target_id = d.operation_id AND c.kind = 'cancellation'
        AND c.outcome = 'cancelled'
    WHERE d.business_day = ANY(:days) AND d.partner_id = :partner_id
    GROUP BY d.terminal_id
) seen ON seen.terminal_id = t.terminal_id
WHERE o.partner_id = :partner_id
"""


def terminals_of(connection: Connection, partner_id: int) -> list[ListedTerminal]:
    """Every terminal of a partner by outlet, those out of service last."""
    order = " ORDER BY o.name, t.state = 'revoked', t.label, t.terminal_id LIMIT 2000"
    return _listed(connection, order, partner_id=partner_id)


def terminal_of(connection: Connection, partner_id: int, public_id: str) -> ListedTerminal | None:
    """One of a partner's terminals by its public id; None for anybody else's."""
    condition = " AND t.public_id = :public_id"
    found = _listed(connection, condition, partner_id=partner_id, public_id=public_id)
    return found[0] if found else None


def code_opens(connection: Connection, terminal_id: int, code: str) -> bool:
    """Whether this is the living activation code of a terminal that waits."""
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM activation_code c JOIN terminal t USING (terminal_id)"
            " WHERE c.code_hash = :code_hash AND t.terminal_id = :terminal_id"
            " AND t.state = 'waiting' AND c.used_at IS NULL AND c.expires_at > ledger_now())"
        ),
        {"code_hash": secret_hash(code), "terminal_id": terminal_id},
    )
    return bool(found.scalar_one())


def _listed(connection: Connection, condition: str, **values: Any) -> list[ListedTerminal]:
    today = paris_today(connection)
    rows = connection.execute(
        text(_TERMINALS + condition),
        {"today": today, "days": recent_days(today, SEEN_DAYS), **values},
    )
    return [ListedTerminal(**row._asdict()) for row in rows]
