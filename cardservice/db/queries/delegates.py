"""Questions about the people of a partner: who they are, what they may do, whom to write to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

# How far back the last act of somebody is looked for.
RECENT_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class ListedDelegate:
    """A delegate as the lead sees them. `outlets` are names, empty when all are open; `day` is
    that of a pass; `is_over` when the last day has gone by. How somebody signs in who has not come
    here yet, or has gone, is none of this partner's business: `has_second_factor` is False."""

    delegate_id: int
    role: str
    state: str
    first_name: str
    last_name: str
    email: str | None
    every_outlet: bool
    outlets: tuple[str, ...]
    outlet_ids: tuple[int, ...]
    ends_before: date | None
    ceiling_cents: int | None
    is_over: bool
    has_second_factor: bool
    invited_at: datetime
    last_act_at: datetime | None
    opened_at: datetime | None

    @property
    def name(self) -> str:
        """What colleagues call them; the mail address until they have come."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or ""

    @property
    def last_day(self) -> date | None:
        """The last day included."""
        return None if self.ends_before is None else self.ends_before - timedelta(days=1)

    @property
    def group(self) -> str:
        """Where the list shows them."""
        if self.state == "removed" or self.is_over:
            return "ended"
        return self.state


_LISTED: Final = """
SELECT d.delegate_id, d.role, d.state, coalesce(d.first_name, '') AS first_name,
       coalesce(d.last_name, '') AS last_name, c.email, d.every_outlet,
       coalesce(places.names, '{}') AS outlets, coalesce(places.ids, '{}') AS outlet_ids,
       d.ends_before, d.ceiling_cents,
       coalesce(d.ends_before <= :today, false) AS is_over,
       d.state IN ('active', 'suspended') AND c.totp_enrolled_at IS NOT NULL AS has_second_factor,
       d.created_at AS invited_at, greatest(noted.at, sold.at) AS last_act_at, t.opened_at
FROM delegate d
LEFT JOIN credential c USING (credential_id)
LEFT JOIN till_pass t ON t.delegate_id = d.delegate_id
LEFT JOIN (
    SELECT x.delegate_id, array_agg(o.name ORDER BY o.name) AS names,
           array_agg(o.outlet_id ORDER BY o.name) AS ids
    FROM delegate_outlet x JOIN outlet o USING (outlet_id)
    WHERE o.partner_id = :partner_id GROUP BY x.delegate_id
) places ON places.delegate_id = d.delegate_id
LEFT JOIN (
    SELECT actor, max(at) AS at FROM journal
    WHERE partner_id = :partner_id AND at > :since GROUP BY actor
) noted ON noted.actor = 'delegate:' || d.delegate_id
LEFT JOIN (
    SELECT actor_id, max(accepted_at) AS at FROM operation
    WHERE business_day = ANY(:days) AND partner_id = :partner_id AND actor_id IS NOT NULL
    GROUP BY actor_id
) sold ON sold.actor_id = d.delegate_id
WHERE d.partner_id = :partner_id
"""
_BY_NAME: Final = " ORDER BY d.role <> 'lead', d.last_name, d.first_name, d.delegate_id LIMIT 1000"


def delegates_of(connection: Connection, partner_id: int) -> list[ListedDelegate]:
    """Everybody of a partner but the bearers of day passes, the lead first, then by name."""
    return _listed(connection, " AND d.role <> 'day_cashier'" + _BY_NAME, partner_id=partner_id)


def passes_of(connection: Connection, partner_id: int) -> list[ListedDelegate]:
    """The day passes of today and of the days to come, ended ones of today too."""
    condition = " AND d.role = 'day_cashier' AND d.ends_before > :today"
    order = " ORDER BY d.ends_before, d.delegate_id LIMIT 200"
    return _listed(connection, condition + order, partner_id=partner_id)


def delegate_of(
    connection: Connection, partner_id: int, delegate_id: int, *, is_pass: bool = False
) -> ListedDelegate | None:
    """One of a partner's delegates, or of its day passes; None for anybody else's."""
    condition = " AND d.delegate_id = :delegate_id AND (d.role = 'day_cashier') = :is_pass"
    found = _listed(
        connection, condition, partner_id=partner_id, delegate_id=delegate_id, is_pass=is_pass
    )
    return found[0] if found else None


def names_of(connection: Connection, partner_id: int) -> dict[int, str]:
    """Everybody who ever acted for a partner, by id, in the order of their names."""
    found = connection.execute(
        text(
            "SELECT d.delegate_id, coalesce(nullif(trim(concat(d.first_name, ' ', d.last_name)),"
            " ''), c.email) FROM delegate d LEFT JOIN credential c USING (credential_id)"
            " WHERE d.partner_id = :partner_id"
            " ORDER BY d.last_name, d.first_name, d.delegate_id LIMIT 5000"
        ),
        {"partner_id": partner_id},
    )
    return {delegate_id: name for delegate_id, name in found}


def addresses_of_active(
    connection: Connection, partner_id: int, *, with_contact: bool = False
) -> list[str]:
    """Where all active delegates of a partner are written to, each address once; with the
    partner's own contact address when everybody must hear of it."""
    found = connection.execute(
        text(
            "SELECT c.email FROM delegate d JOIN credential c USING (credential_id)"
            " WHERE d.partner_id = :partner_id AND d.state = 'active' AND (d.ends_before IS NULL"
            "  OR (ledger_now() AT TIME ZONE 'Europe/Paris')::date < d.ends_before)"
            " UNION SELECT lower(email) FROM partner"
            " WHERE partner_id = :partner_id AND :with_contact ORDER BY email LIMIT 1001"
        ),
        {"partner_id": partner_id, "with_contact": with_contact},
    )
    return [email for (email,) in found]


def recent_days(today: date, count: int) -> list[date]:
    """The last `count` Paris days, today among them: operations are found by their day."""
    return [today - timedelta(days=back) for back in range(count)]


def _listed(connection: Connection, condition: str, **values: Any) -> list[ListedDelegate]:
    today: date = connection.execute(
        text("SELECT (ledger_now() AT TIME ZONE 'Europe/Paris')::date")
    ).scalar_one()
    days = recent_days(today, RECENT_DAYS)
    rows = connection.execute(
        text(_LISTED + condition), {"today": today, "days": days, "since": days[-1], **values}
    )
    return [
        ListedDelegate(
            **row._asdict() | {"outlets": tuple(row.outlets), "outlet_ids": tuple(row.outlet_ids)}
        )
        for row in rows
    ]
