"""Whatever the bank answers, in whatever order, and whatever finance does meanwhile: no cent is
made or lost, nobody is paid more than he is owed, and nothing is presented twice (Hypothesis).

Each story has three partners and some fortnights. Steps that are refused change nothing, and are
part of the story. At the end everything is let go, and every partner has exactly what he is owed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardservice.ledger.proofs import prove
from cardservice.wiring import Office
from clearing.bank.take_in import take_in
from clearing.bank.typed import answer_transfer, confirm_run, reject_file, release_transfer
from clearing.run.cancel import cancel_run
from clearing.run.hold import hold_partner, release_partner
from clearing.run.record import Run
from tests import makers
from tests.clearing.bank_files import Status, camt053, camt054, debit, pain002, returned
from tests.clearing.bank_story import change_account
from tests.clearing.story import make_fortnight
from tests.clearing.test_regularisation import ask
from tests.conftest import A_MORNING, SCHEME_TABLES, Clock, _empty
from tests.counter import SPORT

PARTNERS: Final = 3
IBANS: Final = (
    "FR1420041010050500013M02606",
    "FR7630006000011234567890189",
    makers.OTHER_IBAN,
    makers.IBAN,
)
STEPS: Final = ("draft", "submitted", "approved", "exported")
WAYS: Final = ("CRDT", "054", "typed", "pain002")


class Deed(NamedTuple):
    """One step of a story; numbers are taken modulo what there is."""

    verb: str
    which: int
    how: int


# What happens most is written most.
VERBS: Final = (
    *("sell",) * 4,
    *("run",) * 6,
    *("next_fortnight",) * 3,
    *("fail",) * 4,
    *("pay",) * 3,
    *("account",) * 2,
    "pay_wrongly",
    "pay_one",
    "accept",
    "refuse_file",
    "refuse_file",
    "let_go",
    "regularise",
    "cancel",
    "hold",
    "unhold",
    "again",
)
DEEDS: Final = st.lists(
    st.builds(Deed, verb=st.sampled_from(VERBS), which=st.integers(0, 11), how=st.integers(0, 11)),
    min_size=10,
    max_size=30,
)


class Story:
    """A story while it is told: each verb is a method."""

    def __init__(self, office: Office) -> None:
        _empty(office, keep=SCHEME_TABLES)
        Clock(office).set(A_MORNING)
        self.fortnight = make_fortnight(office)
        for _ in range(PARTNERS - 1):
            self.fortnight.add_partner(iban=makers.OTHER_IBAN)
        self.hotline = makers.make_agent(office, "hotline")
        self.periods: list[tuple[str, date]] = [
            (row.period_key, row.ends_before)
            for row in self.fortnight.rows(
                "SELECT period_key, ends_before FROM fortnight WHERE ends_before > '2026-11-16'"
                " ORDER BY ends_before LIMIT 16"
            )
        ]
        self.ended = 0
        self.files: list[bytes] = []
        self.messages = 0
        self.sold: list[tuple[int, Any]] = []

    # -- the street and the calendar -------------------------------------------------------------

    def sell(self, which: int, how: int) -> None:
        cents = 100 + 37 * how
        (wallet,) = self.fortnight.rows("SELECT balance_cents FROM wallet WHERE wallet = %s", SPORT)
        if wallet.balance_cents >= cents and self.ended < len(self.periods):
            answer = self.fortnight.sell(cents, at=which % PARTNERS)
            self.sold.append((self.ended, answer))

    def regularise(self, which: int, how: int) -> None:
        past = [answer for ended, answer in self.sold if ended < self.ended]
        if past:
            answer = past[which % len(past)]
            (row,) = self.fortnight.rows(
                "SELECT amount_cents FROM operation WHERE operation_id = %s", answer.operation_id
            )
            ask(self.fortnight, answer, row.amount_cents, by=self.hotline)

    def next_fortnight(self, which: int = 0, how: int = 0) -> None:
        if self.ended < len(self.periods) - 6 or which < 0:
            _, ends_before = self.periods[self.ended]
            after = datetime.combine(ends_before, time(9), UTC)
            self.fortnight.end(after=after, last_day=ends_before - timedelta(days=1))
            self.ended += 1

    # -- finance ---------------------------------------------------------------------------------

    def run(self, which: int, how: int) -> None:
        if self.ended:
            # Mostly the last one.
            period = self.periods[max(0, self.ended - 1 - which // 6)][0]
            self.take_steps(period, STEPS[min(how, 3)])

    def take_steps(self, period: str, until: str) -> None:
        for name in STEPS[: STEPS.index(until) + 1]:
            match name:
                case "draft":
                    self.fortnight.draft(period)
                case "submitted":
                    self.fortnight.submit(period)
                case "approved":
                    agent = makers.make_agent(self.fortnight.office)
                    if self.runs("period_key = %s", period):
                        done = self.fortnight.approve(period, by=agent)
                        if isinstance(done, Run):
                            self.fortnight.complete_papers(period)
                case _:
                    self.fortnight.export(period)

    def cancel(self, which: int, how: int) -> None:
        if self.ended:
            cancel_run(
                self.fortnight.office.engine,
                self.periods[which % self.ended][0],
                by=self.fortnight.preparer.email,
                reason="a story",
            )

    def hold(self, which: int, how: int) -> None:
        shop = self.fortnight.partners[which % PARTNERS]
        by = self.fortnight.preparer.email
        hold_partner(self.fortnight.office.engine, shop.siret, by=by, reason="a story")

    def unhold(self, which: int, how: int) -> None:
        shop = self.fortnight.partners[which % PARTNERS]
        release_partner(self.fortnight.office.engine, shop.siret, by=self.fortnight.preparer.email)

    def account(self, which: int, how: int) -> None:
        at = which % PARTNERS
        (now,) = self.fortnight.rows(
            "SELECT iban FROM bank_account WHERE partner_id = %s AND state = 'verified'",
            self.fortnight.partners[at].partner_id,
        )
        others = [iban for iban in IBANS if iban != now.iban]
        change_account(self.fortnight, at=at, iban=others[how % len(others)])

    def let_go(self, which: int, how: int) -> None:
        waiting = self.fortnight.rows("SELECT number_year, number FROM failed_transfer")
        if waiting:
            row = waiting[which % len(waiting)]
            number = f"BR-{row.number_year}-{row.number:06d}"
            release_transfer(
                self.fortnight.office.engine,
                number,
                reason="a story",
                by=makers.make_agent(self.fortnight.office).email,
            )

    # -- the bank --------------------------------------------------------------------------------

    def runs(self, condition: str, *values: Any) -> list[Any]:
        return self.fortnight.rows(
            f"SELECT * FROM reimbursement_run WHERE {condition} ORDER BY run_id",
            *values,
        )

    def sent_run(self, which: int) -> Any:
        found = self.runs("exported_at IS NOT NULL")
        return found[-1 - which % len(found)] if found else None

    def sent_transfer(self, which: int) -> Any:
        found = self.fortnight.rows(
            "SELECT m.*, r.msg_id, r.period_key FROM remittance m"
            " JOIN reimbursement_run r USING (run_id)"
            " WHERE r.exported_at IS NOT NULL AND m.transfer_cents > 0 ORDER BY remittance_id"
        )
        return found[-1 - which % len(found)] if found else None

    def take(self, write: Callable[[str], bytes]) -> None:
        self.messages += 1
        self.files.append(write(f"M{self.messages}"))
        take_in(self.fortnight.office.engine, self.files[-1], by=self.fortnight.preparer.email)

    def again(self, which: int, how: int) -> None:
        if self.files:
            file = self.files[which % len(self.files)]
            take_in(self.fortnight.office.engine, file, by=self.fortnight.preparer.email)

    def accept(self, which: int, how: int) -> None:
        run = self.sent_run(which)
        if run is not None:
            self.take(lambda name: pain002(run.msg_id, message=name))

    def refuse_file(self, which: int, how: int) -> None:
        run = self.sent_run(which)
        if run is None:
            return
        if how % 3 == 0:
            reject_file(
                self.fortnight.office.engine,
                run.period_key,
                reason_code="FF01",
                happened_on=self.today(),
                by=self.fortnight.preparer.email,
            )
            return
        reason = "AM05" if how % 3 == 1 and how > 6 else "FF01"
        self.take(lambda name: pain002(run.msg_id, group="RJCT", reason=reason, message=name))

    def fail(self, which: int, how: int) -> None:
        one = self.sent_transfer(which)
        if one is None:
            return
        name, euros = name_of(one), euros_of(one.transfer_cents)
        match WAYS[how % 4]:
            case "CRDT":
                entry = returned(name, euros, reference=f"R{how}")
                self.take(lambda message: camt053(entry, message=message))
            case "054":
                entry = returned(name, euros, reference=None, reason="AC01")
                self.take(lambda message: camt054(entry, message=message))
            case "typed":
                answer_transfer(
                    self.fortnight.office.engine,
                    name,
                    outcome="failed",
                    reason_code="AC06",
                    happened_on=self.today(),
                    by=self.fortnight.preparer.email,
                )
            case _:
                status = Status(name, euros=euros)
                self.take(
                    lambda message: pain002(one.msg_id, status, group="PART", message=message)
                )

    def pay(self, which: int, how: int) -> None:
        run = self.sent_run(which)
        if run is None:
            return
        if how % 3 == 0:
            confirm_run(
                self.fortnight.office.engine,
                run.period_key,
                happened_on=self.today(),
                reference="a story",
                by=self.fortnight.preparer.email,
            )
            return
        (row,) = self.fortnight.rows(
            "SELECT coalesce(sum(m.transfer_cents), 0)::bigint AS cents FROM remittance m"
            " LEFT JOIN (transfer_answer a JOIN bank_message b USING (bank_message_id))"
            "  ON a.remittance_id = m.remittance_id AND a.outcome = 'failed'"
            " WHERE m.run_id = %s AND (a.outcome IS NULL OR b.kind LIKE 'camt%%' OR %s)",
            run.run_id,
            how % 2 == 0,
        )
        entry = debit(euros_of(row.cents), f"{run.msg_id}-1", reference=f"D{how}")
        write = camt053 if how % 3 == 1 else camt054
        self.take(lambda message: write(entry, message=message))

    def pay_wrongly(self, which: int, how: int) -> None:
        run = self.sent_run(which)
        if run is not None:
            cents = max(0, run.transfers_cents + (1, -1, 100)[how % 3])
            entry = debit(euros_of(cents), f"{run.msg_id}-1")
            self.take(lambda message: camt053(entry, message=message))

    def pay_one(self, which: int, how: int) -> None:
        one = self.sent_transfer(which)
        if one is None:
            return
        if how % 2:
            answer_transfer(
                self.fortnight.office.engine,
                name_of(one),
                outcome="paid",
                happened_on=self.today(),
                by=self.fortnight.preparer.email,
            )
            return
        euros = euros_of(one.transfer_cents)
        entry = debit(euros, None, (name_of(one), euros), reference=f"O{how}")
        self.take(lambda message: camt053(entry, message=message))

    def today(self) -> date:
        (row,) = self.fortnight.rows(
            "SELECT (ledger_now() AT TIME ZONE 'Europe/Paris')::date AS today"
        )
        today: date = row.today
        return today

    # -- what must hold --------------------------------------------------------------------------

    def check(self) -> None:
        (row,) = self.fortnight.rows(_ACCOUNTS)
        assert row.in_transit == row.unanswered, "in transit is what the bank has not answered"
        assert row.paid == row.confirmed, "paid is what was confirmed and did not come back"
        for partner in self.fortnight.rows(_PARTNERS):
            # Whatever moved, an account of a partner holds what he is owed and was not sent.
            assert partner.payable == partner.owed - partner.sent, partner
            # What was sent is what stood on the lines that were sent, less what came back and
            # waits, plus what is still to be taken from him.
            assert partner.lines == partner.sent + partner.waiting + partner.carried, partner
            assert partner.carried <= 0 <= partner.waiting, partner
        again = self.fortnight.rows(_PRESENTED_TWICE)
        assert again == [], again

    def let_everything_go(self) -> None:
        """Whoever is owed something gets it: holds end, accounts are changed, runs are paid."""
        for which in range(PARTNERS):
            self.unhold(which, 0)
        for _ in range(4):
            for number in range(self.ended):
                self.finish(self.periods[number][0])
            for which in range(PARTNERS):
                self.account(which, 0)
            self.next_fortnight(-1)
            self.finish(self.periods[self.ended - 1][0])
            self.check()
        waits = "SELECT * FROM failed_transfer WHERE into_remittance_id IS NULL"
        assert self.fortnight.rows(waits) == []
        for partner in self.fortnight.rows(_PARTNERS):
            assert partner.owed - partner.sent == min(partner.carried, 0), partner
            assert partner.waiting == 0
        (row,) = self.fortnight.rows(_ACCOUNTS)
        assert row.in_transit == 0

    def finish(self, period: str) -> None:
        runs = self.runs("period_key = %s AND state NOT IN ('cancelled')", period)
        if not runs or runs[-1].state in ("draft", "submitted", "approved", "bank_rejected"):
            if runs and runs[-1].state == "submitted":
                self.fortnight.reject(period)
            self.take_steps(period, "exported")
        confirm_run(
            self.fortnight.office.engine,
            period,
            happened_on=self.today(),
            reference="the end",
            by=self.fortnight.preparer.email,
        )


_ACCOUNTS = """
SELECT (SELECT coalesce(sum(amount_cents), 0) FROM ledger_entry WHERE account = 'in_transit')
       AS in_transit,
       (SELECT coalesce(sum(amount_cents), 0) FROM ledger_entry WHERE account = 'paid') AS paid,
       coalesce(sum(m.transfer_cents) FILTER (WHERE NOT p AND NOT f), 0) AS unanswered,
       coalesce(sum(m.transfer_cents) FILTER (WHERE p AND NOT f), 0) AS confirmed
