"""A fortnight from closed days to the bank file, step by step, and who may not take which."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import psycopg
import pyotp
import pytest
from lxml import etree
from pypdf import PdfReader

from cardservice.domain.refusal import Refused
from cardservice.ledger.proofs import prove
from cardservice.wiring import Office, opened_office
from clearing.pain001 import schema_problems
from clearing.run.export import write_files
from clearing.run.record import Run
from clearing.run.show import show_run
from clearing.run.submit import reject_run, submit_run
from tests import makers
from tests.clearing.fortnight import AFTER, LAST_DAY, PAYER, PERIOD, Desk, refused, took
from tests.conftest import Clock, superuser_dsn
from tests.counter import TUTORING
from tests.ledger.straight import debit

NOON = datetime(2026, 11, 10, 11, 0, tzinfo=UTC)


@pytest.fixture
def desk(office: Office, clock: Clock) -> Desk:
    clock.set(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))
    preparer = makers.make_agent(office, "finance_preparer")
    return Desk(office, clock, preparer, makers.make_agent(office, "finance_approver"))


def amounts_of(file: bytes) -> list[int]:
    """The transfers of a bank file, in cents."""
    tree = etree.fromstring(file)
    paths = tree.iterfind(".//{*}CdtTrfTxInf//{*}InstdAmt")
    return [int((element.text or "").replace(".", "")) for element in paths]


def test_a_fortnight_is_drafted_only_when_all_its_days_are_closed(desk: Desk) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close(date(2026, 11, 14))
    assert refused(desk.draft()) == "days_not_closed"
    desk.close()
    assert took(desk.draft()).gross_cents == 1000


def test_an_unknown_fortnight_is_refused(desk: Desk) -> None:
    assert refused(desk.draft("2026-11-C")) == "period_unknown"


def test_a_cancelled_debit_is_not_paid_and_the_rest_is_paid_in_full(desk: Desk) -> None:
    street = desk.open_street()
    desk.sell(street, 1000, NOON)
    desk.sell(street, 1550, NOON)
    desk.sell(street, 2450, NOON, wallet=TUTORING)
    desk.undo(street, desk.sell(street, 800, NOON))
    desk.close()
    run = desk.pay()
    assert (run.debits, run.partners, run.transfers_cents) == (3, 1, 5000)
    assert amounts_of(desk.documents("pain001")[0]) == [5000]


def test_the_paris_month_decides_to_which_fortnight_a_debit_belongs(desk: Desk) -> None:
    street = desk.open_street()
    desk.sell(street, 100, datetime(2026, 11, 15, 22, 59, 59, tzinfo=UTC))
    desk.sell(street, 200, datetime(2026, 11, 15, 23, 0, 0, tzinfo=UTC))
    desk.close(date(2026, 11, 30), datetime(2026, 12, 1, 1, 0, tzinfo=UTC))
    assert took(desk.draft("2026-11-A")).gross_cents == 100
    assert took(desk.draft("2026-11-B")).gross_cents == 200


def test_every_step_taken_twice_changes_nothing(desk: Desk) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    steps: list[Callable[[], Run | Refused]] = [desk.draft, desk.submit, desk.approve]
    for step in steps:
        once = took(step())
        desk.papers(once) if once.state == "approved" else None
        events = desk.ask("SELECT count(*) FROM run_event WHERE state <> 'draft'")
        assert took(step()) == once
        assert desk.ask("SELECT count(*) FROM run_event WHERE state <> 'draft'") == events
    first = took(desk.export())
    assert took(desk.export()) == first
    assert desk.ask("SELECT count(*) FROM operation WHERE kind = 'reimbursement'") == 1


def test_ten_drafts_at_once_make_one_run(desk: Desk) -> None:
    street = desk.open_street()
    for cents in (100, 200, 300):
        desk.sell(street, cents, NOON)
    desk.close()
    with ThreadPoolExecutor(10) as pool:
        runs = list(pool.map(lambda _: took(desk.draft()), range(10)))
    assert {run.run_id for run in runs} == {runs[0].run_id}
    assert desk.ask("SELECT count(*) FROM remittance_line") == 3


def test_a_debit_stands_in_one_live_run_whatever_a_program_tries(
    desk: Desk, office: Office
) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    with (
        psycopg.connect(superuser_dsn(office)) as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute("INSERT INTO remittance_line SELECT * FROM remittance_line")


def test_whoever_submits_does_not_approve(desk: Desk, superuser: Callable[[str], None]) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    took(desk.submit())
    # The same person under both roles: only a change of role makes that possible.
    superuser(f"UPDATE agent SET role = 'finance_approver' WHERE email = '{desk.preparer.email}'")
    assert refused(desk.approve(by=desk.preparer)) == "approver_submitted_it"
    with pytest.raises(psycopg.errors.CheckViolation):
        superuser("UPDATE reimbursement_run SET state = 'approved', approved_by = submitted_by")


def test_each_step_wants_its_role(desk: Desk, office: Office) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    assert refused(submit_run(office.engine, PERIOD, by=desk.approver.email)) == "agent_may_not"
    assert refused(submit_run(office.engine, PERIOD, by="nobody@x.example")) == "agent_unknown"
    took(desk.submit())
    assert refused(desk.approve(by=desk.preparer)) == "agent_may_not"


def test_a_step_is_not_taken_before_its_turn(desk: Desk) -> None:
    assert refused(desk.submit()) == "run_not_drafted"
    assert refused(desk.approve(total_cents=0)) == "run_not_submitted"
    assert refused(desk.export()) == "run_not_approved"


def test_the_approver_retypes_the_total_to_the_cent(desk: Desk) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    took(desk.submit())
    assert refused(desk.approve(total_cents=1001)) == "total_differs"
    assert took(desk.approve(total_cents=1000)).state == "approved"


def test_a_code_of_the_authenticator_approves_one_run_only(desk: Desk) -> None:
    street = desk.open_street()
    desk.sell(street, 1000, NOON)
    desk.sell(street, 500, datetime(2026, 11, 20, 11, 0, tzinfo=UTC))
    desk.close(date(2026, 11, 30), datetime(2026, 12, 1, 1, 0, tzinfo=UTC))
    code = pyotp.TOTP(desk.approver.totp_secret).now()
    for period in ("2026-11-A", "2026-11-B"):
        took(desk.draft(period))
        took(desk.submit(period))
    took(desk.approve("2026-11-A", totp=code))
    assert refused(desk.approve("2026-11-B", totp=code)) == "totp_used"


def test_nobody_approves_an_account_they_changed(
    desk: Desk, superuser: Callable[[str], None]
) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    took(desk.submit())
    superuser(f"UPDATE bank_account SET changed_by = 'agent:{desk.approver.agent_id}'")
    assert refused(desk.approve()) == "approver_changed_an_account"


def test_an_unverified_account_stops_the_submission(desk: Desk) -> None:
    street = desk.open_street(verified=False)
    desk.sell(street, 1000, NOON)
    desk.close()
    took(desk.draft())
    step = desk.submit()
    assert refused(step) == "controls_do_not_hold"
    assert isinstance(step, Refused) and step.facts["control"] == "every_iban_verified"
    makers.verify_partner(desk.office, street.partner)
    assert took(desk.submit()).state == "submitted"


def test_a_figure_that_was_tampered_with_stops_the_submission(
    desk: Desk, superuser: Callable[[str], None]
) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    superuser("UPDATE day_close SET amount_cents = 999 WHERE amount_cents = 1000")
    step = desk.submit()
    assert isinstance(step, Refused)
    assert step.facts == {"control": "day_closes", "left": 1000, "right": 999}


def test_a_rejected_run_can_be_drafted_and_submitted_again(desk: Desk, office: Office) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    took(desk.submit())
    rejected = reject_run(office.engine, PERIOD, by=desk.approver.email, reason="À revoir")
    assert took(rejected).state == "rejected"
    assert took(desk.draft()).state == "draft"
    took(desk.submit())
    history = show_run(office.engine, PERIOD)
    assert history is not None
    assert [event["state"] for event in history["history"]] == [
        *("draft", "submitted", "rejected", "draft", "submitted")
    ]


def test_what_was_submitted_cannot_be_changed_by_the_owner_of_the_tables(desk: Desk) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    took(desk.submit())
    server = desk.office.private_server
    assert server is not None
    for statement in (
        "UPDATE reimbursement_run SET transfers_cents = 1, gross_cents = 1",
        "DELETE FROM reimbursement_run",
        "UPDATE remittance SET iban = 'FR1420041010050500013M02606'",
        "DELETE FROM remittance_line",
        "UPDATE remittance_line SET amount_cents = 1",
    ):
        with (
            psycopg.connect(server.url("cjeune_owner")) as connection,
            pytest.raises(psycopg.errors.RaiseException),
        ):
            connection.execute(statement.encode())


def test_what_a_superuser_changed_after_the_submission_is_not_approved(
    desk: Desk, superuser: Callable[[str], None]
) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    took(desk.submit())
    superuser("UPDATE remittance SET iban = 'FR1420041010050500013M02606'")
    assert refused(desk.approve()) == "run_changed_since_submission"


def test_what_a_superuser_changed_after_the_approval_is_not_exported(
    desk: Desk, superuser: Callable[[str], None]
) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    took(desk.draft())
    took(desk.submit())
    desk.papers(took(desk.approve()))
    superuser("UPDATE remittance SET iban = 'FR1420041010050500013M02606'")
    assert refused(desk.export()) == "run_changed_since_submission"
    assert desk.documents("pain001") == []


def test_a_run_is_released_with_all_its_papers_or_not_at_all(desk: Desk) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.sell(desk.open_street(), 2000, NOON)
    desk.close()
    took(desk.draft())
    took(desk.submit())
    approved = took(desk.approve())  # and the machine stops here
    assert refused(desk.export()) == "papers_missing"
    assert desk.papers(approved) == 2
    assert desk.papers(approved) == 0
    assert took(desk.export()).state == "exported"


def test_remittance_numbers_have_no_gap_within_the_year(desk: Desk) -> None:
    streets = [desk.open_street() for _ in range(3)]
    for street in streets:
        desk.sell(street, 1000, NOON)
    desk.sell(streets[0], 500, datetime(2026, 11, 20, 11, 0, tzinfo=UTC))
    desk.close(date(2026, 11, 30), datetime(2026, 12, 1, 1, 0, tzinfo=UTC))
    desk.pay("2026-11-A")
    desk.pay("2026-11-B", by=makers.make_agent(desk.office))
    assert desk.ask("SELECT string_agg(number::text, ',' ORDER BY number) FROM remittance") == (
        "1,2,3,4"
    )


def test_the_same_bytes_come_out_of_every_export_also_after_a_restart(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    run = desk.pay()
    first = write_files(desk.office.engine, run, tmp_path_factory.mktemp("first"))
    desk.clock.set(datetime(2026, 12, 24, 9, 0, tzinfo=UTC))
    with opened_office(desk.office.settings) as restarted:
        again = took(desk.export())
        second = write_files(restarted.engine, again, tmp_path_factory.mktemp("second"))
    assert [file.name for file in first] == [file.name for file in second]
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_totals_are_equal_in_run_papers_bank_file_and_ledger_and_name_no_youth(desk: Desk) -> None:
    holder = makers.make_beneficiary(desk.office, first_name="Zébulon", last_name="Quatrepommes")
    first, second = desk.open_street(), desk.open_street(trade_name="Club Été & Sœurs n°1")
    named = makers.make_card(desk.office, holder)
    desk.sell(first, 1055, NOON)
    desk.sell(first, 2500, NOON, wallet=TUTORING)
    desk.clock.set(NOON)
    with psycopg.connect(desk.office.database_url, autocommit=True) as connection:
        assert debit(connection, second.call(3333, card=named)).outcome == "approved"
    desk.close()
    run = desk.pay()

    (xml,) = desk.documents("pain001")
    assert schema_problems(xml) == []
    assert amounts_of(xml) == [3555, 3333]
    csv_totals = []
    for content in desk.documents("csv"):
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
        csv_totals.append(sum(int(row["montant"].replace(",", "")) for row in rows))
    assert csv_totals == [3555, 3333]
    texts = [
        "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        for content in desk.documents("pdf")
    ]
    assert "35,55" in texts[0] and "33,33" in texts[1]
    assert run.transfers_cents == 6888
    in_transit = "SELECT sum(amount_cents) FROM ledger_entry WHERE account = 'in_transit'"
    assert desk.ask(in_transit) == 6888
    assert (
        desk.ask("SELECT sum(amount_cents) FROM ledger_entry WHERE account = 'partner_payable'")
        == 0
    )
    assert prove(desk.office.engine).ok
    papers = b"".join(desk.documents("csv") + desk.documents("html")).decode() + "".join(texts)
    for hidden in ("Zébulon", "Quatrepommes", "QUATREPOMMES", named.code):
        assert hidden not in papers + xml.decode()


def test_an_empty_fortnight_needs_no_bank_file(desk: Desk) -> None:
    desk.clock.set(AFTER)
    desk.close(LAST_DAY)
    run = desk.pay()
    assert (run.state, run.transfers_cents, run.partners) == ("exported", 0, 0)
    assert desk.documents("pain001") == []


def test_the_payer_is_named_in_the_file(desk: Desk) -> None:
    desk.sell(desk.open_street(), 1000, NOON)
    desk.close()
    desk.pay()
    assert PAYER.iban in desk.documents("pain001")[0].decode()
