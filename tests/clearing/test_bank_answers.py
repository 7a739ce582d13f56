"""What the bank answers moves exactly what it names, to the cent and once (design §6, C67, C68)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.reimbursements import remittances_of
from cardservice.db.queries.transactions import Scope, Wanted, page_of
from cardservice.domain.refusal import Refused
from cardservice.wiring import Office
from clearing.bank.take_in import TakenIn, take_in
from clearing.partner_view import due_days, payments_of
from clearing.run.cancel import cancel_run
from clearing.run.draft import undrafted_periods
from clearing.run.hold import hold_partner, release_partner
from clearing.run.record import Run
from tests import makers
from tests.clearing.bank_files import (
    CAMT053_V02,
    FOREIGN,
    PAIN002_V03,
    PAIN002_V10,
    Status,
    camt053,
    camt054,
    debit,
    pain002,
    returned,
)
from tests.clearing.bank_story import (
    books,
    change_account,
    everything,
    holds,
    hour,
    refusal,
    remarks,
    state,
    take,
    transfers,
)
from tests.clearing.story import (
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
    make_fortnight,
)
from tests.conftest import Clock
from tests.counter import TUTORING
from tests.told_once import ToldOnce

FILE = "CJP-2026-11-B-1"


def _told_sent(fortnight: Fortnight) -> Fortnight:
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1055)
    fortnight.sell(2000, wallet=TUTORING)
    fortnight.sell(300, at=beside)
    fortnight.end()
    fortnight.run_until("exported")
    Clock(fortnight.office).set(hour(3))
    return fortnight


@pytest.fixture
def sent(office: Office, told_once: ToldOnce) -> Fortnight:
    """Two partners: 10,55 + 20,00 (two wallets) and 3,00, exported on 1 December."""
    return told_once("bank answers: sent", lambda: _told_sent(make_fortnight(office)))


def count(fortnight: Fortnight, query: str) -> int:
    return len(fortnight.rows(query))


# -- pain.002 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", [PAIN002_V03, PAIN002_V10])
def test_an_accepted_file_is_not_paid(sent: Fortnight, namespace: str) -> None:
    taken = take(sent, pain002(FILE, count=2, total="33.55", namespace=namespace))
    assert dict(taken.understood) == {"accepted": 1}
    assert state(sent, PERIOD) == "accepted"
    assert books(sent) == (0, 3355, 0)
    holds(sent)


def test_one_transfer_of_a_file_is_refused_and_the_others_stay_as_they_are(sent: Fortnight) -> None:
    first, second = transfers(sent, PERIOD)
    report = pain002(FILE, Status(first.name, euros=first.euros), group="PART")
    assert dict(take(sent, report).understood) == {"accepted": 1, "rejected": 1}
    assert state(sent, PERIOD) == "accepted"
    assert books(sent) == (3055, 300, 0)
    assert [row.reason_code for row in sent.rows("SELECT reason_code FROM transfer_answer")] == [
        "AC04"
    ]
    before = everything(sent)
    assert take(sent, report).is_known
    assert everything(sent) == before
    take(sent, camt053(debit(second.euros, f"{FILE}-1")))
    assert state(sent, PERIOD) == "paid"
    assert books(sent) == (3055, 0, 300)
    holds(sent)


def test_each_wallet_gets_back_what_was_taken_out_of_it(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    by_wallet = sent.rows(
        "SELECT wallet, amount_cents FROM operation WHERE kind = 'transfer_return' ORDER BY wallet"
    )
    assert [(row.wallet, row.amount_cents) for row in by_wallet] == [
        ("sport_culture_leisure", 1055),
        ("tutoring", 2000),
    ]


def test_a_refused_file_is_presented_again_by_a_new_attempt_without_any_new_account(
    sent: Fortnight,
) -> None:
    assert dict(
        take(sent, pain002(FILE, group="RJCT", reason="FF01", count=2, total="33.55")).understood
    ) == {"rejected": 1}
    assert state(sent, PERIOD) == "bank_rejected"
    assert books(sent) == (3355, 0, 0)
    assert count(sent, "SELECT * FROM waiting_mail WHERE kind = 'transfer_failed'") == 0
    holds(sent)
    run = sent.run_until("exported")
    assert (run.attempt, run.msg_id) == (2, "CJP-2026-11-B-2")
    assert (run.gross_cents, run.re_presented_cents, run.transfers_cents) == (0, 3355, 3355)
    assert [one.name[-3:] for one in transfers(sent, PERIOD)] == ["-R1", "-R1"]
    assert books(sent) == (0, 3355, 0)
    take(sent, camt053(debit("33.55", "CJP-2026-11-B-2-1")))
    assert books(sent) == (0, 0, 3355)
    holds(sent)


def test_an_attempt_that_is_refused_again_counts_up(sent: Fortnight) -> None:
    take(sent, pain002(FILE, group="RJCT", reason="FF01"))
    sent.run_until("exported")
    take(sent, pain002("CJP-2026-11-B-2", message="S2", payment="RJCT", group=None, reason="TM01"))
    run = sent.run_until("exported")
    assert (run.attempt, run.transfers_cents) == (3, 3355)
    assert [one.name[-3:] for one in transfers(sent, PERIOD)] == ["-R2", "-R2"]
    assert books(sent) == (0, 3355, 0)
    holds(sent)


def test_the_transfer_that_made_a_whole_file_fall_waits_for_its_own_reason(sent: Fortnight) -> None:
    first, second = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name, reason="AC01"), group="RJCT", reason="AC01"))
    assert state(sent, PERIOD) == "bank_rejected"
    run = sent.run_until("exported")
    assert run.transfers_cents == second.cents
    holds(sent)


def test_you_have_sent_this_before_is_never_taken_for_a_refusal(sent: Fortnight) -> None:
    before = books(sent)
    for number, reason in enumerate(("AM05", "DU01", "DUPL")):
        report = pain002(FILE, group="RJCT", reason=reason, message=f"S{number}")
        assert dict(take(sent, report).understood) == {"unmatched": 1}
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name, reason="AM05"), message="S9", group="PART"))
    assert remarks(sent) == ["duplicate_file"] * 4
    assert books(sent) == before
    holds(sent)


@pytest.mark.parametrize(
    "report",
    [
        pain002(FILE, group="RJCT", reason="FF01", count=3),
        pain002(FILE, group="RJCT", reason="FF01", total="33.54"),
        pain002(FILE, group="RJCT", reason="FF01").replace(
            b"<OrgnlPmtInfId>CJP", b"<OrgnlPmtInfId>XYZ"
        ),
    ],
)
def test_a_report_about_another_file_of_the_same_name_changes_nothing(
    sent: Fortnight, report: bytes
) -> None:
    assert dict(take(sent, report).understood) == {"unmatched": 1}
    assert remarks(sent) == ["other_file"]
    assert (state(sent, PERIOD), books(sent)) == ("exported", (0, 3355, 0))


def test_a_refusal_of_what_was_paid_is_for_a_person(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, camt053(debit("33.55", f"{FILE}-1")))
    take(sent, pain002(FILE, group="RJCT", reason="FF01", message="S1"))
    take(sent, pain002(FILE, Status(first.name), group="PART", message="S2"))
    assert remarks(sent) == ["contradicts_paid", "contradicts_paid"]
    assert books(sent) == (0, 0, 3355)
    holds(sent)


def test_a_report_about_somebody_elses_file_is_none_of_ours(sent: Fortnight) -> None:
    taken = take(sent, pain002("PAIE-2026-11", Status("SAL-1")))
    assert dict(taken.understood) == {"not_ours": 1}
    assert count(sent, "SELECT * FROM transfer_answer") == 0


def test_a_transfer_that_waits_or_is_unknown_changes_nothing(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    report = pain002(
        FILE,
        Status(first.name, "PDNG"),
        Status("BR-2026-999999"),
        Status(first.name, "XXXX"),
        Status(first.name, euros="30.54"),
        group="PDNG",
    )
    assert dict(take(sent, report).understood) == {"pending": 2, "unmatched": 3}
    assert remarks(sent) == ["transfer_unknown", "status_unknown", "amount_differs"]
    assert (state(sent, PERIOD), books(sent)) == ("exported", (0, 3355, 0))


# -- camt.053, camt.054 ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        camt053(FOREIGN, debit("33.55", f"{FILE}-1")),
        camt053(debit("33.5500", f"{FILE}-1"), prefix="ns2"),
        camt053(debit("33.55", f"{FILE}-1"), namespace=CAMT053_V02),
        camt054(debit("33.55", FILE), prefix="a"),
    ],
)
def test_a_debit_of_the_exact_total_pays_the_run(sent: Fortnight, statement: bytes) -> None:
    take(sent, statement)
    assert (state(sent, PERIOD), books(sent)) == ("paid", (0, 0, 3355))
    holds(sent)


@pytest.mark.parametrize("euros", ["33.54", "33.56", "30.55", "0.01", "67.10"])
def test_a_debit_that_is_a_cent_off_pays_nobody(sent: Fortnight, euros: str) -> None:
    assert dict(take(sent, camt053(debit(euros, f"{FILE}-1"))).understood) == {"unmatched": 1}
    assert remarks(sent) == ["total_differs"]
    assert (state(sent, PERIOD), books(sent)) == ("exported", (0, 3355, 0))


@pytest.mark.parametrize(
    ("entry", "remark"),
    [
        (debit("33.55", f"{FILE}-1", currency="CHF"), "currency"),
        (debit("33.55", f"{FILE}-1", reversal=True), "reversal"),
    ],
)
def test_an_entry_of_another_kind_is_for_a_person(sent: Fortnight, entry: str, remark: str) -> None:
    take(sent, camt053(entry))
    assert remarks(sent) == [remark]
    assert books(sent) == (0, 3355, 0)


def test_what_is_not_booked_yet_waits(sent: Fortnight) -> None:
    entry = debit("33.55", f"{FILE}-1", status="PDNG")
    assert dict(take(sent, camt054(entry)).understood) == {"pending": 1}
    assert state(sent, PERIOD) == "exported"


def test_the_same_debit_told_by_two_kinds_of_message_pays_once(sent: Fortnight) -> None:
    take(sent, camt054(debit("33.55", f"{FILE}-1", reference="N-1")))
    taken = take(sent, camt053(debit("33.55", f"{FILE}-1", reference="S-1")))
    assert dict(taken.understood) == {"already_known": 1}
    assert books(sent) == (0, 0, 3355)
    holds(sent)


def test_a_second_debit_for_one_file_is_shown_to_a_person(sent: Fortnight) -> None:
    take(sent, camt053(debit("33.55", f"{FILE}-1", reference="D-1"), message="A"))
    take(sent, camt053(debit("33.55", f"{FILE}-1", reference="D-1"), message="B"))
    assert remarks(sent) == []
    take(sent, camt053(debit("33.55", f"{FILE}-1", reference="D-2"), message="C"))
    assert remarks(sent) == ["second_entry"]
    assert books(sent) == (0, 0, 3355)


def test_transfers_that_are_debited_one_by_one_pay_the_run_with_the_last(sent: Fortnight) -> None:
    first, second = transfers(sent, PERIOD)
    take(sent, camt053(debit(first.euros, None, (first.name, first.euros)), message="A"))
    assert (state(sent, PERIOD), books(sent)) == ("exported", (0, 300, 3055))
    take(
        sent,
        camt053(
            debit(second.euros, f"{FILE}-1", (second.name, second.euros), reference="D-2"),
            message="B",
        ),
    )
    assert (state(sent, PERIOD), books(sent)) == ("paid", (0, 0, 3355))
    holds(sent)


def test_a_return_after_the_payment_is_owed_again(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, camt053(debit("33.55", f"{FILE}-1")))
    taken = take(sent, camt053(returned(first.name, first.euros), message="B"))
    assert dict(taken.understood) == {"returned": 1}
    assert (state(sent, PERIOD), books(sent)) == ("paid", (3055, 0, 300))
    kinds = sent.rows("SELECT DISTINCT kind FROM operation WHERE kind LIKE '%%transfer_return'")
    assert [row.kind for row in kinds] == ["paid_transfer_return"]
    holds(sent)


def test_a_return_that_is_told_before_its_debit_leaves_the_debit_whole(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, camt054(returned(first.name, first.euros)))
    assert books(sent) == (3055, 300, 0)
    take(sent, camt053(debit("33.55", f"{FILE}-1")))
    assert (state(sent, PERIOD), books(sent)) == ("paid", (3055, 0, 300))
    holds(sent)


def test_debit_and_return_in_one_statement_are_taken_in_that_order(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    statement = camt053(returned(first.name, first.euros), debit("33.55", f"{FILE}-1"))
    assert dict(take(sent, statement).understood) == {"paid": 1, "returned": 1}
    assert books(sent) == (3055, 0, 300)
    holds(sent)


def test_a_return_of_another_sum_is_for_a_person(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, camt053(returned(first.name, "30.54"), returned("BR-2026-777777", "3.00")))
    assert remarks(sent) == ["amount_differs", "transfer_unknown"]
    assert books(sent) == (0, 3355, 0)


def test_a_return_without_a_reason_has_the_reason_of_those_that_give_none(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, camt054(returned(first.name, first.euros, reason=None)))
    (row,) = sent.rows("SELECT reason_code FROM transfer_answer")
    assert row.reason_code == "MS03"


def test_a_return_is_known_again_whoever_tells_it(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    for message, entry in (
        ("A", returned(first.name, first.euros, reference="R-1")),
        ("B", returned(first.name, first.euros, reference="R-1")),
    ):
        assert dict(take(sent, camt053(entry, message=message)).understood) == {"already_known": 1}
    take(sent, camt053(returned(first.name, first.euros, reference="R-2"), message="C"))
    assert remarks(sent) == ["second_entry"]
    assert books(sent) == (3055, 300, 0)
    holds(sent)


def test_of_other_peoples_entries_nothing_is_kept_but_that_they_were_there(sent: Fortnight) -> None:
    take(sent, camt053(FOREIGN))
    (row,) = sent.rows("SELECT * FROM bank_finding")
    assert row.understood == "not_ours"
    assert (row.amount_cents, row.end_to_end_id, row.entry_reference) == (None, None, None)


# -- once, and whole -------------------------------------------------------------------------------


def test_a_message_of_a_known_name_with_other_content_is_refused(sent: Fortnight) -> None:
    take(sent, camt053(FOREIGN))
    before = everything(sent)
    assert refusal(sent, camt053(debit("33.55", f"{FILE}-1"))) == "bank_message_reused"
    assert everything(sent) == before


def test_only_finance_takes_answers_in(sent: Fortnight) -> None:
    for role, code in (("hotline", "agent_may_not"), ("administrator", "agent_may_not")):
        agent = makers.make_agent(sent.office, role)
        refused = take_in(sent.office.engine, camt053(FOREIGN), by=agent.email)
        assert isinstance(refused, Refused) and refused.code == code
    refused = take_in(sent.office.engine, camt053(FOREIGN), by="nobody@example.org")
    assert isinstance(refused, Refused) and refused.code == "agent_unknown"
    assert isinstance(
        take_in(sent.office.engine, camt053(FOREIGN), by=sent.approver.email), TakenIn
    )


# -- what is owed again ----------------------------------------------------------------------------


def end_next(fortnight: Fortnight) -> None:
    fortnight.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)


def test_money_waits_until_another_account_is_verified(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    end_next(sent)
    sent.draft(NEXT_PERIOD)
    assert sent.run(NEXT_PERIOD).transfers_cents == 0
    change_account(sent)
    sent.draft(NEXT_PERIOD)
    assert sent.run(NEXT_PERIOD).re_presented_cents == first.cents
    sent.draft(NEXT_PERIOD)
    assert sent.run(NEXT_PERIOD).re_presented_cents == first.cents
    assert count(sent, "SELECT * FROM remittance_re_presentation") == 1
    holds(sent)


def test_an_account_that_comes_back_before_the_submission_stops_it(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    end_next(sent)
    change_account(sent)
    sent.draft(NEXT_PERIOD)
    change_account(sent, iban=makers.IBAN)
    refused = sent.submit(NEXT_PERIOD)
    assert isinstance(refused, Refused) and refused.facts["control"] == "reason_gone"


def test_a_cancelled_run_lets_go_what_it_presented_again(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    change_account(sent)
    end_next(sent)
    sent.run_until("approved", NEXT_PERIOD)
    cancel_run(sent.office.engine, NEXT_PERIOD, by=sent.preparer.email, reason="test")
    assert count(sent, "SELECT * FROM remittance_re_presentation") == 0
    holds(sent)
    run = sent.run_until("exported", NEXT_PERIOD)
    assert run.re_presented_cents == first.cents
    assert books(sent) == (0, 3355, 0)
    holds(sent)


def test_two_drafts_at_once_present_the_money_again_in_one_of_them(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    change_account(sent)
    end_next(sent)
    sent.draft(NEXT_PERIOD)
    sent.end(
        after=datetime(2027, 1, 1, 9, tzinfo=UTC),
        last_day=datetime(2026, 12, 31, tzinfo=UTC).date(),
    )
    sent.draft("2026-12-B")
    assert sent.run("2026-12-B").re_presented_cents == 0
    assert sent.run(NEXT_PERIOD).re_presented_cents == first.cents


def test_who_is_held_is_not_presented_anything_again(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    change_account(sent)
    end_next(sent)
    held = sent.partners[0]
    hold_partner(sent.office.engine, held.siret, by=sent.preparer.email, reason="to be seen")
    sent.draft(NEXT_PERIOD)
    assert sent.run(NEXT_PERIOD).partners == 0
    release_partner(sent.office.engine, held.siret, by=sent.preparer.email)
    run = sent.run_until("exported", NEXT_PERIOD)
    assert run.transfers_cents == first.cents
    holds(sent)


def test_what_comes_back_goes_with_what_was_sold_since(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    change_account(sent)
    sent.sell(700)
    end_next(sent)
    run = sent.run_until("exported", NEXT_PERIOD)
    assert isinstance(run, Run)
    assert (run.gross_cents, run.re_presented_cents, run.transfers_cents) == (700, 3055, 3755)
    paid = sent.rows(
        "SELECT wallet, amount_cents FROM remittance_payment JOIN remittance USING (remittance_id)"
        " WHERE run_id = %s ORDER BY wallet",
        run.run_id,
    )
    assert [(row.wallet, row.amount_cents) for row in paid] == [
        ("sport_culture_leisure", 1755),
        ("tutoring", 2000),
    ]
    holds(sent)


def test_the_lead_is_told_by_mail_and_the_account_is_masked(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    mails = sent.rows("SELECT recipient, facts FROM waiting_mail WHERE kind = 'transfer_failed'")
    assert {row.facts["number"] for row in mails} == {first.number}
    assert all(row.facts["check_account"] for row in mails)
    assert makers.IBAN not in str(mails)
    assert len({row.recipient for row in mails}) == len(mails) > 0


def test_the_schedule_drafts_a_fortnight_without_a_sale_for_money_that_may_go_out_again(
    sent: Fortnight,
) -> None:
    def undrafted() -> list[str]:
        with unit_of_work(sent.office.engine) as connection:
            return undrafted_periods(connection, NEXT_AFTER.date())

    first, _ = transfers(sent, PERIOD)
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    end_next(sent)
    assert undrafted() == [], "its reason is not gone"
    change_account(sent)
    assert undrafted() == [NEXT_PERIOD]
    sent.draft(NEXT_PERIOD)
    assert undrafted() == []


# -- what the partner sees -------------------------------------------------------------------------


def seen(fortnight: Fortnight, at: int = 0) -> dict[str, Any]:
    """A partner's remittances and payments by fortnight, and the state and day of its debits."""
    partner_id = fortnight.partners[at].partner_id
    with unit_of_work(fortnight.office.engine) as connection:
        remittances = remittances_of(connection, partner_id, limit=10)
        payments = payments_of(connection, partner_id)
        wanted = Wanted(date(2026, 11, 1), date(2027, 1, 31))
        lines = page_of(connection, Scope(partner_id), wanted, limit=50)
        due = due_days(connection, lines)
    return {
        "remittances": {one.period_key: one for one in remittances},
        "payments": {one.period_key: one for one in payments},
        "debits": {(line.state, line.is_presented_again) for line in lines},
        "due": set(due.values()),
        "cents": sum(one.amount_cents for one in payments),
    }


