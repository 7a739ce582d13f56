"""Submit a draft: the controls hold, the content is frozen, the accounts are copied in.

The law: a person submits, never the scheduler; from here on nothing of the run changes but its
state. `reject` sends it back with a reason.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger.run_content import content_hash
from clearing.controls import controls_of, failures
from clearing.run.people import APPROVER, PREPARER, agent_in_role
from clearing.run.record import Run, move, run_again, run_of, take_turn


def submit_run(engine: Engine, period_key: str, *, by: str) -> Run | Refused:
    """Draft (or rejected) -> submitted; a run that is further on is left alone."""
    with unit_of_work(engine) as connection:
        take_turn(connection)
        agent = agent_in_role(connection, by, PREPARER)
        if isinstance(agent, Refused):
            return agent
        run = run_of(connection, period_key)
        if run is None or run.state in ("cancelled", "bank_rejected"):
            return Refused("run_not_drafted", {"period": period_key})
        if run.state not in ("draft", "rejected"):
            return run
        failed = failures(controls_of(connection, run.run_id))
        if failed:
            first = failed[0]
            return Refused(
                "controls_do_not_hold",
                {"control": first.name, "left": first.left, "right": first.right},
            )
        connection.execute(
            text(
                "UPDATE remittance m SET iban = b.iban, holder_name = b.holder_name"
                " FROM bank_account b WHERE m.run_id = :run_id AND b.partner_id = m.partner_id"
                " AND b.state = 'verified'"
            ),
            {"run_id": run.run_id},
        )
        if _goes_back_to_the_same_account(connection, run.run_id):
            return Refused(
                "controls_do_not_hold", {"control": "reason_gone", "left": 1, "right": 0}
            )
        move(
            connection,
            run.run_id,
            "submitted",
            by=agent.email,
            submitted_by=agent.agent_id,
            approved_by=None,
            content_hash=content_hash(connection, run.run_id),
        )
        return run_again(connection, period_key)


def reject_run(engine: Engine, period_key: str, *, by: str, reason: str) -> Run | Refused:
    """Submitted -> rejected, with a reason: it can be drafted or submitted again."""
    with unit_of_work(engine) as connection:
        take_turn(connection)
        agent = agent_in_role(connection, by, APPROVER)
        if isinstance(agent, Refused):
            return agent
        run = run_of(connection, period_key)
        if run is None or run.state not in ("submitted", "rejected"):
            return Refused("run_not_submitted", {"period": period_key})
        if run.state == "submitted":
            move(connection, run.run_id, "rejected", by=agent.email, reason=reason)
        return run_again(connection, period_key)


def _goes_back_to_the_same_account(connection: Connection, run_id: int) -> bool:
    """Whether an account that sent money back came into use again since the controls were read."""
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM failed_transfer f"
            " JOIN remittance m ON m.remittance_id = f.into_remittance_id"
            " WHERE m.run_id = :run_id AND m.iban = f.iban"
            " AND coalesce(f.let_go_by, 'account') = 'account')"
        ),
        {"run_id": run_id},
    )
    return bool(found.scalar_one())
