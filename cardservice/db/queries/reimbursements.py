"""Questions about what a partner is paid: its remittances, their lines and papers, its day closes.

The law: every question names the partner, so that another's remittance, paper or day is not found.
Figures are those the run was submitted with, never recomputed from anything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from cardservice.db.tables.clearing import RUN_STATES

# A run that was given up holds nothing any more; a partner is not bothered with it.
_SHOWN: Final = "r.state <> 'cancelled'"
_NUMBER: Final = re.compile(r"BR-([0-9]{4})-([0-9]{6,9})")

# The partner's word for where a remittance stands: its run's until the bank has it, then the bank's
# answer. `set_off` is a remittance that moves no money.
STATE: Final = """
CASE WHEN r.state IN ('draft', 'submitted', 'rejected') THEN 'in_run'
     WHEN m.transfer_cents = 0 THEN 'set_off'
     WHEN r.state = 'approved' THEN 'approved'
     WHEN f.into_remittance_id IS NOT NULL THEN 're_presented'
     WHEN f.remittance_id IS NOT NULL THEN 'returned'
     WHEN paid.remittance_id IS NOT NULL THEN 'paid'
     ELSE 'sent' END
"""
_REMITTANCE: Final = f"""
SELECT m.remittance_id, m.run_id, r.period_key, n.starts_on, n.ends_before, {STATE} AS state,
       m.number_year, m.number, m.gross_cents, m.corrections_cents, m.carried_in_cents,
       m.re_presented_cents, m.transfer_cents, m.carried_out_cents, m.iban, r.execution_on,
       r.state AS run_state, paid.happened_on AS paid_on, f.happened_on AS failed_on,
       f.reason_code, f.let_go_by, later.period_key AS again_period, again.number_year, again.number
FROM remittance m JOIN reimbursement_run r ON r.run_id = m.run_id
JOIN fortnight n ON n.period_key = r.period_key
LEFT JOIN transfer_answer paid ON paid.remittance_id = m.remittance_id AND paid.outcome = 'paid'
LEFT JOIN failed_transfer f ON f.remittance_id = m.remittance_id
LEFT JOIN remittance again ON again.remittance_id = f.into_remittance_id
LEFT JOIN reimbursement_run later ON later.run_id = again.run_id
WHERE m.partner_id = :partner_id AND {_SHOWN}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class PartnerRemittance:
    """What a partner gets for a fortnight; cents. Unnumbered until the run is approved.

    `paid_on`, `failed_on` and `reason_code` are the bank's. What failed waits for `let_go_by`, and
    is presented again by the remittance of `again_period`, which has its number once approved."""

    remittance_id: int
    run_id: int
    period_key: str
    starts_on: date
    ends_before: date
    state: str
    number_year: int | None
    number: int | None
    gross_cents: int
    corrections_cents: int
    carried_in_cents: int
    re_presented_cents: int
    transfer_cents: int
    carried_out_cents: int
    iban: str | None
    execution_on: date | None
    run_state: str
    paid_on: date | None
    failed_on: date | None
    reason_code: str | None
    let_go_by: str | None
    again_period: str | None
    again_year: int | None
    again_number: int | None

    @property
    def last_day(self) -> date:
        """The last day of its fortnight."""
        return self.ends_before - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RemittanceRow:
    """A line of a remittance as its partner may see it; negative for a correction."""

    operation_no: int
    operation_id: str
    accepted_at: datetime
    outlet: str
    terminal: str
    last4: str | None
    wallet: str
    nature: str
    amount_cents: int
    origin_no: int | None


@dataclass(frozen=True, slots=True)
class LinesTotal:
    """The lines of one wallet and nature."""

    wallet: str
    nature: str
    count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A partner's closed day, net of cancellations."""

    business_day: date
    count: int
    amount_cents: int
    by_wallet: dict[str, int]
    seal: bytes


def remittances_of(
    connection: Connection, partner_id: int, *, limit: int, offset: int = 0
) -> list[PartnerRemittance]:
    """A partner's remittances, the latest fortnight first."""
    rows = connection.execute(
        text(
            f"{_REMITTANCE} ORDER BY n.starts_on DESC, r.attempt DESC LIMIT :limit OFFSET :offset"
        ),
        {"partner_id": partner_id, "limit": limit, "offset": offset},
    )
    return [PartnerRemittance(*row) for row in rows]


def count_of_remittances(connection: Connection, partner_id: int) -> int:
    """How many there are to leaf through."""
    found = connection.execute(
        text(
            "SELECT count(*) FROM remittance m JOIN reimbursement_run r USING (run_id)"  # noqa: S608
            f" WHERE m.partner_id = :partner_id AND {_SHOWN}"
        ),
        {"partner_id": partner_id},
    )
    return int(found.scalar_one())


