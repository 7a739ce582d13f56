"""Leaves something to do on the desk of a demonstration that a person tries: the bank has answered.

The law: by the services' own hands, as an agent would type it. Earlier fortnights are paid; of the
last one that went to the bank a transfer came back, and its payment is still to be confirmed. A
script's demonstration has none of it: there every ended fortnight is exported and unanswered.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.clock import paris_today
from cardservice.demo.cast import succeed
from cardservice.demo.fortnights import Finance
from cardservice.domain.calendar import fortnight_containing
from cardservice.wiring import Office
from clearing.bank.typed import answer_transfer, confirm_run
from clearing.run.read_remittance import remittance_number

_REASON: Final = "AC04"


def left_from(today: date) -> date:
    """Where the fortnight of today begins: the one that ended then is left to be approved."""
    return fortnight_containing(today).starts_on


def leave_work(office: Office, finance: Finance) -> None:
    """Types the bank's answers in."""
    sent = _sent(office)
    by = finance.preparer.email
    for run in sent[:-1]:
        succeed(
            confirm_run(
                office.engine,
                run.period_key,
                happened_on=run.happened_on,
                reference=f"VIR SEPA {run.msg_id}",
                by=by,
            )
        )
    if sent and sent[-1].number is not None:
        run = sent[-1]
        succeed(
            answer_transfer(
                office.engine,
                remittance_number(run.number_year, run.number),
                outcome="failed",
                reason_code=_REASON,
                happened_on=run.happened_on,
                by=by,
            )
        )


def _sent(office: Office) -> list[Any]:
    """The runs that the bank has, oldest first, each with its second transfer."""
    with unit_of_work(office.engine) as connection:
        return list(
            connection.execute(
                text(
                    "SELECT r.period_key, r.msg_id, m.number_year, m.number,"
                    " least(r.execution_on, CAST(:today AS date)) AS happened_on"
                    " FROM reimbursement_run r LEFT JOIN LATERAL (SELECT number_year, number"
                    "  FROM remittance WHERE run_id = r.run_id AND transfer_cents > 0"
                    "  ORDER BY number OFFSET 1 LIMIT 1) m ON true"
                    " WHERE r.state = 'exported' ORDER BY r.exported_at LIMIT 100"
                ),
                {"today": paris_today(connection)},
            )
        )
