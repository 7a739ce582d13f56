"""The operator's account of a year: what was booked, what it comes to, and what proves it.

The law (CGCT L.1611-7): rendered at least once a year, expenses and receipts never netted, with the
list of operations, their nature and amount, and of the papers that bear them out. Only closed and
sealed days are in it, so that the same year gives the same account.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from clearing.run.read_remittance import remittance_number
from clearing.year_figures import (
    AccountBalance,
    AccountPaper,
    AccountRun,
    BookedKind,
    Evidence,
    YearAccount,
)

ACCOUNTS: Final = (
    "department_fund",
    "beneficiary_wallet",
    "partner_payable",
    "in_transit",
    "paid",
    "lapsed",
)
_BALANCES: Final = text(
    "SELECT account,"
    " coalesce(sum(amount_cents) FILTER (WHERE business_day < :first), 0)::bigint AS opening,"
    " coalesce(sum(amount_cents) FILTER (WHERE business_day >= :first AND amount_cents > 0), 0)"
    "  ::bigint AS came_in,"
    " coalesce(sum(amount_cents) FILTER (WHERE business_day >= :first AND amount_cents < 0), 0)"
    "  ::bigint AS went_out"
    " FROM ledger_entry WHERE business_day <= :last GROUP BY account"
)
_BOOKED: Final = text(
    "SELECT extract(month FROM business_day)::int AS month, kind, coalesce(wallet, '') AS wallet,"
    " count(*) AS count, sum(amount_cents)::bigint AS cents FROM operation"
    " WHERE business_day BETWEEN :first AND :last AND outcome <> 'declined'"
    " AND amount_cents IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_RUNS: Final = text(
    "SELECT * FROM reimbursement_run WHERE (exported_at AT TIME ZONE 'Europe/Paris')::date"
    " BETWEEN :first AND :last ORDER BY exported_at, run_id"
)
_PAPERS: Final = text(
    "SELECT r.period_key, d.kind, m.number_year, m.number, p.trade_name,"
    " coalesce(m.transfer_cents, r.transfers_cents) AS transfer_cents, d.sha256,"
    " encode(sha256(d.content), 'hex') = d.sha256 AS is_unchanged"
    " FROM document d JOIN reimbursement_run r USING (run_id)"
    " LEFT JOIN remittance m USING (remittance_id) LEFT JOIN partner p USING (partner_id)"
    " WHERE (r.exported_at AT TIME ZONE 'Europe/Paris')::date BETWEEN :first AND :last"
    " ORDER BY r.exported_at, r.run_id, m.number NULLS FIRST, d.kind"
)
_DAYS: Final = text(
    "SELECT min(business_day) AS first, max(business_day) AS last, count(*) AS sealed"
    " FROM day_block WHERE business_day BETWEEN :first AND :last AND seal IS NOT NULL"
)


def year_account(
    engine: Engine, year: int, *, progress: Callable[[int], None] = lambda _rows: None
) -> YearAccount | Refused:
    """The account of a year that has at least one closed day. Refused: year_without_operations."""
    proof = prove(engine, progress=progress)
    first, last = date(year, 1, 1), date(year, 12, 31)
    with unit_of_work(engine) as connection:
        days = connection.execute(_DAYS, {"first": first, "last": last}).one()
        if days.last is None:
            return Refused("year_without_operations", {"year": year})
        span = {"first": first, "last": days.last}
        papers = _papers(connection, span)
        found = proof.first_difference
        return YearAccount(
            year=year,
            last_day=days.last,
            balances=_balances(connection, span),
            booked=tuple(BookedKind(*row) for row in connection.execute(_BOOKED, span)),
            runs=_runs(connection, span),
            papers=papers,
            evidence=Evidence(
                operations=proof.operations,
                difference=None if found is None else f"{found.table} {found.id} {found.field}",
                sealed_days=days.sealed,
                missing_days=(days.last - days.first + timedelta(days=1)).days - days.sealed,
                last_seal=_seal(connection, days.last),
                papers=len(papers),
                changed_papers=sum(not paper.is_unchanged for paper in papers),
            ),
        )


def _balances(connection: Connection, span: dict[str, date]) -> tuple[AccountBalance, ...]:
    found = {row.account: row for row in connection.execute(_BALANCES, span)}
    return tuple(
        AccountBalance(account, row.opening, row.came_in, row.went_out)
        if (row := found.get(account)) is not None
        else AccountBalance(account, 0, 0, 0)
        for account in ACCOUNTS
    )


def _runs(connection: Connection, span: dict[str, date]) -> tuple[AccountRun, ...]:
    return tuple(
        AccountRun(**{name: getattr(row, name) for name in AccountRun.__dataclass_fields__})
        for row in connection.execute(_RUNS, span)
    )


def _papers(connection: Connection, span: dict[str, date]) -> tuple[AccountPaper, ...]:
    return tuple(
        AccountPaper(
            row.period_key,
            row.kind,
            "" if row.number is None else remittance_number(row.number_year, row.number),
            row.trade_name or "",
            row.transfer_cents,
            row.sha256,
            row.is_unchanged,
        )
        for row in connection.execute(_PAPERS, span)
    )


def _seal(connection: Connection, day: date) -> str:
    seal = connection.execute(
        text("SELECT seal FROM day_block WHERE business_day = :day"), {"day": day}
    ).scalar_one()
    return bytes(seal).hex()