def remittance_named(
    connection: Connection, partner_id: int, name: str
) -> PartnerRemittance | None:
    """A partner's remittance by its number (`BR-2026-000123`), or the last of a period
    (`2026-11-A`); None for an unknown or a foreign one."""
    number = _NUMBER.fullmatch(name)
    if number is not None:
        condition = "m.number_year = :year AND m.number = :number"
        values: dict[str, str | int] = {"year": int(number[1]), "number": int(number[2])}
    else:
        condition, values = "r.period_key = :period_key", {"period_key": name}
    row = connection.execute(
        text(f"{_REMITTANCE} AND {condition} ORDER BY r.attempt DESC LIMIT 1"),
        {"partner_id": partner_id} | values,
    ).one_or_none()
    return None if row is None else PartnerRemittance(*row)


def totals_of_lines(connection: Connection, remittance_id: int) -> list[LinesTotal]:
    """The subtotals of a remittance, debits first."""
    rows = connection.execute(
        text(
            "SELECT wallet, nature, count(*), sum(amount_cents)::bigint FROM remittance_line"
            " WHERE remittance_id = :remittance_id"
            " GROUP BY wallet, nature ORDER BY nature, wallet LIMIT 20"
        ),
        {"remittance_id": remittance_id},
    )
    return [LinesTotal(*row) for row in rows]


def lines_of(
    connection: Connection, remittance_id: int, *, limit: int, offset: int
) -> list[RemittanceRow]:
    """The lines of a remittance, oldest first."""
    rows = connection.execute(
        text(
            "SELECT o.operation_no, CAST(o.operation_id AS text), o.accepted_at,"
            " coalesce(u.name, ''), coalesce(t.label, ''), k.last4, l.wallet, l.nature,"
            " l.amount_cents, origin.operation_no"
            " FROM remittance_line l JOIN operation o USING (operation_id)"
            " LEFT JOIN outlet u ON u.outlet_id = o.outlet_id"
            " LEFT JOIN terminal t ON t.terminal_id = o.terminal_id"
            " LEFT JOIN card k ON k.card_id = o.card_id"
            " LEFT JOIN operation origin ON origin.operation_id = o.target_id"
            " WHERE l.remittance_id = :remittance_id"
            " ORDER BY o.operation_no LIMIT :limit OFFSET :offset"
        ),
        {"remittance_id": remittance_id, "limit": limit, "offset": offset},
    )
    return [RemittanceRow(*row) for row in rows]


def document_of(connection: Connection, remittance_id: int, kind: str) -> bytes | None:
    """The stored bytes of a remittance's paper (pdf, csv, html); None until all papers of its run
    are there: one partner's must not be out while another's may still fail."""
    found = connection.execute(
        text(
            "SELECT d.content FROM document d JOIN reimbursement_run r USING (run_id)"
            " WHERE d.remittance_id = :remittance_id AND d.kind = :kind"
            " AND (r.exported_at IS NOT NULL OR NOT EXISTS (SELECT FROM remittance m"
            "  WHERE m.run_id = r.run_id AND (SELECT count(*) FROM document e"
            "   WHERE e.remittance_id = m.remittance_id AND e.kind IN ('pdf', 'csv', 'html')) < 3))"
        ),
        {"remittance_id": remittance_id, "kind": kind},
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


def steps_of(connection: Connection, run_id: int | None) -> dict[str, datetime | None]:
    """When a run came into each of its states, the last time it did; None for a state it has not
    been in, and for all of them without a run. Nobody's name."""
    rows = connection.execute(
        text(
            "SELECT state, max(at) FROM run_event WHERE run_id = :run_id"
            " GROUP BY state ORDER BY state LIMIT 20"
        ),
        {"run_id": run_id},
    )
    return dict.fromkeys(RUN_STATES) | {state: at for state, at in rows}


def closed_days(connection: Connection, partner_id: int, days: Sequence[date]) -> list[ClosedDay]:
    """Those of `days` that are closed and sealed, the latest first."""
    rows = connection.execute(
        text(
            "SELECT c.business_day, c.debits, c.amount_cents, coalesce(("
            "   SELECT json_object_agg(w.wallet, w.amount_cents) FROM day_close_wallet w"
            "   WHERE w.business_day = c.business_day AND w.partner_id = c.partner_id), '{}'),"
            " b.seal FROM day_close c JOIN day_block b USING (business_day)"
            " WHERE c.partner_id = :partner_id AND b.seal IS NOT NULL"
            " AND c.business_day = ANY(CAST(:days AS date[]))"
            " ORDER BY c.business_day DESC LIMIT :limit"
        ),
        {"partner_id": partner_id, "days": list(days), "limit": len(days)},
    )
    return [ClosedDay(row[0], row[1], row[2], dict(row[3]), bytes(row[4])) for row in rows]


def day_closed_at(connection: Connection, day: date) -> datetime | None:
    """When a business day was closed; None while it is open."""
    found: datetime | None = connection.execute(
        text("SELECT closed_at FROM day_block WHERE business_day = :day"), {"day": day}
    ).scalar_one_or_none()
    return found
