"""The whole scheme against a small model: any story of grants, debits, cancellations, days, runs.

After each step money is conserved, every wallet is its movements, nothing has entered a closed day
and no debit stands in two runs; after the last one the proof is green. The clock only moves
forward, also over the nights of the clock change, 29 February and 31 August.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pyotp
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cardservice.domain.calendar import paris_day
from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from cardservice.services.block_card import block_card
from cardservice.services.pause_card import pause_card
from cardservice.services.replace_card import replace_card
from cardservice.services.resume_card import resume_card
from cardservice.wiring import Office
from clearing.day_close import close_days
from clearing.pain001 import Debtor
from clearing.run.approve import approve_run
from clearing.run.draft import draft_run
from clearing.run.export import export_run
from clearing.run.papers import complete_papers
from clearing.run.record import Run
from clearing.run.submit import reject_run, submit_run
from tests import makers
from tests.conftest import SCHEME_TABLES, Clock, _empty
from tests.ledger import straight
from tests.ledger.straight import DebitCall
from tests.properties.model import WALLETS, Asked, Scheme

# (school year of the cards, the first evening): in front of a night that has something to show.
STARTS = {
    "clocks go back": (2026, datetime(2026, 10, 24, 20, 0, tzinfo=UTC)),
    "clocks go forward": (2026, datetime(2027, 3, 27, 20, 0, tzinfo=UTC)),
    "leap day": (2027, datetime(2028, 2, 27, 20, 0, tzinfo=UTC)),
    "end of the year": (2026, datetime(2027, 8, 29, 20, 0, tzinfo=UTC)),
    "end of a fortnight": (2026, datetime(2026, 12, 14, 20, 0, tzinfo=UTC)),
}
# (first day, day after the last, first day of the next year)
YEARS = {
    2026: (date(2026, 9, 1), date(2027, 9, 1), date(2027, 9, 2)),
    2027: (date(2027, 9, 2), date(2028, 9, 1), date(2028, 9, 4)),
}
DEBTOR = Debtor("CJEUNE DE PROVENCE", "FR7630004000031234567890143", None, "22130001500247", None)
PINS = {"right": makers.PIN, "wrong": "0007", "missing": None}


class SchemeMachine(RuleBasedStateMachine):
    """Rules call the product and the model alike and compare their answers."""

    office: Office
    ids = Bundle("ids")

    @initialize(start=st.sampled_from(sorted(STARTS)))
    def open_the_county(self, start: str) -> None:
        _empty(self.office, keep=SCHEME_TABLES)
        self.year, self.now = STARTS[start]
        Clock(self.office).set(self.now)
        first, end, next_first = YEARS[self.year]
        self.model = Scheme(self.day, first, end, next_first, date(2023, 9, 1))
        self.db = psycopg.connect(self.office.database_url, autocommit=True)
        self.partners = [makers.make_partner(self.office) for _ in range(2)]
        self.tills = [makers.make_terminal(self.office, one) for one in self.partners]
        for partner in self.partners:
            makers.verify_partner(self.office, partner)
        self.preparer = makers.make_agent(self.office, "finance_preparer").email
        self.held: list[makers.HeldCard] = []
        self.closed: dict[date, int] = {}
        self.give_a_grant()

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        self.db.close()
        found = prove(self.office.engine)
        assert found.first_difference is None
        assert found.operations == self.model.operations + self._reimbursements()

    @property
    def day(self) -> date:
        return paris_day(self.now)

    # -- cards -----------------------------------------------------------------------------------

    @precondition(lambda self: self.day < self.model.year_ends and len(self.held) < 4)
    @rule()
    def give_a_grant(self) -> None:
        self.held.append(makers.make_card(self.office, school_year=self.year))
        self.model.add_holder()

    @rule(verb=st.sampled_from(("block", "pause", "resume", "replace")), which=st.integers(0, 9))
    def change_a_card(self, verb: str, which: int) -> None:
        number = which % len(self.held)
        card, modelled = self.held[number], self.model.cards[number]
        office, name = self.office, {"card_name": card.code, "actor": "test"}
        if verb == "block" and modelled.state in ("active", "paused"):
            done: Any = block_card(office.engine, office.keys, **name, reason="lost")
            modelled.state = "blocked"
        elif verb == "pause" and modelled.state == "active":
            done = pause_card(office.engine, office.keys, **name)
            modelled.state = "paused"
        elif verb == "resume" and modelled.state == "paused":
            done = resume_card(office.engine, office.keys, **name)
            modelled.state = "active"
        elif verb == "replace" and modelled.state == "active" and self.day < self.model.year_ends:
            done = replace_card(
                office.engine, office.keys, **name, draw=_draw, prove=lambda code: None
            )
            modelled.state = "replaced"
        else:
            return
        assert not isinstance(done, Refused)

    # -- money -----------------------------------------------------------------------------------

    def call(self, key: UUID, asked: Asked) -> DebitCall:
        partner, till = self.partners[asked.partner], self.tills[asked.partner]
        pin = None if asked.pin is None else PINS[asked.pin]
        street = straight.make_street(self.office, partner, till, self.held[asked.card])
        return street.call(
            asked.cents,
            wallet=asked.wallet,
            operation_id=key,
            pin_due=asked.pin is not None,
            pin_mac=None if pin is None else street.mac(pin),
        )

    def debit(self, key: UUID, asked: Asked) -> None:
        answer = straight.debit(self.db, self.call(key, asked))
        assert self.model.debit(key, asked) == (
            answer.status,
            answer.code,
            answer.balance_after_cents,
            answer.tries_left,
        )
        if answer.status == "recorded":
            assert answer.business_day == self.model.business_day

    @rule(
        target=ids,
        partner=st.integers(0, 1),
        which=st.integers(0, 9),
        wallet=st.sampled_from(sorted(WALLETS)),
        amount=st.sampled_from(("cent", "some", "half", "all", "more")),
        pin=st.sampled_from((None, None, None, "right", "wrong", "wrong", "missing")),
    )
    def pay(self, partner: int, which: int, wallet: str, amount: str, pin: str | None) -> UUID:
        key, card = uuid4(), which % len(self.held)
        balance = self.model.cards[card].holder.balances[wallet]
        cents = {
            "cent": 1,
            "some": 1055,
            "half": balance // 2,
            "all": balance,
            "more": balance + 1,
        }[amount]
        self.debit(key, Asked(partner, card, wallet, max(cents, 1), pin))
        return key

    @rule(key=ids)
    def pay_again(self, key: UUID) -> None:
        known = self.model.debits.get(key)
        if known is not None:
            self.debit(key, known.asked)

    @rule(key=ids, partner=st.integers(0, 1), wallet=st.sampled_from(sorted(WALLETS)))
    def pay_with_another_content(self, key: UUID, partner: int, wallet: str) -> None:
        known = self.model.debits.get(key)
        if known is not None:
            self.debit(key, Asked(partner, known.asked.card, wallet, known.asked.cents + 1))

    @rule(target=ids, partner=st.integers(0, 1))
    def cancel_what_was_never_seen(self, partner: int) -> UUID:
        key = uuid4()
        self.cancel(key, partner)
        return key

    @rule(key=ids, partner=st.integers(0, 1), which=st.integers(0, 9))
    def pay_late(self, key: UUID, partner: int, which: int) -> None:
        """For a tombstone the late debit; else the same id from anybody."""
        known = self.model.debits.get(key)
        late = Asked(partner, which % len(self.held), "tutoring", 300)
        self.debit(key, late if known is None else known.asked)

    @rule(key=ids, own=st.integers(0, 4))
    def cancel_one(self, key: UUID, own: int) -> None:
        known = self.model.debits.get(key)
        partner = self.model.tombstones.get(key, 0) if known is None else known.asked.partner
        self.cancel(key, partner if own else 1 - partner)

    def cancel(self, key: UUID, partner: int) -> None:
        asked = Asked(partner, 0, "tutoring", 1)
        answer = straight.cancel(self.db, self.call(key, asked))
        assert self.model.cancel(key, partner) == (
            answer.status,
            answer.code,
            answer.balance_after_cents,
            None,
        )

    # -- days and runs ---------------------------------------------------------------------------

    @rule(step=st.sampled_from(("minutes", "midnight", "next", "days", "fortnight", "summer")))
    def time_goes_on(self, step: str) -> None:
        midnight = datetime.combine(self.day + timedelta(days=1), datetime.min.time(), UTC)
        steps = {
            "minutes": self.now + timedelta(minutes=25),
            # A minute before and a minute after midnight in winter, an hour in summer.
            "midnight": midnight - timedelta(hours=1, minutes=1),
            "next": midnight - timedelta(minutes=59),
            "days": self.now + timedelta(days=2),
            "fortnight": self.now + timedelta(days=16),
            "summer": datetime(self.year + 1, 8, 31, 21, 58, tzinfo=UTC),
        }
        if step == "summer" and self.model.year_ends - self.day > timedelta(days=40):
            return
        if steps[step] > self.now:
            self.now = steps[step]
            Clock(self.office).set(self.now)
            self.model.day = self.day

    @rule(back=st.integers(1, 4))
    def close_the_days(self, back: int) -> None:
        last = self.day - timedelta(days=back)
        if last < self.model.first_open_day:
            return
        assert not isinstance(close_days(self.office.engine, last), Refused)
        self.model.close_until(last)
        self.closed[last] = self._count("business_day <= %s", last)

    @rule()
    def close_today_is_refused(self) -> None:
        assert isinstance(close_days(self.office.engine, self.day), Refused)

    @rule(until=st.sampled_from(("draft", "submit", "reject", "approve", "export", "export")))
    def run_the_last_fortnight(self, until: str) -> None:
        """Each step twice: the second one changes nothing."""
        period, last = _fortnight_before(self.day)
        if self.model.first_open_day <= last:
            assert isinstance(draft_run(self.office.engine, period, by=self.preparer), Refused)
            return
        drafted = self._twice(draft_run, period, by=self.preparer)
        if drafted.state == "draft":
            owed = self.model.owed_to(period, last)
            for one in owed:
                one.run = period
        taken = [one.asked.cents for one in self.model.debits.values() if one.run == period]
        assert (drafted.debits, drafted.gross_cents) == (len(taken), sum(taken))
        if until == "draft":
            return
        submitted = self._twice(submit_run, period, by=self.preparer)
        if until == "reject" and submitted.state == "submitted":
            approver = makers.make_agent(self.office).email
            self._twice(reject_run, period, by=approver, reason="look again")
        if until in ("approve", "export"):
            self._approve(period, submitted)
        if until == "export":
            complete_papers(self.office.engine, submitted.run_id, scheme_name="CJeune")
            exported = self._twice(export_run, period, by=self.preparer, debtor=DEBTOR)
            assert exported.state == "exported"

    def _approve(self, period: str, submitted: Run) -> None:
        agent = makers.make_agent(self.office)
        self._twice(
            approve_run,
            self.office.keys,
            period,
            by=agent.email,
            total_cents=submitted.transfers_cents,
            totp=pyotp.TOTP(agent.totp_secret).now(),
        )

    def _twice(self, step: Any, *arguments: Any, **members: Any) -> Run:
        first = step(self.office.engine, *arguments, **members)
        assert isinstance(first, Run), first
        again = step(self.office.engine, *arguments, **members)
        assert again == first
        return first

    # -- what always holds -----------------------------------------------------------------------

    def _count(self, where: str, *values: Any) -> int:
        found = self.db.execute(
            f"SELECT count(*) FROM operation WHERE {where}".encode(), values
        ).fetchone()
        return cast(int, (found or (0,))[0])

    def _reimbursements(self) -> int:
        with psycopg.connect(self.office.database_url) as db:
            found = db.execute("SELECT count(*) FROM operation WHERE kind = 'reimbursement'")
            return cast(int, (found.fetchone() or (0,))[0])

    @invariant()
    def money_is_conserved(self) -> None:
        accounts = dict(
            self.db.execute(
                "SELECT account, sum(amount_cents)::bigint FROM ledger_entry GROUP BY account"
            ).fetchall()
        )
        assert sum(accounts.values()) == 0
        assert accounts["department_fund"] == -sum(WALLETS.values()) * len(self.model.holders)
        assert accounts["beneficiary_wallet"] == sum(
            sum(holder.balances.values()) for holder in self.model.holders
        )
        sold = sum(
            one.asked.cents
            for one in self.model.debits.values()
            if one.code is None and not one.cancelled
        )
        assert accounts.get("partner_payable", 0) + accounts.get("in_transit", 0) == sold

    @invariant()
    def every_wallet_is_its_movements(self) -> None:
        found = self.db.execute(
            "SELECT w.beneficiary_id, w.wallet, w.balance_cents, w.seq, count(o.operation_id),"
            " max(o.wallet_seq) FROM wallet w JOIN operation o"
            " ON (o.beneficiary_id, o.school_year, o.wallet)"
            "  = (w.beneficiary_id, w.school_year, w.wallet) AND o.wallet_seq IS NOT NULL"
            " GROUP BY 1, 2, w.school_year ORDER BY 1, 2"
        ).fetchall()
        expected = [
            (card.holder.beneficiary_id, wallet, holder.balances[wallet], seq, seq, seq)
            for card, holder in zip(self.held, self.model.holders, strict=True)
            for wallet, seq in sorted(holder.movements.items())
        ]
        assert found == expected

    @invariant()
    def one_row_was_written_for_each_answer(self) -> None:
        assert self._count("kind <> 'reimbursement'") == self.model.operations

    @invariant()
    def nothing_enters_a_closed_day(self) -> None:
        for day, count in self.closed.items():
            assert self._count("business_day <= %s", day) == count

    @invariant()
    def no_debit_is_in_two_runs(self) -> None:
        found = self.db.execute(
            "SELECT operation_id FROM remittance_line WHERE live GROUP BY 1 HAVING count(*) > 1"
        ).fetchall()
        assert found == []


def _draw(below: int) -> int:
    return uuid4().int % below


def _fortnight_before(day: date) -> tuple[str, date]:
    """The key and last day of the fortnight that ended last."""
    last = day.replace(day=15) if day.day > 15 else day.replace(day=1) - timedelta(days=1)
    return f"{last:%Y-%m}-{'A' if last.day == 15 else 'B'}", last


def run_machine(office: Office, *, examples: int, steps: int) -> None:
    class Machine(SchemeMachine):
        pass

    Machine.office = office
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_story_of_the_scheme_ends_as_the_model_says(office: Office) -> None:
    run_machine(office, examples=15, steps=40)


@pytest.mark.soak
def test_any_long_story_of_the_scheme_ends_as_the_model_says(office: Office) -> None:
    run_machine(office, examples=1000, steps=120)
