"""Questions about a partner's transactions: a filtered page, its totals, one of them by its id.

The law: every question carries the scope of whoever asks, so that a foreign outlet, delegate or
partner is not found at all. Days are asked one by one (`= ANY`), which the index of the ledger
answers in one step each; a list of years costs no more than its own rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from cardservice.db.queries.reference_search import reference_holds
from cardservice.domain.short_code import fold_operation_reference, operation_reference

# What a reader looks for, and the states it stands for.
STATE_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "accepted": ("accepted", "closed"),
    "underway": ("in_run", "approved", "sent", "returned"),
    "paid": ("paid", "set_off"),
    "cancelled": ("cancelled",),
    "declined": ("declined",),
}
# Nothing is owed for these.
_WITHOUT_MONEY: Final = frozenset(("declined", "cancelled"))

# One word for where a debit stands between the till and the bank. `rejected` is the second visa's
# no: for the partner the run is still being prepared. `z` and `r` are the remittance and run that
# its money stands on now: another one than its own when the bank has sent it back (`returned`) and
# it is presented again.
STATE: Final = """
CASE WHEN o.outcome = 'declined' THEN 'declined'
     WHEN c.operation_id IS NOT NULL THEN 'cancelled'
     WHEN r.state IS NULL AND o.business_day < (SELECT first_open_day FROM open_day) THEN 'closed'
     WHEN r.state IS NULL THEN 'accepted'
     WHEN r.state IN ('draft', 'submitted', 'rejected') THEN 'in_run'
     WHEN z.transfer_cents = 0 THEN 'set_off'
     WHEN r.state = 'approved' THEN 'approved'
     WHEN zf.remittance_id IS NOT NULL THEN 'returned'
     WHEN zp.remittance_id IS NOT NULL THEN 'paid'
     ELSE 'sent' END
"""
_FROM: Final = """
FROM operation o
LEFT JOIN operation c ON c.target_id = o.operation_id AND c.kind = 'cancellation'
    AND c.outcome = 'cancelled'
LEFT JOIN remittance_line l ON l.operation_id = o.operation_id AND l.live
LEFT JOIN remittance m ON m.remittance_id = l.remittance_id
LEFT JOIN transfer_answer mf ON mf.remittance_id = m.remittance_id AND mf.outcome = 'failed'
LEFT JOIN remittance z ON z.remittance_id = CASE WHEN mf.remittance_id IS NULL
    THEN m.remittance_id ELSE last_presentation(m.remittance_id) END
