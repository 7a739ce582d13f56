"""Holds one partner's payments back, with a reason, and lets them go again (C66).

The law: who is held is left out of every draft that is made from then on; nothing of what is owed
is lost, it stands in the first draft after the release. A run that was submitted is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent
from cardservice.db.queries.journal import note
from cardservice.db.queries.partners import locked_partner_named
from cardservice.domain.refusal import Refused
from clearing.run.people import APPROVER, PREPARER, agent_in_role

MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class PartnerHeld:
    """A partner whose payments are held (`is_held`) or let go."""

    partner_id: int
    trade_name: str
    is_held: bool


def hold_partner(
    engine: Engine, partner_name: str, *, by: str, reason: str
) -> PartnerHeld | Refused:
    """Refused: agent_unknown, agent_may_not, partner_unknown, partner_ambiguous,
    hold_reason_malformed, partner_held."""
    if not 3 <= len(reason.strip()) <= MOST_CHARACTERS:
        return Refused("hold_reason_malformed")
    with unit_of_work(engine) as connection:
        agent = agent_in_role(connection, by, PREPARER, APPROVER)
        if isinstance(agent, Refused):
            return agent
        partner = locked_partner_named(connection, partner_name)
        if isinstance(partner, Refused):
            return partner
        held = connection.execute(
            text(
                "INSERT INTO partner_hold (partner_id, reason, held_by, held_at)"
                " VALUES (:partner_id, :reason, :agent_id, ledger_now())"
                " ON CONFLICT DO NOTHING"
            ),
            {
                "partner_id": partner.partner_id,
                "reason": reason.strip(),
                "agent_id": agent.agent_id,
            },
        )
        if held.rowcount == 0:
            return Refused("partner_held")
        _note(connection, partner.partner_id, agent, action="payments.hold")
        return PartnerHeld(partner.partner_id, partner.trade_name, is_held=True)


def release_partner(engine: Engine, partner_name: str, *, by: str) -> PartnerHeld | Refused:
    """Refused: agent_unknown, agent_may_not, partner_unknown, partner_ambiguous,
    partner_not_held."""
    with unit_of_work(engine) as connection:
        agent = agent_in_role(connection, by, PREPARER, APPROVER)
        if isinstance(agent, Refused):
            return agent
        partner = locked_partner_named(connection, partner_name)
        if isinstance(partner, Refused):
            return partner
        released = connection.execute(
            text(
                "UPDATE partner_hold SET released_by = :agent_id, released_at = ledger_now()"
                " WHERE partner_id = :partner_id AND released_at IS NULL"
            ),
            {"partner_id": partner.partner_id, "agent_id": agent.agent_id},
        )
        if released.rowcount == 0:
            return Refused("partner_not_held")
        _note(connection, partner.partner_id, agent, action="payments.release")
        return PartnerHeld(partner.partner_id, partner.trade_name, is_held=False)


def _note(connection: Connection, partner_id: int, agent: Agent, *, action: str) -> None:
    # Not in the partner's own journal: why it is held is the department's affair.
    note(connection, actor=agent.actor, action=action, subject=f"partner:{partner_id}")
