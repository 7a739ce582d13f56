"""What a partner is owed, fortnight by fortnight, and the day each sum is paid (C66, C67).

The law: every cent owed stands in exactly one of these payments: that of the run that holds it or
presents it again, or that of the next fortnight whose run is still to be made. What a run holds is
told with the run's own figures. « Payé » is the bank's word, never a computation, and nothing is
promised of money that is held or has come back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from cardservice.db.queries import scheme
from cardservice.db.queries.debits import day_now
from cardservice.db.queries.reimbursements import PartnerRemittance, remittances_of
from cardservice.db.queries.transactions import Transaction, days_between
from clearing.promised_day import promised_day

# A year of fortnights behind, and what a calendar looks ahead.
_MOST_PAST: Final = 24
_COMING: Final = 6

_DELAY: Final = (
    "(SELECT value FROM scheme_rule WHERE name = 'payment_delay_days'"
    " AND valid_from <= f.ends_before ORDER BY valid_from DESC LIMIT 1)"
)
_PROMISES_OF: Final = text(
    f"SELECT f.period_key, f.ends_before, {_DELAY} FROM fortnight f"  # noqa: S608
    " WHERE f.period_key = ANY(:period_keys) LIMIT 1000"
)
_PERIODS: Final = text(
    f"SELECT f.period_key, f.starts_on, f.ends_before, {_DELAY} AS delay_days FROM fortnight f"  # noqa: S608
    " WHERE f.ends_before > :first AND NOT EXISTS (SELECT FROM reimbursement_run r"
    "  WHERE r.period_key = f.period_key"
    "  AND r.state NOT IN ('draft', 'rejected', 'cancelled', 'bank_rejected'))"
    " ORDER BY f.starts_on LIMIT :limit"
)
# The first day that a live run may have left something of.
_FIRST_UNCOLLECTED: Final = text(
    "SELECT least("
    " coalesce((SELECT max(f.ends_before) FROM reimbursement_run r JOIN fortnight f"
    "   USING (period_key) WHERE r.state NOT IN ('cancelled', 'bank_rejected')),"
    "  (SELECT min(business_day) FROM operation)),"
    " (SELECT min(f.starts_on) FROM reimbursement_run r JOIN fortnight f USING (period_key)"
    "   WHERE r.state IN ('cancelled', 'bank_rejected') AND NOT EXISTS (SELECT"
    "    FROM reimbursement_run again"
    "    WHERE again.period_key = r.period_key AND again.attempt > r.attempt)),"
    # Whose payments were held: what the drafts of that time have left out.
    " (SELECT min((h.held_at AT TIME ZONE 'Europe/Paris')::date) - 40 FROM partner_hold h"
    "   WHERE h.partner_id = :partner_id))"
)
_IS_HELD: Final = text(
    "SELECT EXISTS (SELECT FROM partner_hold"
    " WHERE partner_id = :partner_id AND released_at IS NULL)"
)
_HELD_AMONG: Final = text(
    "SELECT o.operation_no FROM operation o JOIN partner_hold h USING (partner_id)"
    " WHERE o.operation_id = ANY(:operation_ids) AND h.released_at IS NULL ORDER BY 1"
)
# A hold is for drafts alone: what was submitted is paid all the same.
HOLDABLE: Final = ("draft", "rejected")
_NOT_SUBMITTED: Final = ("accepted", "closed")
_UNCOLLECTED: Final = text(
    "SELECT o.business_day, o.wallet, count(*) FILTER (WHERE o.nature = 'debit') AS debits,"
    " sum(o.amount_cents)::bigint AS amount_cents"
    " FROM owed_operation o WHERE o.partner_id = :partner_id"
    " AND o.business_day = ANY(CAST(:days AS date[]))"
    " AND NOT EXISTS (SELECT FROM remittance_line l"
    "  WHERE l.operation_id = o.operation_id AND l.live)"
    " GROUP BY o.business_day, o.wallet ORDER BY o.business_day, o.wallet"
)


@dataclass(frozen=True, slots=True)
class Period:
    """A fortnight whose run is still to be made, and the day it is promised for."""

    period_key: str
    starts_on: date
    ends_before: date
    due_on: date


@dataclass(slots=True)
class Payment:
    """What one fortnight brings, in cents. `state` is `open` while the fortnight goes on, `ended`
    until its run is drafted, then the remittance's. `due_on` is promised until the file is sent;
    `is_awaited` says that the partner has still to look out for it, `is_held` that it is kept back
    and promised for no day."""

    period_key: str
    starts_on: date
    ends_before: date
    state: str
    due_on: date
    is_late: bool = False
    is_awaited: bool = False
    is_held: bool = False
    amount_cents: int = 0
    debits: int = 0
    by_wallet: dict[str, tuple[int, int]] = field(default_factory=dict)
    remittance: PartnerRemittance | None = None

    @property
    def last_day(self) -> date:
        """The last day of its fortnight."""
        return self.ends_before - timedelta(days=1)


def periods_to_pay(connection: Connection, first: date, *, count: int) -> list[Period]:
    """The fortnights from `first` on whose run nobody has submitted: where new debits go."""
    rows = connection.execute(_PERIODS, {"first": first, "limit": count})
    return [
        Period(
            row.period_key,
            row.starts_on,
            row.ends_before,
            promised_day(row.ends_before, delay_days=row.delay_days),
        )
        for row in rows
    ]


def promises(connection: Connection, days: Iterable[date]) -> dict[date, date | None]:
    """For each business day the day its debits are promised for, when no run holds them yet."""
    asked = set(days)
    if not asked:
        return {}
    periods = periods_to_pay(connection, min(asked), count=_MOST_PAST * 5)
    return {day: _promise(periods, day) for day in asked}


def due_days(connection: Connection, transactions: Iterable[Transaction]) -> dict[int, date | None]:
    """By operation number the day each transaction is paid; None when nothing will be, when it is
    held or came back, or when only the next run can tell."""
    shown = list(transactions)
    held = set(
        connection.execute(
            _HELD_AMONG,
            {"operation_ids": [one.operation_id for one in shown if one.state in _NOT_SUBMITTED]},
        ).scalars()
    )
    uncollected = promises(
        connection, (one.business_day for one in shown if one.state in ("accepted", "closed"))
    )
    ends = _ends_of(
        connection, {one.period_key for one in shown if one.state in ("in_run", "approved")}
    )
    return {
        one.operation_no: None if one.operation_no in held else _due(one, uncollected, ends)
        for one in shown
    }


def is_held(connection: Connection, partner_id: int) -> bool:
    """Whether the Département keeps a partner's payments back."""
    return bool(connection.execute(_IS_HELD, {"partner_id": partner_id}).scalar_one())