LEFT JOIN transfer_answer zf ON zf.remittance_id = z.remittance_id AND zf.outcome = 'failed'
LEFT JOIN transfer_answer zp ON zp.remittance_id = z.remittance_id AND zp.outcome = 'paid'
LEFT JOIN reimbursement_run r ON r.run_id = z.run_id
"""
_NAMES: Final = """
LEFT JOIN card k ON k.card_id = o.card_id
LEFT JOIN terminal t ON t.terminal_id = o.terminal_id
LEFT JOIN outlet u ON u.outlet_id = o.outlet_id
LEFT JOIN delegate d ON d.delegate_id = o.actor_id
"""
_COLUMNS: Final = f"""
SELECT o.operation_no, o.operation_id, o.code, o.wallet, o.amount_cents, o.accepted_at,
       o.business_day, o.outlet_id, o.terminal_id, o.pin_checked, k.last4,
       coalesce(u.name, '') AS outlet, coalesce(t.label, '') AS terminal,
       trim(concat(d.first_name, ' ', d.last_name)) AS delegate, c.accepted_at AS cancelled_at,
       {STATE} AS state, r.run_id, r.period_key, r.execution_on, m.number_year, m.number,
       zp.happened_on AS paid_on, coalesce(z.remittance_id <> m.remittance_id, false),
       z.number_year, z.number
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see of a partner: at these outlets, by this delegate, on this day; None
    is no limit."""

    partner_id: int
    outlet_ids: tuple[int, ...] | None = None
    delegate_id: int | None = None
    only_on: date | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; both days are included. `reference` may be a part of one."""

    first_day: date
    last_day: date
    reference: str = ""
    outlet_id: int | None = None
    delegate_id: int | None = None
    terminal_id: int | None = None
    wallet: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A debit as its partner may see it: the card's last four, no balance, nobody's name but the
    delegate's. `number` is that of the remittance it stands on; run, period, day and
    `paying_number` are those of the one it is paid with, a later one when `is_presented_again`."""

    operation_no: int
    operation_id: UUID
    code: str | None
    wallet: str
    amount_cents: int
    accepted_at: datetime
    business_day: date
    outlet_id: int
    terminal_id: int
    pin_checked: bool
    last4: str | None
    outlet: str
    terminal: str
    delegate: str
    cancelled_at: datetime | None
    state: str
    run_id: int | None
    period_key: str | None
    execution_on: date | None
    number_year: int | None
    number: int | None
    paid_on: date | None
    is_presented_again: bool
    paying_year: int | None
    paying_number: int | None

    @property
    def reference(self) -> str:
        """As tickets show it."""
        return operation_reference(self.operation_no)

    @property
    def owed_cents(self) -> int:
        """What the partner is owed for it: nothing when it was refused or cancelled."""
        return 0 if self.state in _WITHOUT_MONEY else self.amount_cents


@dataclass(frozen=True, slots=True)
class WalletTotal:
    """The lines of one wallet; `count` and `amount_cents` are of those that are owed."""

    wallet: str
    lines: int
    count: int
    amount_cents: int


def page_of(
    connection: Connection,
    scope: Scope,
    wanted: Wanted,
    *,
    limit: int,
    offset: int = 0,
    before: Transaction | None = None,
) -> list[Transaction]:
    """Newest first, `limit` at most; `before` goes on after a transaction, wherever it stood."""
    condition, values = _conditions(scope, wanted, before=before)
    rows = connection.execute(
        text(
            f"{_COLUMNS}{_FROM}{_NAMES} WHERE {condition}"
            " ORDER BY o.business_day DESC, o.operation_no DESC LIMIT :limit OFFSET :offset"
        ),
        values | {"limit": limit, "offset": offset},
    )
    return [Transaction(*row) for row in rows]


def totals_of(connection: Connection, scope: Scope, wanted: Wanted) -> Sequence[WalletTotal]:
    """What is found, wallet by wallet."""
    condition, values = _conditions(scope, wanted)
    owed = "o.outcome = 'approved' AND c.operation_id IS NULL"
    rows = connection.execute(
        text(
            f"SELECT o.wallet, count(*), count(*) FILTER (WHERE {owed}),"
            f" coalesce(sum(o.amount_cents) FILTER (WHERE {owed}), 0)::bigint"
            f"{_FROM} WHERE {condition} GROUP BY o.wallet ORDER BY o.wallet LIMIT 10"
        ),
        values,
    )
    return [WalletTotal(*row) for row in rows]


def one(connection: Connection, scope: Scope, operation_id: UUID) -> Transaction | None:
    """A transaction in the scope; None for an unknown or a foreign one."""
    condition, values = _within(scope)
    row = connection.execute(
        text(f"{_COLUMNS}{_FROM}{_NAMES} WHERE {condition} AND o.operation_id = :operation_id"),
        values | {"operation_id": operation_id},
    ).one_or_none()
    return None if row is None else Transaction(*row)


def first_day(connection: Connection) -> date | None:
    """The first day anything was booked on; None in an empty ledger."""
    found: date | None = connection.execute(
        text("SELECT min(business_day) FROM operation")
    ).scalar_one()
    return found


def days_between(first: date, last: date) -> list[date]:
    """Every day of a period, both ends included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _within(scope: Scope) -> tuple[str, dict[str, Any]]:
    conditions = ["o.kind = 'debit'", "o.partner_id = :partner_id"]
    values: dict[str, Any] = {"partner_id": scope.partner_id}
    if scope.outlet_ids is not None:
        conditions.append("o.outlet_id = ANY(:own_outlets)")
        values["own_outlets"] = list(scope.outlet_ids)
    if scope.delegate_id is not None:
        conditions.append("o.actor_id = :own_delegate")
        values["own_delegate"] = scope.delegate_id
    if scope.only_on is not None:
        conditions.append("o.business_day = :only_on")
        values["only_on"] = scope.only_on
    return " AND ".join(conditions), values


def _conditions(
    scope: Scope, wanted: Wanted, *, before: Transaction | None = None
) -> tuple[str, dict[str, Any]]:
    """The whole condition and its values; typed text goes nowhere but into values."""
    condition, values = _within(scope)
    last_day = wanted.last_day if before is None else min(wanted.last_day, before.business_day)
    conditions = [condition, "o.business_day = ANY(CAST(:days AS date[]))"]
    values["days"] = days_between(wanted.first_day, last_day)
    for column, value in (
        ("outlet_id", wanted.outlet_id),
        ("actor_id", wanted.delegate_id),
        ("terminal_id", wanted.terminal_id),
        ("wallet", wanted.wallet),
    ):
        if value is not None:
            conditions.append(f"o.{column} = :{column}")
            values[column] = value
    if wanted.reference:
        conditions.append(_reference_condition(wanted.reference, values))
    if wanted.state is not None:
        conditions.append(f"{STATE} = ANY(:states)")
        values["states"] = list(STATE_GROUPS[wanted.state])
    if before is not None:
        conditions.append("(o.business_day, o.operation_no) < (:before_day, :before_no)")
        values |= {"before_day": before.business_day, "before_no": before.operation_no}
    return " AND ".join(conditions), values


def _reference_condition(reference: str, values: dict[str, Any]) -> str:
    whole = fold_operation_reference(reference)
    if whole is not None:
        values["operation_no"] = whole
        return "o.operation_no = :operation_no"
    return reference_holds(reference, column="o.operation_no") or "false"
