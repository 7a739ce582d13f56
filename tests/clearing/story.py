"""A fortnight's story told in few words: sales, closed days, and the run's steps by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pyotp

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.ledger.debit_lane import DebitAnswer
from cardservice.services.add_agent import AgentWithSecrets
from cardservice.wiring import Office
from clearing.day_close import close_days
from clearing.pain001 import Debtor
from clearing.run.approve import approve_run
from clearing.run.draft import draft_run
from clearing.run.export import export_run
from clearing.run.papers import complete_papers
from clearing.run.record import Run, run_again
from clearing.run.submit import reject_run, submit_run
from tests import makers
from tests.conftest import Clock, superuser_dsn
from tests.counter import SPORT
from tests.ledger import straight

PERIOD, NEXT_PERIOD = "2026-11-B", "2026-12-A"
LAST_DAY, NEXT_LAST_DAY = date(2026, 11, 30), date(2026, 12, 15)
AFTER, NEXT_AFTER = (
    datetime(2026, 12, 1, 9, tzinfo=UTC),
    datetime(2026, 12, 16, 9, tzinfo=UTC),
)
DEBTOR = Debtor("CJEUNE DE PROVENCE", "FR7630004000031234567890143", None, "22130001500247", None)


@dataclass
class Fortnight:
    """Partners that sell to one pupil, and the two agents who pay them."""

    office: Office
    preparer: AgentWithSecrets
    approver: AgentWithSecrets
    card: makers.HeldCard
    partners: list[makers.Shop] = field(default_factory=list)
    tills: list[makers.Till] = field(default_factory=list)

    # -- the street ------------------------------------------------------------------------------

    def add_partner(self, *, verified: bool = True, **fields: str) -> int:
        """Its number in this story."""
        partner = makers.make_partner(self.office, **fields)
        self.partners.append(partner)
        self.tills.append(makers.make_terminal(self.office, partner))
        if verified:
            makers.verify_partner(self.office, partner, self.approver)
        return len(self.partners) - 1

    def call(self, cents: int, *, at: int = 0, wallet: str = SPORT) -> straight.DebitCall:
        street = straight.make_street(self.office, self.partners[at], self.tills[at], self.card)
        return street.call(cents, wallet=wallet)

    def sell(self, cents: int, *, at: int = 0, wallet: str = SPORT) -> DebitAnswer:
        """A debit of the pupil at a partner, approved."""
        with psycopg.connect(self.office.database_url, autocommit=True) as db:
            answer = straight.debit(db, self.call(cents, at=at, wallet=wallet))
        assert answer.outcome == "approved", answer
        return answer

    def sell_and_undo(self, cents: int, *, at: int = 0) -> None:
        """A debit, cancelled on the spot."""
        call = self.call(cents, at=at)
        with psycopg.connect(self.office.database_url, autocommit=True) as db:
            straight.debit(db, call)
            assert straight.cancel(db, call).outcome == "cancelled"

    def end(self, *, after: datetime = AFTER, last_day: date = LAST_DAY) -> None:
        """The fortnight is over and all its days are closed."""
        Clock(self.office).set(after)
        done = close_days(self.office.engine, last_day)
        assert not isinstance(done, Refused), done

    # -- the run's steps -------------------------------------------------------------------------

    def draft(self, period: str = PERIOD, *, by: str | None = None) -> Run | Refused:
        return draft_run(self.office.engine, period, by=by or self.preparer.email)

    def submit(self, period: str = PERIOD, *, by: str | None = None) -> Run | Refused:
        return submit_run(self.office.engine, period, by=by or self.preparer.email)

    def reject(self, period: str = PERIOD, *, by: str | None = None) -> Run | Refused:
        return reject_run(
            self.office.engine, period, by=by or self.approver.email, reason="look again"
        )

    def approve(
        self,
        period: str = PERIOD,
        *,
        by: AgentWithSecrets | None = None,
        total_cents: int | None = None,
        totp: str | None = None,
    ) -> Run | Refused:
        """By default the run's own total and the approver's code of this moment."""
        agent = by or self.approver
        return approve_run(
            self.office.engine,
            self.office.keys,
            period,
            by=agent.email,
            total_cents=self.run(period).transfers_cents if total_cents is None else total_cents,
            totp=totp or pyotp.TOTP(agent.totp_secret).now(),
        )

    def complete_papers(self, period: str = PERIOD) -> int:
        """How many remittances got their papers; all that lacked them."""
        done = complete_papers(
            self.office.engine,
            self.run(period).run_id,
            keys=self.office.keys,
            scheme_name="CJeune de Provence",
        )
        assert not done.failed, done
        return done.made

    def export(self, period: str = PERIOD, *, by: str | None = None) -> Run | Refused:
        return export_run(self.office.engine, period, by=by or self.preparer.email, debtor=DEBTOR)

    def run_until(self, state: str, period: str = PERIOD) -> Run:
        """Takes every step up to a state."""
        steps: dict[str, Any] = {
            "draft": self.draft,
            "submitted": self.submit,
            "approved": self.approve,
            "exported": self.export,
        }
        for name, step in steps.items():
            if name == "approved":
                done = step(period, by=self._somebody_with_a_fresh_code())
                self.complete_papers(period)
            else:
                done = step(period)
            assert isinstance(done, Run), done
            if name == state:
                return done
        raise AssertionError(f"no step leads to {state}")

    def _somebody_with_a_fresh_code(self) -> AgentWithSecrets:
        """A code serves once: after the first approval, another approver."""
        (used,) = self.rows(
            "SELECT totp_last_step FROM agent WHERE agent_id = %s", self.approver.agent_id
        )
        return makers.make_agent(self.office) if used.totp_last_step > 0 else self.approver

    def run(self, period: str = PERIOD) -> Run:
        with unit_of_work(self.office.engine) as connection:
            return run_again(connection, period)

    # -- looking and meddling --------------------------------------------------------------------

    def rows(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.office.database_url) as db:
            return straight.rows(db, query, *values)

    def meddle(self, statement: str, *values: Any) -> None:
        """As superuser, past every trigger."""
        with psycopg.connect(superuser_dsn(self.office)) as db:
            db.execute("SET session_replication_role = replica")
            changed = db.execute(statement.encode(), values)
            assert changed.rowcount > 0, "nothing was meddled with"

    def lines(self, period: str = PERIOD) -> list[UUID]:
        return [
            row.operation_id
            for row in self.rows(
                "SELECT l.operation_id FROM remittance_line l JOIN remittance USING (remittance_id)"
                " JOIN reimbursement_run USING (run_id) WHERE period_key = %s ORDER BY 1",
                period,
            )
        ]


def make_fortnight(office: Office, *, school_year: int = 2026, **pupil: str) -> Fortnight:
    """One pupil, one partner with a verified account, a preparer and an approver."""
    fortnight = Fortnight(
        office,
        makers.make_agent(office, "finance_preparer"),
        makers.make_agent(office, "finance_approver"),
        makers.make_card(
            office,
            makers.make_beneficiary(office, school_year=school_year, **pupil),
            school_year=school_year,
        ),
    )
    fortnight.add_partner()
    return fortnight