def due_on_of(connection: Connection, remittance: PartnerRemittance) -> date:
    """The day a remittance is paid: the bank's, the file's own once it is sent, the promise until
    then."""
    if remittance.paid_on is not None:
        return remittance.paid_on
    if remittance.execution_on is not None:
        return remittance.execution_on
    delay_days = scheme.rule_number(connection, "payment_delay_days", remittance.ends_before)
    return promised_day(remittance.ends_before, delay_days=delay_days)


def payments_of(
    connection: Connection, partner_id: int, *, past: int = _MOST_PAST, coming: int = _COMING
) -> list[Payment]:
    """A partner's payments in the order of their fortnights: what runs hold (`past` of them at
    most), what waits for its run, the fortnight that goes on, and `coming` more after it."""
    today, held = day_now(connection), is_held(connection, partner_id)
    payments = [
        _of_remittance(connection, remittance)
        for remittance in remittances_of(connection, partner_id, limit=past)
    ]
    # The last attempt of a fortnight; what an earlier one held stands in a later run by now.
    found = {payment.period_key: payment for payment in reversed(payments)}

    first = connection.execute(_FIRST_UNCOLLECTED, {"partner_id": partner_id}).scalar_one() or today
    # Every fortnight between here and there, whatever its run's state, and those to come.
    span = (today - min(first, today)).days // 13 + 2 + coming
    periods = periods_to_pay(connection, min(first, today), count=span)
    waiting: dict[str, Payment] = {}
    for row in _uncollected(connection, partner_id, min(first, today), today):
        period = next((one for one in periods if one.ends_before > row.business_day), None)
        assert period is not None, "fortnights are generated a year ahead"
        _add(waiting.setdefault(period.period_key, _of_period(period, today)), row)
    for period in periods:
        if period.ends_before > today and period.period_key not in found:
            waiting.setdefault(period.period_key, _of_period(period, today))
    for payment in waiting.values():
        known = found.get(payment.period_key)
        if known is not None and known.state == "in_run":
            # A draft is drafted again before it is submitted, and takes these with it.
            known.amount_cents += payment.amount_cents
        else:
            # Beside what came back, when the fortnight's file was refused whole.
            payments.append(payment)
    payments.sort(key=lambda payment: payment.starts_on)
    for payment in payments:
        run_state = payment.remittance.run_state if payment.remittance else None
        payment.is_held = held and (run_state is None or run_state in HOLDABLE)
        is_prepared = payment.state in ("ended", "in_run", "approved") and not payment.is_held
        payment.is_late = is_prepared and payment.due_on < today
        is_on_its_way = payment.state == "sent" and payment.due_on >= today
        payment.is_awaited = payment.amount_cents > 0 and (is_prepared or is_on_its_way)
    return payments


def _promise(periods: list[Period], day: date) -> date | None:
    return next((period.due_on for period in periods if period.ends_before > day), None)


def _due(
    one: Transaction, uncollected: dict[date, date | None], ends: dict[str, date]
) -> date | None:
    if one.state in ("sent", "paid"):
        return one.paid_on or one.execution_on
    if one.state in ("in_run", "approved"):
        return ends[one.period_key or ""]
    return uncollected.get(one.business_day) if one.state in ("accepted", "closed") else None


def _ends_of(connection: Connection, period_keys: set[str | None]) -> dict[str, date]:
    """The promised day of each of these fortnights."""
    if not period_keys:
        return {}
    rows = connection.execute(_PROMISES_OF, {"period_keys": list(period_keys)})
    return {key: promised_day(ends_before, delay_days=delay) for key, ends_before, delay in rows}


def _uncollected(connection: Connection, partner_id: int, first: date, last: date) -> Any:
    return connection.execute(
        _UNCOLLECTED, {"partner_id": partner_id, "days": days_between(first, last)}
    )


def _of_remittance(connection: Connection, remittance: PartnerRemittance) -> Payment:
    return Payment(
        remittance.period_key,
        remittance.starts_on,
        remittance.ends_before,
        remittance.state,
        due_on_of(connection, remittance),
        # What is presented again stands in the remittance that does so.
        amount_cents=0 if remittance.state == "re_presented" else remittance.transfer_cents,
        remittance=remittance,
    )


def _of_period(period: Period, today: date) -> Payment:
    state = "open" if period.ends_before > today else "ended"
    return Payment(period.period_key, period.starts_on, period.ends_before, state, period.due_on)


def _add(payment: Payment, row: Any) -> None:
    payment.amount_cents += row.amount_cents
    payment.debits += row.debits
    count, cents = payment.by_wallet.get(row.wallet, (0, 0))
    payment.by_wallet[row.wallet] = (count + row.debits, cents + row.amount_cents)
