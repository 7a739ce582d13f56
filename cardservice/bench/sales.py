"""Debits by the million for a throw-away instance, sold through the real money function."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine, text

from cardservice.bench.instance import WALLET
from cardservice.db.engine import unit_of_work
from cardservice.domain.calendar import PARIS

# Locks of one commit: each debit holds one on its id.
_AT_ONCE = 1_000

_SELL = text(
    "WITH sale AS (SELECT array_agg(gen_random_uuid()) AS ids, array_agg(p) AS partners,"
    "  array_agg(1 + (n * 7919) % :holders) AS cards, array_agg(1 + n % 900) AS cents,"
    "  array_agg(CAST(:until AS timestamptz)) AS until, array_agg(false) AS no,"
    "  array_agg(NULL::text) AS nothing,"
    "  array_agg(NULL::bytea) AS macs, array_agg(NULL::bigint) AS nobody,"
    "  array_agg(CAST(:wallet AS text)) AS wallets, array_agg(CAST(:day AS date)) AS days"
    "  FROM generate_series(CAST(:first AS bigint), :last) n,"
    "   LATERAL (SELECT 1 + n % :partners AS p) partner)"
    " SELECT count(*) FROM sale, debit_many((SELECT version FROM register_version), ids, partners,"
    "  partners, partners, nobody, cards, wallets, cents, until, no, nothing, no, macs, days, true)"
    " answer WHERE answer.outcome = 'approved'"
)


def sell(engine: Engine, numbers: range, day: date, *, partners: int, holders: int) -> None:
    """One debit for each of `numbers` on `day`, which is the instance's today: spread over partners
    and holders 1 to that many, none of them refused."""
    for start in range(numbers.start, numbers.stop, _AT_ONCE):
        last = min(start + _AT_ONCE, numbers.stop) - 1
        with unit_of_work(engine) as connection:
            approved = connection.execute(
                _SELL,
                {
                    "first": start,
                    "last": last,
                    "day": day,
                    "until": datetime.combine(day + timedelta(days=1), time(12), tzinfo=PARIS),
                    "holders": holders,
                    "partners": partners,
                    "wallet": WALLET,
                },
            ).scalar_one()
        assert approved == last - start + 1, "a debit of the bench was refused"