def test_a_partner_sees_a_transfer_sent_refused_presented_again_and_paid(sent: Fortnight) -> None:
    first, _ = transfers(sent, PERIOD)
    assert seen(sent)["debits"] == {("sent", False)}
    take(sent, pain002(FILE, Status(first.name), group="PART"))
    found = seen(sent)
    refused = found["remittances"][PERIOD]
    assert (refused.state, refused.reason_code, refused.let_go_by) == ("returned", "AC04", None)
    assert refused.failed_on == date(2026, 12, 2)
    assert (found["debits"], found["due"], found["cents"]) == ({("returned", False)}, {None}, 3055)
    assert not found["payments"][PERIOD].is_awaited

    change_account(sent)
    end_next(sent)
    sent.draft(NEXT_PERIOD)
    found = seen(sent)
    again = found["remittances"][PERIOD]
    assert (again.state, again.again_period, again.again_number) == (
        "re_presented",
        NEXT_PERIOD,
        None,
    )
    assert (found["debits"], found["cents"]) == ({("in_run", True)}, 3055)

    sent.run_until("exported", NEXT_PERIOD)
    found = seen(sent)
    assert found["remittances"][NEXT_PERIOD].state == "sent"
    assert found["remittances"][PERIOD].again_number is not None
    assert (found["debits"], found["cents"]) == ({("sent", True)}, 3055)
    Clock(sent.office).set(hour(18))
    take(sent, camt053(debit("30.55", "CJP-2026-12-A-1-1", on="2026-12-17"), message="P"))
    found = seen(sent)
    assert found["remittances"][NEXT_PERIOD].paid_on == date(2026, 12, 17)
    assert (found["debits"], found["due"]) == ({("paid", True)}, {date(2026, 12, 17)})


def test_a_partner_whose_file_was_refused_whole_is_not_asked_for_an_account(
    sent: Fortnight,
) -> None:
    take(sent, pain002(FILE, group="RJCT", reason="FF01"))
    one = seen(sent)["remittances"][PERIOD]
    assert (one.state, one.let_go_by) == ("returned", "file")
    assert seen(sent)["cents"] == 3055


def test_a_held_partner_sees_his_money_held_and_promised_for_no_day(fortnight: Fortnight) -> None:
    fortnight.sell(1055)
    by, siret = fortnight.preparer.email, fortnight.partners[0].siret
    hold_partner(fortnight.office.engine, siret, by=by, reason="to be seen")
    fortnight.end()
    found = seen(fortnight)
    payment = found["payments"][PERIOD]
    assert (payment.state, payment.is_held, payment.is_awaited) == ("ended", True, False)
    assert not payment.is_late and payment.amount_cents == 1055
    assert found["due"] == {None}
    release_partner(fortnight.office.engine, siret, by=by)
    payment = seen(fortnight)["payments"][PERIOD]
    assert (payment.is_held, payment.is_awaited) == (False, True)
