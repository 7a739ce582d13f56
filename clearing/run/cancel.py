"""Cancel a run before it goes to the bank: what it held is owed again, and can be drafted anew.

The law: only before export; afterwards only the bank sends money back. Its remittances stay as they
were, numbers included, so that the year's numbers have no gap; its lines and what was carried into
it are free again in the same commit. The schedule never drafts in its place: a person does.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from clearing.run.people import APPROVER, PREPARER, agent_in_role
from clearing.run.record import Run, move, run_again, run_of, take_turn

_CANCELLABLE = ("draft", "rejected", "submitted", "approved")


def cancel_run(engine: Engine, period_key: str, *, by: str, reason: str) -> Run | Refused:
    """Draft, rejected, submitted or approved -> cancelled; one that is cancelled is left alone.

    Refused: agent_unknown, agent_may_not, run_not_cancellable.
    """
    with unit_of_work(engine) as connection:
        take_turn(connection)
        agent = agent_in_role(connection, by, PREPARER, APPROVER)
        if isinstance(agent, Refused):
            return agent
        run = run_of(connection, period_key)
        if run is not None and run.state == "cancelled":
            return run
        if run is None or run.state not in _CANCELLABLE:
            return Refused("run_not_cancellable", {"period": period_key})
        move(connection, run.run_id, "cancelled", by=agent.email, reason=reason)
        connection.execute(text("SELECT free_run(:run_id)"), {"run_id": run.run_id})
        return run_again(connection, period_key)
