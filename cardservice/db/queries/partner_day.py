"""Questions of a partner's home page: what today brought, who sold it, what needs an eye.

The law: counts and sums of one day or of facts of the register; nothing here walks the ledger's
past but the days that are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from cardservice.db.queries.transactions import days_between

# A terminal nobody has sold with for so long may be lost; an agreement is spoken of before it ends.
LONG_UNUSED: Final = timedelta(days=30)
ENDS_SOON: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class DelegateTotal:
    """What one delegate (None: a terminal of its own) sold; cents, net of cancellations."""

    delegate_id: int | None
    name: str
    count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """What the alerts are made of; `waiting…` is the account that is still to be verified."""

    agreement_ends_before: date | None
    has_agreement: bool
    has_account: bool
    waiting_iban: str | None
    waiting_usable_from: datetime | None
    invited: int
    without_second_factor: int


def totals_by_delegate(
    connection: Connection, partner_id: int, day: date
) -> Sequence[DelegateTotal]:
    """Who sold what on a day, the most first."""
    rows = connection.execute(
        text(
            "SELECT d.delegate_id, trim(concat(d.first_name, ' ', d.last_name)), count(*),"
            " sum(o.amount_cents)::bigint FROM operation o"
            " LEFT JOIN delegate d ON d.delegate_id = o.actor_id"
            " WHERE o.kind = 'debit' AND o.outcome = 'approved' AND o.partner_id = :partner_id"
            " AND o.business_day = :day AND NOT EXISTS (SELECT FROM operation c"
            "  WHERE c.target_id = o.operation_id AND c.kind = 'cancellation'"
            "  AND c.outcome = 'cancelled')"
            " GROUP BY d.delegate_id ORDER BY 4 DESC, d.delegate_id LIMIT 50"
        ),
        {"partner_id": partner_id, "day": day},
    )
    return [DelegateTotal(*row) for row in rows]


def facts_of(connection: Connection, partner_id: int, today: date) -> PartnerFacts:
    """Agreement, bank account and delegates of a partner, as they are on a day."""
    row = connection.execute(
        text(
            "SELECT (SELECT CASE WHEN bool_or(ends_before IS NULL) THEN NULL"
            "    ELSE max(ends_before) END"
            "   FROM agreement WHERE partner_id = :partner_id AND starts_on <= :today),"
            " EXISTS (SELECT FROM agreement WHERE partner_id = :partner_id"
            "   AND starts_on <= :today AND (ends_before IS NULL OR ends_before > :today)),"
            " EXISTS (SELECT FROM bank_account WHERE partner_id = :partner_id"
            "   AND state = 'verified'),"
            " w.iban, w.usable_from,"
            " (SELECT count(*) FROM delegate WHERE partner_id = :partner_id"
            "   AND state = 'invited'),"
            " (SELECT count(*) FROM delegate JOIN credential USING (credential_id)"
            "   WHERE partner_id = :partner_id AND state = 'active'"
            "   AND totp_enrolled_at IS NULL)"
            " FROM (SELECT 1) AS one_row LEFT JOIN bank_account w"
            "   ON w.partner_id = :partner_id AND w.state = 'unverified'"
        ),
        {"partner_id": partner_id, "today": today},
    ).one()
    return PartnerFacts(*row)


def unused_terminals(connection: Connection, partner_id: int, today: date) -> Sequence[Row[Any]]:
    """(label, outlet): active terminals, web tills apart, that booked nothing for a long time."""
    return connection.execute(
        text(
            "SELECT t.label, u.name AS outlet FROM terminal t JOIN outlet u USING (outlet_id)"
            " WHERE u.partner_id = :partner_id AND t.state = 'active' AND t.kind <> 'web_till'"
            " AND t.activated_at < ledger_now() - CAST(:long_unused AS interval)"
            " AND NOT EXISTS (SELECT FROM operation o WHERE o.terminal_id = t.terminal_id"
            "  AND o.partner_id = :partner_id"
            "  AND o.business_day = ANY(CAST(:days AS date[])))"
            " ORDER BY u.name, t.label LIMIT 5"
        ),
        {
            "partner_id": partner_id,
            "long_unused": LONG_UNUSED,
            "days": days_between(today - LONG_UNUSED, today),
        },
    ).all()
