"""The fleet of terminals: what stands where, whose it is, when it was last heard of (C50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class FleetTerminal:
    """A terminal as the Département keeps it. `serial`, `lent_on` and `returned_on` stay after the
    return; `seen_at` is its last call, at most a minute late, None when it never called."""

    terminal_id: str
    partner_id: int
    partner_name: str
    outlet_name: str
    kind: str
    label: str
    state: str
    pin_required: str
    above_cents: int | None
    limit_cents: int
    ticket: bool
    serial: str | None
    lent_on: date | None
    returned_on: date | None
    activated_at: datetime | None
    revoked_at: datetime | None
    seen_at: datetime | None
    program: str | None


_FLEET = text("""
SELECT t.public_id AS terminal_id, p.partner_id, p.trade_name AS partner_name,
       o.name AS outlet_name, t.kind, t.label, t.state, t.pin_required, t.above_cents,
       t.limit_cents, t.ticket, t.serial, t.lent_on, t.returned_on, t.activated_at, t.revoked_at,
       s.seen_at, s.program
FROM terminal t
JOIN outlet o USING (outlet_id)
JOIN partner p USING (partner_id)
LEFT JOIN terminal_sighting s USING (terminal_id)
WHERE (CAST(:partner_id AS bigint) IS NULL OR p.partner_id = :partner_id)
  AND (CAST(:state AS text) IS NULL OR t.state = :state)
  AND (NOT :only_lent OR (t.lent_on IS NOT NULL AND t.returned_on IS NULL))
ORDER BY p.trade_name, p.partner_id, o.name, t.label, t.terminal_id
LIMIT :most
""")


def fleet(
    connection: Connection,
    *,
    partner_id: int | None = None,
    state: str | None = None,
    only_lent: bool = False,
    most: int = 10_000,
) -> list[FleetTerminal]:
    """Terminals by partner and outlet; all of them, of one partner, of one state, or on loan."""
    rows = connection.execute(
        _FLEET,
        {"partner_id": partner_id, "state": state, "only_lent": only_lent, "most": most},
    )
    return [FleetTerminal(**row._asdict()) for row in rows]