FROM (SELECT m.transfer_cents,
             EXISTS (SELECT FROM transfer_answer a WHERE a.remittance_id = m.remittance_id
                     AND a.outcome = 'paid') AS p,
             EXISTS (SELECT FROM transfer_answer a WHERE a.remittance_id = m.remittance_id
                     AND a.outcome = 'failed') AS f
      FROM remittance m JOIN reimbursement_run r USING (run_id)
      WHERE r.exported_at IS NOT NULL) m
"""
_PARTNERS = """
WITH sent AS (SELECT m.* FROM remittance m JOIN reimbursement_run r USING (run_id)
              WHERE r.exported_at IS NOT NULL)
SELECT p.partner_id,
  (SELECT coalesce(sum(amount_cents), 0) FROM ledger_entry e
   WHERE e.account = 'partner_payable' AND e.partner_id = p.partner_id) AS payable,
  (SELECT coalesce(sum(amount_cents), 0) FROM owed_operation o
   WHERE o.partner_id = p.partner_id) AS owed,
  (SELECT coalesce(sum(transfer_cents), 0) FROM sent s WHERE s.partner_id = p.partner_id
   AND NOT EXISTS (SELECT FROM transfer_answer a WHERE a.remittance_id = s.remittance_id
                   AND a.outcome = 'failed')) AS sent,
  (SELECT coalesce(sum(l.amount_cents), 0) FROM remittance_line l
   JOIN sent s USING (remittance_id) WHERE s.partner_id = p.partner_id) AS lines,
  (SELECT coalesce(sum(f.transfer_cents), 0) FROM failed_transfer f
   WHERE f.partner_id = p.partner_id
   AND NOT EXISTS (SELECT FROM sent s WHERE s.remittance_id = f.into_remittance_id)) AS waiting,
  (SELECT coalesce(sum(s.carried_out_cents), 0) FROM sent s WHERE s.partner_id = p.partner_id
   AND NOT EXISTS (SELECT FROM remittance_carry c
                   JOIN sent i ON i.remittance_id = c.into_remittance_id
                   WHERE c.from_remittance_id = s.remittance_id)) AS carried
