"""Cancels a debit from the portal's list, with a reason, by a delegate with a name (C36, C60, C61).

The law: the ledger decides (its day, once), whatever has become of card, terminal, agreement or
partner; a debit of any terminal of the partner can be cancelled. The act is booked at the web till
of the debit's outlet, or at the debit's own terminal where the outlet has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.transactions import Scope, Transaction, one
from cardservice.services.acting_delegate import ActingDelegate
from cardservice.services.cancel_debit import REASONS, CancellationAnswer, cancel_debit


@dataclass(frozen=True, slots=True)
class _Place:
    partner_id: int
    outlet_id: int
    terminal_id: int


def cancel_from_portal(
    engine: Engine, delegate: ActingDelegate, scope: Scope, *, operation_id: UUID, reason: str
) -> CancellationAnswer | None:
    """What became of the cancellation of a debit in the delegate's scope; None without the debit.

    `reason` is one of REASONS. A second cancellation gets the first one's answer.
    """
    assert reason in REASONS, "the counter offers the known reasons alone"
    with unit_of_work(engine) as connection:
        debit = one(connection, scope, operation_id)
        if debit is None:
            return None
        place = _place_of(connection, scope.partner_id, debit)
    answer = cancel_debit(
        engine,
        terminal=place,
        operation_id=operation_id,
        reason=reason,
        actor_id=delegate.delegate_id,
    )
    assert answer.status != "reused", "the debit is this partner's"
    return answer


def _place_of(connection: Connection, partner_id: int, debit: Transaction) -> _Place:
    web_till: int | None = connection.execute(
        text(
            "SELECT terminal_id FROM terminal WHERE outlet_id = :outlet_id AND kind = 'web_till'"
            " ORDER BY state = 'revoked', terminal_id DESC LIMIT 1"
        ),
        {"outlet_id": debit.outlet_id},
    ).scalar_one_or_none()
    return _Place(partner_id, debit.outlet_id, web_till or debit.terminal_id)
