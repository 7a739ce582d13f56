"""Show a run: its figures, its file and its history, as scripts and the desk read them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, text

from cardservice.db.engine import unit_of_work
from clearing.run.record import run_of


def show_run(engine: Engine, period_key: str) -> dict[str, Any] | None:
    """A period's run as JSON-ready facts (amounts in cents, instants in RFC 3339); None without."""
    with unit_of_work(engine) as connection:
        run = run_of(connection, period_key)
        if run is None:
            return None
        sha256 = connection.execute(
            text("SELECT sha256 FROM document WHERE run_id = :run_id AND kind = 'pain001'"),
            {"run_id": run.run_id},
        ).scalar_one_or_none()
        events = connection.execute(
            text('SELECT state, at, "by" FROM run_event WHERE run_id = :run_id ORDER BY event_id'),
            {"run_id": run.run_id},
        ).all()
    return {
        "period": run.period_key,
        "state": run.state,
        "attempt": run.attempt,
        "debits": run.debits,
        "partners": run.partners,
        "gross_cents": run.gross_cents,
        "corrections_cents": run.corrections_cents,
        "carried_in_cents": run.carried_in_cents,
        "carried_out_cents": run.carried_out_cents,
        "re_presented_cents": run.re_presented_cents,
        "transfers_cents": run.transfers_cents,
        "msg_id": run.msg_id,
        "sha256": sha256,
        "history": [
            {
                "state": event.state,
                "at": event.at.isoformat().replace("+00:00", "Z"),
                "by": event.by,
            }
            for event in events
        ],
    }
