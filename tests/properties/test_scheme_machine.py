"""The whole scheme against a small model: any story of grants, debits, cancellations, days, runs.

After each step money is conserved, every wallet is its movements, nothing has entered a closed day
and no debit stands in two runs; after the last one the proof is green. The clock only moves
forward, also over the nights of the clock change, 29 February and 31 August.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID, uuid4

import psycopg
import pyotp
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
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


class TillWork(NamedTuple):
    """What somebody does at a till; numbers are taken modulo what there is."""

    verb: str
    partner: int
    card: int
    wallet: str
    amount: str
    pin: str | None
    which_key: int


TILL_WORKS = st.builds(
    TillWork,
    verb=st.sampled_from(
        (
            "pay",
            "pay",
            "pay",
            "cancel",
            "cancel",
            "pay again",
            "pay something else",
            "cancel another's",
            "cancel what was never seen",
        )
    ),
    partner=st.integers(0, 1),
    card=st.integers(0, 11),
    wallet=st.sampled_from(sorted(WALLETS)),
    amount=st.sampled_from(("some", "cent", "half", "all", "more")),
    pin=st.sampled_from((None, None, None, "right", "wrong", "wrong", "missing")),
    # Mostly one of the last.
    which_key=st.integers(-3, -1) | st.integers(0, 99),
)


# What somebody else does after it.
DEEDS = st.one_of(
    st.tuples(
        st.just("call_the_hotline"),
        st.sampled_from(("grant", "grant", "pause", "resume", "resume", "block", "replace")),
        st.integers(0, 9),
    ),
    st.tuples(
        st.just("time_goes_on"),
        st.sampled_from(("minutes", "midnight", "next", "days", "fortnight", "summer")),
    ),
    st.tuples(st.just("close_the_days"), st.integers(1, 4)),
    st.tuples(
        st.just("run_the_last_fortnight"),
        st.sampled_from(("draft", "submit", "reject", "approve", "export", "export")),
    ),
)


class SchemeMachine(RuleBasedStateMachine):
    """Each step calls the product and the model alike and compare their answers."""

    office: Office
    start: str

    @initialize()
    def open_the_county(self) -> None:
        _empty(self.office, keep=SCHEME_TABLES)
        self.year, self.now = STARTS[self.start]
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
        self.keys: list[UUID] = []
        self.give_a_grant()
        for verb in ("pay", "pay", "cancel"):
            self.do_at_the_till(TillWork(verb, 0, 0, "tutoring", "some", None, -1))

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        if self.model.year_ends - timedelta(days=40) < self.day < self.model.year_ends:
            self.end_the_year()
        self.db.close()
        found = prove(self.office.engine)
        assert found.first_difference is None
        assert found.operations == self.model.operations + self._reimbursements()

    @property
    def day(self) -> date:
        return paris_day(self.now)

    def end_the_year(self) -> None:
        """Whatever is left lapses."""
        last = self.model.year_ends - timedelta(days=1)
        self.now = datetime(self.year + 1, 8, 31, 22, 0, tzinfo=UTC)
        Clock(self.office).set(self.now)
        self.model.day = self.day
        assert not isinstance(close_days(self.office.engine, last), Refused)
        self.model.close_until(last)
        self.money_is_conserved()
        self.every_wallet_is_its_movements()

    # One rule on purpose: of many, Hypothesis leaves most out of most stories.
    @rule(works=st.lists(TILL_WORKS, max_size=8), deed=DEEDS)
    def live_some_hours(self, works: list[TillWork], deed: tuple[Any, ...]) -> None:
        for work in works:
            self.do_at_the_till(work)
        name, *details = deed
        getattr(self, name)(*details)

    # -- cards -----------------------------------------------------------------------------------

    def give_a_grant(self) -> None:
        if self.day >= self.model.year_ends or len(self.held) > 8:
            return
        self.held.append(makers.make_card(self.office, school_year=self.year))
        self.model.add_holder()

    def call_the_hotline(self, verb: str, which: int) -> None:
        if verb == "grant":
            self.give_a_grant()
            return
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

    def do_at_the_till(self, work: TillWork) -> None:
        known_key = self.keys[work.which_key % len(self.keys)] if self.keys else uuid4()
        known = self.model.debits.get(known_key)
        owner = self.model.tombstones.get(known_key, work.partner)
        if known is not None:
            owner = known.asked.partner
        fresh = self.asked(work)
        match work.verb:
            case "pay":
                self.keys.append(uuid4())
                self.debit(self.keys[-1], fresh)
            case "pay again":
                # What this id was asked for; after a tombstone, the late debit.
                self.debit(known_key, fresh if known is None else known.asked)
            case "pay something else":
                self.debit(known_key, fresh)
            case "cancel":
                self.cancel(known_key, owner)
            case "cancel another's":
                self.cancel(known_key, 1 - owner)
            case "cancel what was never seen":
                self.keys.append(uuid4())
                self.cancel(self.keys[-1], work.partner)

    def asked(self, work: TillWork) -> Asked:
        card = work.card % len(self.held)
        balance = self.model.cards[card].holder.balances[work.wallet]
        cents = {
            "cent": 1,
            "some": 1055,
            "half": balance // 2,
            "all": balance,
            "more": balance + 1,
        }[work.amount]
        return Asked(work.partner, card, work.wallet, max(cents, 1), work.pin)

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

    def close_the_days(self, back: int) -> None:
        assert isinstance(close_days(self.office.engine, self.day), Refused), "today is not over"
        last = self.day - timedelta(days=back)
        if last < self.model.first_open_day:
            return
        assert not isinstance(close_days(self.office.engine, last), Refused)
        self.model.close_until(last)
        self.closed[last] = self._count("business_day <= %s", last)

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
            complete_papers(
                self.office.engine,
                submitted.run_id,
                keys=self.office.keys,
                scheme_name="CJeune",
            )
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


def run_machine(office: Office, start: str, *, examples: int, steps: int) -> None:
    class Machine(SchemeMachine):
        pass

    Machine.office, Machine.start = office, start
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("start", STARTS)
def test_any_story_of_the_scheme_ends_as_the_model_says(office: Office, start: str) -> None:
    run_machine(office, start, examples=4, steps=40)


@pytest.mark.soak
@pytest.mark.parametrize("start", STARTS)
def test_any_long_story_of_the_scheme_ends_as_the_model_says(office: Office, start: str) -> None:
    run_machine(office, start, examples=100, steps=120)
