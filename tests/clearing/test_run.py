"""The run's steps: what each takes, what it refuses, and that a second time changes nothing (C66).

Draft, submit, approve; export and the papers stand in test_run_papers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import psycopg
import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cardservice import wiring
from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.import_partners import import_partners
from cardservice.wiring import Office
from clearing.run import approve as approving
from clearing.run.draft import draft_run
from clearing.run.record import Run
from clearing.run.show import show_run
from tests import makers
from tests.clearing.story import (
    AFTER,
    LAST_DAY,
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
    make_fortnight,
)
from tests.conftest import Clock, superuser_dsn
from tests.ledger.straight import at_once
from tests.told_once import ToldOnce


def code_of(done: Run | Refused) -> str:
    assert isinstance(done, Refused), done
    return done.code


def _told_sold(fortnight: Fortnight) -> Fortnight:
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1055)
    fortnight.sell(2000)
    fortnight.sell_and_undo(800)
    fortnight.sell(300, at=beside)
    fortnight.end()
    return fortnight


@pytest.fixture
def sold(office: Office, told_once: ToldOnce) -> Fortnight:
    """Two partners, 33,55 € and a cancelled 8 €; over and closed."""
    return told_once("run: sold", lambda: _told_sold(make_fortnight(office)))


# -- draft ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instant", "period", "last_day", "school_year"),
    [
        (datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), "2026-10-B", date(2026, 10, 31), 2026),
        (datetime(2026, 10, 31, 23, 0, 0, tzinfo=UTC), "2026-11-A", date(2026, 11, 15), 2026),
        (datetime(2026, 7, 15, 21, 59, 59, tzinfo=UTC), "2026-07-A", date(2026, 7, 15), 2025),
        (datetime(2026, 7, 15, 22, 0, 0, tzinfo=UTC), "2026-07-B", date(2026, 7, 31), 2025),
    ],
)
def test_a_debit_falls_into_the_fortnight_of_its_second_in_paris(
    office: Office,
    clock: Clock,
    stop_clock: Callable[[datetime], None],
    instant: datetime,
    period: str,
    last_day: date,
    school_year: int,
) -> None:
    clock.set(instant.replace(day=1, hour=9))
    fortnight = make_fortnight(office, school_year=school_year)
    stop_clock(instant)
    fortnight.sell(1055)
    stop_clock(datetime(last_day.year, last_day.month, last_day.day, 23, 30, tzinfo=UTC))
    fortnight.end(after=datetime(2026, 11, 16, 9, tzinfo=UTC), last_day=last_day)
    before, *_ = [key for key in ("2026-07-A", "2026-10-B") if key <= period and key != period] or [
        None
    ]
    if before is not None:
        empty = fortnight.draft(before)
        assert isinstance(empty, Run) and empty.debits == 0
    drafted = fortnight.draft(period)
    assert isinstance(drafted, Run)
    assert (drafted.debits, drafted.gross_cents) == (1, 1055)


def test_a_draft_waits_until_every_day_of_the_fortnight_is_closed(
    fortnight: Fortnight, clock: Clock
) -> None:
    fortnight.sell(1055)
    fortnight.end(last_day=date(2026, 11, 28))
    refused = fortnight.draft()
    assert code_of(refused) == "days_not_closed"
    assert isinstance(refused, Refused) and refused.facts == {"day": "2026-11-29"}
    fortnight.end()
    assert isinstance(fortnight.draft(), Run)


def test_a_day_that_is_marked_and_not_sealed_is_not_closed_for_a_draft(sold: Fortnight) -> None:
    sold.meddle(
        "UPDATE day_block SET seal = NULL, root = NULL, operations = NULL"
        " WHERE business_day = '2026-11-30'"
    )
    assert code_of(sold.draft()) == "days_not_closed"


def test_a_fortnight_that_nobody_knows_has_no_draft(sold: Fortnight) -> None:
    for period in ("2026-11-C", "", "1999-01-A"):
        assert code_of(sold.draft(period)) == "period_unknown"


@pytest.mark.parametrize("role", ["finance_approver", "hotline", "moderator", "administrator"])
def test_only_a_preparer_drafts_and_submits(sold: Fortnight, role: str) -> None:
    other = makers.make_agent(sold.office, role).email
    assert code_of(sold.draft(by=other)) == "agent_may_not"
    sold.draft()
    assert code_of(sold.submit(by=other)) == "agent_may_not"
    assert code_of(sold.submit(by="nobody@example.org")) == "agent_unknown"
    assert sold.run().state == "draft"


def test_a_draft_holds_each_debit_once_and_no_cancelled_one(sold: Fortnight) -> None:
    drafted = sold.draft()
    assert isinstance(drafted, Run)
    assert (drafted.debits, drafted.partners) == (3, 2)
    assert (drafted.gross_cents, drafted.transfers_cents) == (3355, 3355)
    remittances = sold.rows("SELECT gross_cents FROM remittance ORDER BY partner_id")
    assert [one.gross_cents for one in remittances] == [3055, 300]


def test_drafting_again_changes_nothing(sold: Fortnight) -> None:
    first = sold.draft()
    lines = sold.lines()
    assert sold.draft() == first
    assert sold.lines() == lines


def test_ten_drafts_at_once_are_one_run(sold: Fortnight) -> None:
    done = at_once([sold.draft] * 10)
    assert {one.run_id for one in done if isinstance(one, Run)} == {sold.run().run_id}
    assert len(sold.rows("SELECT * FROM reimbursement_run")) == 1
    assert len(sold.lines()) == len(set(sold.lines())) == 3


def test_a_missed_fortnight_is_paid_with_the_next_and_never_twice(sold: Fortnight) -> None:
    sold.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    late = sold.draft(NEXT_PERIOD)
    early = sold.draft(PERIOD)
    assert isinstance(late, Run) and isinstance(early, Run)
    assert (late.debits, early.debits) == (3, 0)


def test_a_debit_of_a_live_run_is_in_no_other(sold: Fortnight, clock: Clock) -> None:
    sold.run_until("submitted")
    sold.sell(440)
    sold.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    drafted = sold.draft(NEXT_PERIOD)
    assert isinstance(drafted, Run)
    assert (drafted.debits, drafted.gross_cents) == (1, 440)


def test_the_database_itself_keeps_a_debit_out_of_a_second_run(sold: Fortnight) -> None:
    sold.draft()
    with pytest.raises(psycopg.errors.UniqueViolation):
        sold.meddle(
            "INSERT INTO remittance_line SELECT * FROM remittance_line"
            " WHERE operation_id = (SELECT min(operation_id::text)::uuid FROM remittance_line)"
        )


# -- submit --------------------------------------------------------------------------------------


def test_nothing_is_submitted_before_a_draft(sold: Fortnight) -> None:
    assert code_of(sold.submit()) == "run_not_drafted"


def test_a_submission_copies_the_accounts_and_freezes_the_content(sold: Fortnight) -> None:
    submitted = sold.run_until("submitted")
    assert submitted.submitted_by == sold.preparer.agent_id
    assert submitted.content_hash is not None
    remittances = sold.rows("SELECT iban FROM remittance ORDER BY partner_id")
    assert [one.iban for one in remittances] == [makers.IBAN, makers.OTHER_IBAN]


def test_submitting_again_changes_nothing(sold: Fortnight) -> None:
    first = sold.run_until("submitted")
    assert sold.submit() == first
    assert sold.draft() == first
    history = show_run(sold.office.engine, PERIOD)
    assert history is not None
    assert [event["state"] for event in history["history"]] == ["draft", "submitted"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE remittance SET iban = 'FR00'",
        "UPDATE remittance SET gross_cents = gross_cents - 1, transfer_cents = transfer_cents - 1",
        "DELETE FROM remittance_line",
        "DELETE FROM remittance",
        "INSERT INTO remittance_line SELECT remittance_id, gen_random_uuid(), wallet, nature,"
        " amount_cents FROM remittance_line LIMIT 1",
        "UPDATE reimbursement_run SET gross_cents = gross_cents + 1,"
        " transfers_cents = transfers_cents + 1",
        "UPDATE reimbursement_run SET content_hash = ''",
        "UPDATE reimbursement_run SET period_key = '2026-12-A'",
    ],
)
@pytest.mark.parametrize("state", ["submitted", "exported"])
def test_what_was_submitted_cannot_be_changed_by_the_application(
    sold: Fortnight, state: str, statement: str
) -> None:
    sold.run_until(state)
    with (
        pytest.raises(DBAPIError, match=r"frozen|permission denied|foreign key"),
        unit_of_work(sold.office.engine) as connection,
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE remittance SET iban = 'FR00'",
        "DELETE FROM remittance_line",
        "UPDATE remittance_line SET amount_cents = 1",
        "UPDATE reimbursement_run SET content_hash = ''",
        "DELETE FROM reimbursement_run",
    ],
)
def test_what_was_submitted_cannot_be_changed_by_the_owner_of_the_tables(
    sold: Fortnight, statement: str
) -> None:
    sold.run_until("submitted")
    with (
        wiring.opened_as_owner(sold.office.settings) as owner,
        pytest.raises(DBAPIError, match=r"frozen|never deleted"),
        unit_of_work(owner) as connection,
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize("state", ["draft", "submitted", "rejected"])
def test_an_approved_run_is_not_taken_back_by_the_application(sold: Fortnight, state: str) -> None:
    sold.run_until("approved")
    with (
        pytest.raises(DBAPIError, match="not taken back"),
        unit_of_work(sold.office.engine) as connection,
    ):
        connection.execute(text(f"UPDATE reimbursement_run SET state = '{state}'"))


def test_an_exported_run_is_not_cancelled_by_the_application(sold: Fortnight) -> None:
    sold.run_until("exported")
    with (
        pytest.raises(DBAPIError, match="only the bank"),
        unit_of_work(sold.office.engine) as connection,
    ):
        connection.execute(text("UPDATE reimbursement_run SET state = 'cancelled'"))


def test_a_rejected_run_can_be_drafted_and_submitted_again(sold: Fortnight) -> None:
    sold.run_until("submitted")
    rejected = sold.reject()
    assert isinstance(rejected, Run) and rejected.state == "rejected"
    assert sold.reject() == rejected
    again = sold.run_until("submitted")
    assert (again.run_id, again.debits) == (rejected.run_id, 3)


def test_only_an_approver_rejects_and_only_what_was_submitted(sold: Fortnight) -> None:
    assert code_of(sold.reject()) == "run_not_submitted"
    sold.run_until("submitted")
    assert code_of(sold.reject(by=sold.preparer.email)) == "agent_may_not"
    sold.approve()
    assert code_of(sold.reject()) == "run_not_submitted"


# -- approve -------------------------------------------------------------------------------------


def test_an_approval_gives_the_numbers_of_the_year(sold: Fortnight) -> None:
    approved = sold.run_until("approved")
    assert approved.approved_by not in (None, approved.submitted_by)
    numbers = sold.rows("SELECT number_year, number FROM remittance ORDER BY partner_id")
    assert [tuple(one) for one in numbers] == [(2026, 1), (2026, 2)]


def test_numbers_have_no_gap_over_two_runs_and_begin_again_with_the_year(
    sold: Fortnight,
) -> None:
    sold.run_until("exported")
    sold.sell(440)
    sold.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    sold.run_until("approved", NEXT_PERIOD)
    sold.sell(550)
    sold.end(after=datetime(2027, 1, 2, 9, tzinfo=UTC), last_day=date(2026, 12, 31))
    sold.run_until("approved", "2026-12-B")
    numbers = sold.rows("SELECT number_year, number FROM remittance ORDER BY 1, 2")
    assert [tuple(one) for one in numbers] == [(2026, 1), (2026, 2), (2026, 3), (2027, 1)]


def test_approving_again_changes_nothing_and_needs_no_new_code(sold: Fortnight) -> None:
    approved = sold.run_until("approved")
    assert sold.approve(totp="000000") == approved


def test_nothing_is_approved_before_it_is_submitted(sold: Fortnight) -> None:
    sold.draft()
    assert code_of(sold.approve()) == "run_not_submitted"


def test_the_total_must_be_retyped_to_the_cent(sold: Fortnight) -> None:
    sold.run_until("submitted")
    for wrong in (3354, 3356, 0, -3355):
        assert code_of(sold.approve(total_cents=wrong)) == "total_differs"
    assert sold.run().state == "submitted"


def test_a_preparer_does_not_approve(sold: Fortnight) -> None:
    sold.run_until("submitted")
    assert code_of(sold.approve(by=sold.preparer)) == "agent_may_not"


def test_whoever_submitted_does_not_approve_though_he_changed_his_role(sold: Fortnight) -> None:
    sold.run_until("submitted")
    sold.meddle("UPDATE agent SET role = 'finance_approver' WHERE email = %s", sold.preparer.email)
    assert code_of(sold.approve(by=sold.preparer)) == "approver_submitted_it"


def test_the_database_itself_wants_four_eyes(sold: Fortnight) -> None:
    sold.run_until("submitted")
    with (
        psycopg.connect(superuser_dsn(sold.office)) as superuser,
        pytest.raises(psycopg.errors.CheckViolation, match="four_eyes"),
    ):
        superuser.execute("UPDATE reimbursement_run SET approved_by = submitted_by")


def test_whoever_changed_an_account_does_not_approve_its_payment(
    fortnight: Fortnight,
) -> None:
    busy = fortnight.approver
    line = makers.partner_line(iban=makers.OTHER_IBAN)
    import_partners(
        fortnight.office.engine, makers.register([line]), actor=f"agent:{busy.agent_id}"
    )
    fortnight.partners.append(makers.make_partner(fortnight.office, **line))
    fortnight.tills.append(makers.make_terminal(fortnight.office, fortnight.partners[-1]))
    makers.verify_partner(fortnight.office, fortnight.partners[-1])
    fortnight.sell(300, at=1)
    fortnight.end()
    fortnight.run_until("submitted")
    assert code_of(fortnight.approve(by=busy)) == "approver_changed_an_account"
    assert isinstance(fortnight.approve(by=makers.make_agent(fortnight.office)), Run)


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "000000 "])
def test_a_wrong_code_of_the_moment_approves_nothing(sold: Fortnight, typed: str) -> None:
    sold.run_until("submitted")
    refused = sold.approve(totp=typed or "x")
    assert code_of(refused) == "totp_wrong"
    assert sold.run().state == "submitted"


def test_a_code_of_the_moment_approves_once(sold: Fortnight) -> None:
    sold.sell(440)
    sold.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    sold.run_until("submitted")
    sold.run_until("submitted", NEXT_PERIOD)
    typed = pyotp.TOTP(sold.approver.totp_secret).now()
    assert isinstance(sold.approve(totp=typed), Run)
    assert code_of(sold.approve(NEXT_PERIOD, totp=typed)) in ("totp_used", "totp_wrong")
    assert sold.run(NEXT_PERIOD).state == "submitted"


def test_a_refused_approval_spends_no_code(sold: Fortnight) -> None:
    sold.run_until("submitted")
    typed = pyotp.TOTP(sold.approver.totp_secret).now()
    assert code_of(sold.approve(total_cents=1, totp=typed)) == "total_differs"
    assert isinstance(sold.approve(totp=typed), Run)


MEDDLING = [
    "UPDATE remittance SET iban = 'FR7610107001011234567890129' WHERE remittance_id ="
    " (SELECT min(remittance_id) FROM remittance)",
    "UPDATE remittance SET holder_name = 'SOMEBODY ELSE'",
    "UPDATE remittance_line SET wallet = CASE wallet WHEN 'tutoring'"
    " THEN 'sport_culture_leisure' ELSE 'tutoring' END",
    "UPDATE remittance_line SET operation_id = gen_random_uuid()",
]


@pytest.mark.parametrize("statement", MEDDLING)
def test_content_changed_behind_the_submission_is_not_approved(
    sold: Fortnight, statement: str
) -> None:
    sold.run_until("submitted")
    sold.meddle(statement)
    assert code_of(sold.approve()) == "run_changed_since_submission"


def test_two_approvals_at_once_are_one(sold: Fortnight) -> None:
    sold.run_until("submitted")
    agents = [makers.make_agent(sold.office) for _ in range(2)]
    done = at_once([lambda: sold.approve(by=agents[0]), lambda: sold.approve(by=agents[1])])
    assert len({one.approved_by for one in done if isinstance(one, Run)}) == 1
    shown = show_run(sold.office.engine, PERIOD)
    assert shown is not None
    assert [event["state"] for event in shown["history"]] == ["draft", "submitted", "approved"]
    numbers = sold.rows("SELECT number FROM remittance ORDER BY 1")
    assert [one.number for one in numbers] == [1, 2]


def test_an_account_changed_after_the_submission_changes_no_payment(
    fortnight: Fortnight, clock: Clock
) -> None:
    line = makers.partner_line()
    fortnight.partners = [makers.make_partner(fortnight.office, **line)]
    fortnight.tills = [makers.make_terminal(fortnight.office, fortnight.partners[0])]
    makers.verify_partner(fortnight.office, fortnight.partners[0])
    fortnight.sell(300)
    fortnight.end()
    fortnight.run_until("submitted")
    changed = makers.register([line | {"iban": makers.OTHER_IBAN}])
    import_partners(fortnight.office.engine, changed, actor="test")
    assert isinstance(fortnight.approve(), Run)
    (remittance,) = fortnight.rows("SELECT iban FROM remittance")
    assert remittance.iban == makers.IBAN


# -- cut in the middle ---------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["draft", "submit", "approve", "export"])
def test_a_step_that_dies_waiting_leaves_the_run_as_it_was_and_can_be_taken_again(
    sold: Fortnight, step: str
) -> None:
    """Its connection is cut by the server while it waits for its turn."""
    before = {"draft": None, "submit": "draft", "approve": "submitted", "export": "approved"}[step]
    if before is not None:
        sold.run_until(before)
    take = getattr(sold, step)
    with psycopg.connect(superuser_dsn(sold.office)) as other:
        other.execute("SELECT pg_advisory_xact_lock(13, 2)")

        def cut() -> None:
            for _ in range(100_000):
                gone = other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE %s = ANY(pg_blocking_pids(pid))",
                    [other.info.backend_pid],
                )
                if gone.rowcount:
                    return

        def die() -> None:
            with pytest.raises(DBAPIError):
                take()

        at_once([cut, die])
    runs = sold.rows("SELECT state FROM reimbursement_run")
    assert [one.state for one in runs] == ([] if before is None else [before])
    assert isinstance(take(), Run)


def test_an_approval_that_fails_at_its_numbers_approves_nothing(
    sold: Fortnight, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold.run_until("submitted")

    def fail(*_: object) -> None:
        raise ConnectionError("cut")

    with monkeypatch.context() as cut:
        cut.setattr(approving, "_give_numbers", fail)
        typed = pyotp.TOTP(sold.approver.totp_secret).now()
        with pytest.raises(ConnectionError):
            sold.approve(totp=typed)
    assert sold.run().state == "submitted"
    # The code was not spent either.
    assert isinstance(sold.approve(totp=typed), Run)


def test_a_run_is_shown_with_who_did_what(sold: Fortnight) -> None:
    assert show_run(sold.office.engine, PERIOD) is None
    sold.run_until("submitted")
    shown = show_run(sold.office.engine, PERIOD)
    assert shown is not None
    assert (shown["state"], shown["debits"], shown["transfers_cents"]) == ("submitted", 3, 3355)
    assert {event["by"] for event in shown["history"]} == {sold.preparer.email}


def test_a_period_without_sales_makes_an_empty_run(fortnight: Fortnight) -> None:
    fortnight.end(after=AFTER, last_day=LAST_DAY)
    drafted = draft_run(fortnight.office.engine, PERIOD, by=fortnight.preparer.email)
    assert isinstance(drafted, Run)
    assert (drafted.debits, drafted.partners, drafted.transfers_cents) == (0, 0, 0)
