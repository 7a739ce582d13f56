"""Check a debit: the verdict it would get now, without booking, locking or trying a PIN."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.debit import pin_is_due
from cardservice.domain.identification import read_identification
from cardservice.services.register import TerminalFacts
from cardservice.services.take_debit import NOBODY, Actor, DebitAsked, stable_verdict
from cardservice.services.till import Till

_CHECK = text(
    "SELECT expired, code, last4, balance_cents FROM check_debit("
    " CAST(:card_id AS bigint), :wallet, CAST(:amount_cents AS bigint), :until, :verdict,"
    " :pin_due)"
)


@dataclass(frozen=True, slots=True)
class DebitVerdict:
    """What a debit would get: `code` None for approved. Amounts in cents."""

    code: str | None
    wallet: str
    amount_cents: int
    balance_cents: int | None
    last4: str | None


def check_debit(
    till: Till,
    engine: Engine,
    *,
    terminal: TerminalFacts,
    asked: DebitAsked,
    actor: Actor = NOBODY,
) -> DebitVerdict:
    """The verdict that the same debit would get at this instant; writes nothing."""
    read = read_identification(till.keys, asked.identification)
    if read is None or read.terminal_id != terminal.terminal_id:
        return DebitVerdict("identification_expired", asked.wallet, asked.amount_cents, None, None)
    verdict = stable_verdict(
        terminal,
        asked=asked,
        day=till.register.business_day(),
        holder_has_wallets=read.holder_has_wallets,
        actor=actor,
    )
    with unit_of_work(engine) as connection:
        row = connection.execute(
            _CHECK,
            {
                "card_id": read.card_id,
                "wallet": asked.wallet,
                "amount_cents": asked.amount_cents,
                "until": read.until,
                "verdict": verdict,
                "pin_due": pin_is_due(
                    terminal.pin_required, terminal.above_cents, asked.amount_cents
                ),
            },
        ).one()
    code = "identification_expired" if row.expired else row.code
    return DebitVerdict(code, asked.wallet, asked.amount_cents, row.balance_cents, row.last4)
