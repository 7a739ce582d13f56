"""Approve a submitted run: another person retypes the total; numbers are given, papers rendered.

The law: never the submitter, never somebody who changed an account that will be paid or brought in
the failure of what is presented again; what is
approved is what was submitted, to the byte. Remittance numbers have no gap within a year.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.agents import Agent
from cardservice.domain.calendar import paris_day
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from cardservice.ledger.run_content import content_hash
from cardservice.services.check_agent import agent_with_totp
from clearing.run.people import APPROVER, agent_in_role
from clearing.run.record import Run, move, run_again, run_of, take_turn

# Whether this agent brought in the failure of something that the run presents again, or let it go.
_BROUGHT_BACK = text(
    "SELECT EXISTS (SELECT FROM failed_transfer f"
    " JOIN remittance m ON m.remittance_id = f.into_remittance_id"
    " JOIN bank_message b USING (bank_message_id)"
    " LEFT JOIN transfer_release l ON l.remittance_id = f.remittance_id"
    " WHERE m.run_id = :run_id AND :agent_id IN (b.received_by, l.released_by))"
)
_FURTHER_ON = ("approved", "exported", "accepted", "paid")


def approve_run(
    engine: Engine,
    keys: Keys,
    period_key: str,
    *,
    by: str,
    total_cents: int,
    totp: str,
    looked_at: str | None = None,
) -> Run | Refused:
    """Submitted -> approved. `total_cents` is the sum of the transfers as retyped from the screen,
    `looked_at` the content hash (hexadecimal) of what that screen showed.

    The papers are rendered by `papers.complete_papers`, which can be run again at any time.
    """
    with unit_of_work(engine) as connection:
        take_turn(connection)
        agent = agent_in_role(connection, by, APPROVER)
        if isinstance(agent, Refused):
            return agent
        run = run_of(connection, period_key)
        if run is None or run.state not in ("submitted", *_FURTHER_ON):
            return Refused("run_not_submitted", {"period": period_key})
        if run.state in _FURTHER_ON:
            return run
        if looked_at is not None and looked_at != (run.content_hash or b"").hex():
            return Refused("approval_is_stale", {"period": period_key})
        refused = _why_not(connection, run, agent, total_cents=total_cents)
        if refused is not None:
            return refused
        # Last, so that a code is spent only on an approval that would pass.
        checked = agent_with_totp(connection, keys, agent.email, totp)
        if isinstance(checked, Refused):
            return checked
        move(connection, run.run_id, "approved", by=agent.email, approved_by=agent.agent_id)
        _give_numbers(connection, run.run_id)
        return run_again(connection, period_key)


def _why_not(connection: Connection, run: Run, agent: Agent, *, total_cents: int) -> Refused | None:
    if run.submitted_by == agent.agent_id:
        return Refused("approver_submitted_it")
    changed_an_account = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM remittance m JOIN bank_account b USING (partner_id)"
            " WHERE m.run_id = :run_id AND b.iban = m.iban"
            " AND b.changed_by = :actor)"
        ),
        {"run_id": run.run_id, "actor": agent.actor},
    ).scalar_one()
    if changed_an_account:
        return Refused("approver_changed_an_account")
    if connection.execute(
        _BROUGHT_BACK, {"run_id": run.run_id, "agent_id": agent.agent_id}
    ).scalar_one():
        return Refused("approver_brought_it_back")
    if total_cents != run.transfers_cents:
        return Refused("total_differs")
    if content_hash(connection, run.run_id) != run.content_hash:
        return Refused("run_changed_since_submission")
    return None


def _give_numbers(connection: Connection, run_id: int) -> None:
    """The next numbers of the year of approval, in the order of the partners."""
    now = connection.execute(text("SELECT ledger_now()")).scalar_one()
    connection.execute(
        text(
            "UPDATE remittance m SET number_year = :year, number = n.number"
            " FROM (SELECT remittance_id, row_number() OVER (ORDER BY partner_id)"
            "   + (SELECT coalesce(max(number), 0) FROM remittance WHERE number_year = :year)"
            "   AS number FROM remittance WHERE run_id = :run_id) n"
            " WHERE m.remittance_id = n.remittance_id"
        ),
        {"run_id": run_id, "year": paris_day(now).year},
    )
