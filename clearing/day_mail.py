"""Tells each partner what a closed day has brought: totals, seal and a link, never a row (C69).

The law: written once per partner and day, whoever writes and however often; a partner that sold
nothing is left in peace. The seal in the mail is one of the places outside the database where it
can be found again.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.domain.calendar import format_day
from cardservice.domain.money import format_euros
from cardservice.services.write_mail import write_mail

# Older days were told by nobody, and would tell nothing now.
_TOLD_DAYS: Final = 14
_AT_ONCE: Final = 200

_UNTOLD: Final = text("""
SELECT DISTINCT b.business_day FROM day_block b
JOIN day_close c USING (business_day)
WHERE b.seal IS NOT NULL AND b.business_day >= :first AND c.partner_id <> 0 AND c.debits > 0
  AND NOT EXISTS (SELECT FROM day_mail m
                  WHERE m.business_day = b.business_day AND m.partner_id = c.partner_id)
ORDER BY b.business_day
""")

_TAKE: Final = text("""
INSERT INTO day_mail (business_day, partner_id, written_at)
SELECT c.business_day, c.partner_id, ledger_now() FROM day_close c
WHERE c.business_day = :day AND c.partner_id <> 0 AND c.debits > 0
  AND NOT EXISTS (SELECT FROM day_mail m
                  WHERE m.business_day = c.business_day AND m.partner_id = c.partner_id)
ORDER BY c.partner_id LIMIT :at_once
ON CONFLICT DO NOTHING
RETURNING partner_id
""")

# The lead delegate, who may not have come yet: the address is the partner's own then.
_TOLD: Final = text("""
SELECT c.partner_id, p.trade_name, k.email, c.debits, c.amount_cents, b.seal
FROM day_close c
JOIN day_block b USING (business_day)
JOIN partner p USING (partner_id)
JOIN delegate d ON d.partner_id = p.partner_id AND d.role = 'lead' AND d.state <> 'removed'
JOIN credential k USING (credential_id)
WHERE c.business_day = :day AND c.partner_id = ANY(:partner_ids)
ORDER BY c.partner_id
""")

_WALLETS: Final = text("""
SELECT partner_id, wallet, debits, amount_cents FROM day_close_wallet
WHERE business_day = :day AND partner_id = ANY(:partner_ids) AND debits > 0
ORDER BY partner_id, wallet
""")


def untold_days(engine: Engine) -> list[date]:
    """Closed days that some partner was not told of yet, oldest first."""
    with unit_of_work(engine) as connection:
        first = paris_today(connection) - timedelta(days=_TOLD_DAYS)
        return list(connection.execute(_UNTOLD, {"first": first}).scalars())


def write_day_mails(engine: Engine, day: date) -> int:
    """Writes what is lacking of a day's mails, a few hundred in each transaction; how many now."""
    written = 0
    while True:
        with unit_of_work(engine) as connection:
            taken = connection.execute(_TAKE, {"day": day, "at_once": _AT_ONCE}).scalars().all()
            if not taken:
                return written
            _write(connection, day, list(taken))
            written += len(taken)


def _write(connection: Connection, day: date, partner_ids: list[int]) -> None:
    values = {"day": day, "partner_ids": partner_ids}
    wallets: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(_WALLETS, values):
        wallets[row.partner_id].append(
            {
                "wallet": row.wallet,
                "debits": row.debits,
                "amount": format_euros(row.amount_cents),
            }
        )
    for row in connection.execute(_TOLD, values):
        write_mail(
            connection,
            recipient=row.email,
            kind="day_closed",
            facts={
                "trade_name": row.trade_name,
                "day": format_day(day),
                "path": f"/partenaire/remboursements/telecollectes/{day.isoformat()}",
                "debits": row.debits,
                "amount": format_euros(row.amount_cents),
                "wallets": wallets[row.partner_id],
                "seal": bytes(row.seal).hex(),
            },
        )
