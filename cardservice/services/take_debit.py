"""Take a debit: judge its stable facts, then let the money function decide and book.

The law: the verdict is made on the register's copy and travels with that copy's version; when the
register has moved meanwhile, the money function answers nothing and the verdict is made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from cardservice.domain.debit import DebitFacts, first_verdict, pin_is_due
from cardservice.domain.identification import Identification, read_identification
from cardservice.domain.keys import pin_mac
from cardservice.ledger.debit_lane import DebitAnswer, DebitRequest
from cardservice.ledger.group_commit import Unavailable
from cardservice.services.register import TerminalFacts
from cardservice.services.till import Till

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class DebitAsked:
    """A terminal's request, already well formed: known wallet, 1 to 100,000 cents, four digits."""

    operation_id: UUID
    identification: str
    wallet: str
    amount_cents: int
    identity_checked: bool
    pin: str | None


@dataclass(frozen=True, slots=True)
class Actor:
    """The person at the till, where the till knows one: the portal's delegate (C36).

    `ceiling_cents` is the most that one debit of theirs may be; None leaves the terminal's limit.
    """

    actor_id: int | None = None
    ceiling_cents: int | None = None


# A terminal of its own cannot say who stands at it.
NOBODY: Final = Actor()


async def take_debit(
    till: Till, *, key_hash: bytes, asked: DebitAsked, actor: Actor = NOBODY
) -> DebitAnswer | None:
    """The answer to a debit; None when the key is unknown or revoked by now (401).

    Raises Unavailable when the outcome is not known: the terminal asks again with the same id.
    """
    identification = read_identification(till.keys, asked.identification)
    for _ in range(_MOST_TRIES):
        terminal = await till.register.terminal(key_hash)
        version = till.register.version
        if terminal is None or terminal.state != "active":
            # The copy may be older than a new key; it is never older than a revocation for long,
            # because a stale version is refused below.
            return None
        answer = await till.debits.ask(
            _request(
                till,
                terminal=terminal,
                version=version,
                asked=asked,
                read=identification,
                actor=actor,
            )
        )
        if answer.status != "stale":
            return answer
        till.register.forget(newer_than=version)
    raise Unavailable("the register keeps moving")


def stable_verdict(
    terminal: TerminalFacts,
    *,
    asked: DebitAsked,
    day: date,
    holder_has_wallets: bool,
    actor: Actor = NOBODY,
) -> str | None:
    """The first refusal on a Paris day among the facts that no concurrent request can change."""
    wallets = terminal.wallets_on(day)
    return first_verdict(
        DebitFacts(
            holder_has_wallets=holder_has_wallets,
            agreement_in_force=wallets is not None,
            wallet_accepted=wallets is not None and asked.wallet in wallets,
            identity_checked=asked.identity_checked,
            amount_cents=asked.amount_cents,
            terminal_limit_cents=most_of_one_debit(terminal, actor),
        )
    )


def most_of_one_debit(terminal: TerminalFacts, actor: Actor = NOBODY) -> int:
    """The cents that one debit may be: the terminal's limit, lowered by the person's ceiling."""
    if actor.ceiling_cents is None:
        return terminal.limit_cents
    return min(terminal.limit_cents, actor.ceiling_cents)


def _request(
    till: Till,
    *,
    terminal: TerminalFacts,
    version: int,
    asked: DebitAsked,
    read: Identification | None,
    actor: Actor,
) -> DebitRequest:
    # An identification serves the terminal that made it; a foreign one still names its card, so
    # that a replay is recognised, but it has expired for anything new.
    own = read is not None and read.terminal_id == terminal.terminal_id
    day = till.register.business_day()
    pin_due = pin_is_due(terminal.pin_required, terminal.above_cents, asked.amount_cents)
    with_pin = pin_due and asked.pin is not None and read is not None
    return DebitRequest(
        register_version=version,
        operation_id=asked.operation_id,
        partner_id=terminal.partner_id,
        outlet_id=terminal.outlet_id,
        terminal_id=terminal.terminal_id,
        actor_id=actor.actor_id,
        card_id=None if read is None else read.card_id,
        wallet=asked.wallet,
        amount_cents=asked.amount_cents,
        identified_until=read.until if read is not None and own else _NEVER,
        partner_suspended=terminal.partner_state != "active",
        judged_on=day,
        verdict=stable_verdict(
            terminal,
            asked=asked,
            day=day,
            holder_has_wallets=read is not None and read.holder_has_wallets,
            actor=actor,
        ),
        pin_due=pin_due,
        pin_mac=(
            pin_mac(till.keys, read.beneficiary_id, asked.pin)
            if with_pin and read is not None and asked.pin is not None
            else None
        ),
    )
