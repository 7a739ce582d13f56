"""Questions to a partner's part of the journal: who did what, when and where (C36).

The law: acts come from the journal and, for what was sold, from the operations that name a person;
nothing is written twice. Newest first; a page looks back one window at most, because operations are
found by their day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from cardservice.domain.calendar import day_starts_at, paris_day

WINDOW_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `source` and `number` make its place in the order unique; from `operation` it is
    the operation's number. `target_no` is the number of the debit that the act is about."""

    at: datetime
    source: str
    number: int
    actor: str
    action: str
    subject: str
    detail: str | None
    outlet_name: str | None
    terminal_label: str | None
    wallet: str | None
    amount_cents: int | None
    target_no: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after this act, going back in time."""

    at: datetime
    source: str
    number: int


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Acts from `since` on (a Paris day); `next_place` when there are more of them."""

    acts: list[Act]
    since: date
    next_place: Place | None


# journal < operation: any fixed order between two acts of one instant will do.
_ACTS: Final = """
SELECT at, source, number, actor, action, subject, detail, l.name AS outlet_name,
       t.label AS terminal_label, acts.wallet, acts.amount_cents, d.operation_no AS target_no
FROM (
    SELECT at, 'journal' AS source, journal_id AS number, actor, action, subject, detail,
           outlet_id, terminal_id, NULL AS wallet, NULL::bigint AS amount_cents,
           CASE WHEN subject ~ '^operation:[0-9a-f-]{36}$'
                THEN CAST(substr(subject, 11) AS uuid) END AS target_id
    FROM journal
    WHERE partner_id = :partner_id AND at >= :starts_at AND at < :ends_at
    UNION ALL
    SELECT o.accepted_at, 'operation', o.operation_no, 'delegate:' || o.actor_id,
           o.kind || '.' || o.outcome, '', o.code, o.outlet_id, o.terminal_id, o.wallet,
           o.amount_cents, o.target_id
    FROM operation o
    WHERE o.business_day = ANY(:days) AND o.partner_id = :partner_id AND o.actor_id IS NOT NULL
      AND o.kind IN ('debit', 'cancellation') AND o.accepted_at >= :starts_at
      AND o.accepted_at < :ends_at
) acts
LEFT JOIN outlet l ON l.outlet_id = acts.outlet_id
LEFT JOIN terminal t ON t.terminal_id = acts.terminal_id
LEFT JOIN operation d ON d.operation_id = acts.target_id
WHERE (CAST(:actor AS text) IS NULL OR actor = :actor
       OR (:actor = 'department' AND actor NOT LIKE 'delegate:%' AND actor NOT LIKE 'terminal:%'))
  AND (at, source, number) < (:at, :source, :number)
ORDER BY at DESC, source DESC, number DESC
LIMIT :limit
"""


def acts_of(
    connection: Connection,
    partner_id: int,
    *,
    first_day: date,
    last_day: date,
    actor: str | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> JournalPage:
    """The acts of some Paris days (a window at most), newest first; of one `actor`, if given:
    `delegate:7`, or `department` for everybody there."""
    assert timedelta(0) <= last_day - first_day < timedelta(days=WINDOW_DAYS), "one window"
    ends_at = day_starts_at(last_day + timedelta(days=1))
    place = after or Place(ends_at, "", 0)
    rows: Any = connection.execute(
        text(_ACTS),
        {
            "partner_id": partner_id,
            "starts_at": day_starts_at(first_day),
            "ends_at": ends_at,
            # A debit that waited over midnight, or over a late close, stands in the next day.
            "days": [
                first_day + timedelta(days=passed)
                for passed in range((last_day - first_day).days + 2)
            ],
            "actor": actor,
            "at": place.at,
            "source": place.source,
            "number": place.number,
            "limit": limit + 1,
        },
    ).all()
    acts = [Act(**row._asdict()) for row in rows[:limit]]
    more = Place(acts[-1].at, acts[-1].source, acts[-1].number) if len(rows) > limit else None
    return JournalPage(acts, first_day, more)


def first_day_of(connection: Connection, partner_id: int) -> date:
    """The Paris day from which a partner can have acts."""
    created_at: datetime = connection.execute(
        text("SELECT created_at FROM partner WHERE partner_id = :partner_id"),
        {"partner_id": partner_id},
    ).scalar_one()
    return paris_day(created_at)
