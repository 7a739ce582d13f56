"""A fortnight to clear: partners with verified accounts, sales at given instants, the desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import psycopg
import pyotp
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.services.add_agent import AgentAdded
from cardservice.wiring import Office
from clearing.day_close import close_days
from clearing.pain001 import Debtor
from clearing.run.approve import approve_run
from clearing.run.draft import draft_run
from clearing.run.export import export_run
from clearing.run.papers import complete_papers
from clearing.run.record import Run
from clearing.run.submit import submit_run
from tests import makers
from tests.conftest import Clock
from tests.counter import SPORT
from tests.ledger.straight import Street, cancel, debit, make_street

PERIOD = "2026-11-A"
# The day after the fortnight, once its last day can be closed.
AFTER = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
LAST_DAY = date(2026, 11, 15)
PAYER = Debtor("DEPARTEMENT", "FR7630004000031234567890143", None, "22130001500247", None)


@dataclass
class Desk:
    """The finance desk of one test, and the street whose sales it pays."""

    office: Office
    clock: Clock
    preparer: AgentAdded
    approver: AgentAdded
    streets: list[Street] = field(default_factory=list)

    def open_street(self, *, verified: bool = True, **partner: str) -> Street:
        """One more partner with a till and a holder in front of it; 100 € and 50 € in the card."""
        shop = makers.make_partner(self.office, **partner)
        if verified:
            makers.verify_partner(self.office, shop, makers.make_agent(self.office))
        till = makers.make_terminal(self.office, shop)
        street = make_street(self.office, shop, till, makers.make_card(self.office))
        self.streets.append(street)
        return street

    def sell(self, street: Street, cents: int, at: datetime, *, wallet: str = SPORT) -> DebitAnswer:
        """An approved debit at an instant."""
        self.clock.set(at)
        with psycopg.connect(self.office.database_url, autocommit=True) as connection:
            answer = debit(connection, street.call(cents, wallet=wallet))
        assert answer.outcome == "approved", answer
        return answer

    def undo(self, street: Street, sold: DebitAnswer) -> None:
        """Cancels a debit now."""
        with psycopg.connect(self.office.database_url, autocommit=True) as connection:
            answer = cancel(connection, street.call(0, operation_id=sold.operation_id))
        assert answer.outcome == "cancelled", answer

    def close(self, until: date = LAST_DAY, at: datetime = AFTER) -> None:
        """Closes every day up to one."""
        self.clock.set(at)
        assert not isinstance(close_days(self.office.engine, until), Refused)

    def draft(self, period: str = PERIOD) -> Run | Refused:
        return draft_run(self.office.engine, period, by=self.preparer.email)

    def submit(self, period: str = PERIOD) -> Run | Refused:
        return submit_run(self.office.engine, period, by=self.preparer.email)

    def approve(
        self,
        period: str = PERIOD,
        *,
        by: AgentAdded | None = None,
        total_cents: int | None = None,
        totp: str | None = None,
    ) -> Run | Refused:
        agent = by or self.approver
        return approve_run(
            self.office.engine,
            self.office.keys,
            period,
            by=agent.email,
            total_cents=self.total(period) if total_cents is None else total_cents,
            totp=totp or pyotp.TOTP(agent.totp_secret).now(),
        )

    def papers(self, run: Run) -> int:
        return complete_papers(self.office.engine, run.run_id, scheme_name="CJeune")

    def export(self, period: str = PERIOD) -> Run | Refused:
        return export_run(self.office.engine, period, by=self.preparer.email, debtor=PAYER)

    def pay(self, period: str = PERIOD, *, by: AgentAdded | None = None) -> Run:
        """The whole road of a closed fortnight."""
        took(self.draft(period))
        took(self.submit(period))
        self.papers(took(self.approve(period, by=by)))
        return took(self.export(period))

    def total(self, period: str = PERIOD) -> int:
        found: int = self.ask(
            f"SELECT transfers_cents FROM reimbursement_run WHERE period_key = '{period}'"
            " ORDER BY attempt DESC LIMIT 1"
        )
        return found

    def ask(self, query: str) -> object:
        """One figure from the database."""
        with unit_of_work(self.office.engine) as connection:
            return connection.execute(text(query)).scalar_one()

    def documents(self, kind: str) -> list[bytes]:
        """The stored bytes of a kind, in the order of the remittances' numbers."""
        with unit_of_work(self.office.engine) as connection:
            found = connection.execute(
                text(
                    "SELECT d.content FROM document d LEFT JOIN remittance m USING (remittance_id)"
                    " WHERE d.kind = :kind ORDER BY m.number_year, m.number"
                ),
                {"kind": kind},
            )
            return [bytes(content) for content in found.scalars()]


def took(step: Run | Refused) -> Run:
    """The run after a step that must have been taken."""
    assert isinstance(step, Run), step
    return step


def refused(step: Run | Refused) -> str:
    """The code of a step that must have been refused."""
    assert isinstance(step, Refused), step
    return step.code
