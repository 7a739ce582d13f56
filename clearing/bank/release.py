"""Lets a transfer that failed be presented again although its account has not changed (design §6).

The law: a finance approver, with a reason. Who brought a failure, typed or in a file, does not
release it: that would be one person paying twice, and a bank's file is not signed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent
from cardservice.db.queries.journal import note
from cardservice.domain.refusal import Refused
from cardservice.services.written_reason import reason_refusal
from clearing.bank.sent import SentTransfer, transfer_numbered
from clearing.run.people import APPROVER, agent_in_role
from clearing.run.record import take_turn


@dataclass(frozen=True, slots=True)
class TransferReleased:
    """A failed transfer that the next draft presents again."""

    number: str
    amount_cents: int


def release_transfer(
    engine: Engine, number: str, *, reason: str, by: str
) -> TransferReleased | Refused:
    """Lets a failed transfer be presented again into the account in use; again: nothing changes.

    Refused: reason_malformed, agent_unknown, agent_may_not, transfer_unknown, transfer_not_failed,
    transfer_presented_again, release_needs_second_agent.
    """
    malformed = reason_refusal(reason)
    if malformed is not None:
        return malformed
    with unit_of_work(engine) as connection:
        take_turn(connection)
        agent = agent_in_role(connection, by, APPROVER)
        if isinstance(agent, Refused):
            return agent
        found = transfer_numbered(connection, number)
        if isinstance(found, Refused):
            return found
        transfer = found[1]
        refused = _not_released(connection, transfer, agent)
        if refused is not None:
            return refused
        released = connection.execute(
            text(
                "INSERT INTO transfer_release (remittance_id, reason, released_by, released_at)"
                " VALUES (:remittance_id, :reason, :agent_id, ledger_now())"
                " ON CONFLICT DO NOTHING"
            ),
            {
                "remittance_id": transfer.remittance_id,
                "reason": reason.strip(),
                "agent_id": agent.agent_id,
            },
        )
        if released.rowcount:
            subject = f"remittance:{transfer.number}"
            note(connection, actor=agent.actor, action="transfer.release", subject=subject)
        return TransferReleased(transfer.number, transfer.amount_cents)


def _not_released(connection: Connection, transfer: SentTransfer, agent: Agent) -> Refused | None:
    failed = connection.execute(
        text(
            "SELECT f.into_remittance_id, b.received_by FROM failed_transfer f"
            " JOIN bank_message b USING (bank_message_id) WHERE f.remittance_id = :remittance_id"
        ),
        {"remittance_id": transfer.remittance_id},
    ).one_or_none()
    if failed is None:
        return Refused("transfer_not_failed", {"number": transfer.number})
    if failed.into_remittance_id is not None:
        return Refused("transfer_presented_again", {"number": transfer.number})
    if failed.received_by == agent.agent_id:
        return Refused("release_needs_second_agent")
    return None
