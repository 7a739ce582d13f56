"""Shows a partner's close of a business day: count, amount, wallets and seal (C69).

The law: only a sealed day is shown, with the figures that the seal covers, never recomputed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work


@dataclass(frozen=True, slots=True)
class WalletClosed:
    """The debits of one wallet, net of cancellations; cents."""

    wallet: str
    count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class DayClosed:
    """A partner's closed day; `seal` is the 32 bytes of the whole day's block."""

    business_day: date
    count: int
    amount_cents: int
    wallets: tuple[WalletClosed, ...]
    seal: bytes


def show_day_close(engine: Engine, *, partner_id: int, day: date) -> DayClosed | None:
    """The close of a day; None while it is open, or when it is no day of this partner."""
    key = {"partner_id": partner_id, "day": day}
    with unit_of_work(engine) as connection:
        close = connection.execute(
            text(
                "SELECT c.debits, c.amount_cents, b.seal"
                " FROM day_close c JOIN day_block b USING (business_day)"
                " WHERE c.business_day = :day AND c.partner_id = :partner_id"
                " AND b.seal IS NOT NULL"
            ),
            key,
        ).one_or_none()
        if close is None:
            return None
        wallets = connection.execute(
            text(
                "SELECT wallet, debits, amount_cents FROM day_close_wallet"
                " WHERE business_day = :day AND partner_id = :partner_id"
                " ORDER BY wallet LIMIT 10"
            ),
            key,
        ).all()
    return DayClosed(
        business_day=day,
        count=close.debits,
        amount_cents=close.amount_cents,
        wallets=tuple(WalletClosed(*row) for row in wallets),
        seal=bytes(close.seal),
    )