FROM partner p ORDER BY p.partner_id
"""
# Money that stands in two remittances that may be paid.
_PRESENTED_TWICE = """
SELECT m.remittance_id FROM remittance m JOIN reimbursement_run r USING (run_id)
WHERE r.state <> 'cancelled' AND m.re_presented_cents <> (
    SELECT coalesce(sum(f.transfer_cents), 0) FROM failed_transfer f
    WHERE f.into_remittance_id = m.remittance_id AND f.partner_id = m.partner_id)
"""


def name_of(row: Any) -> str:
    again = f"-R{row.presentation}" if row.presentation else ""
    return f"BR-{row.number_year}-{row.number:06d}{again}"


def euros_of(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def tell(office: Office, deeds: list[Deed]) -> None:
    story = Story(office)
    for deed in deeds:
        getattr(story, deed.verb)(deed.which, deed.how)
        story.check()
    story.let_everything_go()
    proof = prove(office.engine)
    assert proof.ok, proof.first_difference


def tell_stories(office: Office, *, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(DEEDS)
    def told(deeds: list[Deed]) -> None:
        tell(office, deeds)

    told()


def test_any_story_of_answers_ends_with_everybody_paid_what_he_is_owed(office: Office) -> None:
    tell_stories(office, examples=3)


@pytest.mark.soak
def test_any_of_many_stories_of_answers_ends_so(office: Office) -> None:
    tell_stories(office, examples=150)
