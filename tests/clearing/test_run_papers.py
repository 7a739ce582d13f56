"""From approval to the bank: papers, file and ledger say one thing, for ever (C64, C66, C71).

Finance §8, checks 2, 7, 10, 11 and 20.
"""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from cardservice import wiring
from cardservice.domain.refusal import Refused
from cardservice.domain.short_code import operation_reference
from cardservice.ledger.proofs import prove
from cardservice.wiring import Office
from clearing.run import export as exporting
from clearing.run import papers
from clearing.run.export import export_run, write_files
from clearing.run.record import Run
from clearing.run.show import show_run
from tests import makers
from tests.clearing.story import (
    DEBTOR,
    NEXT_AFTER,
    NEXT_LAST_DAY,
    NEXT_PERIOD,
    PERIOD,
    Fortnight,
    make_fortnight,
)
from tests.clearing.test_run import MEDDLING, code_of
from tests.counter import TUTORING
from tests.ledger.straight import at_once
from tests.told_once import ToldOnce

PAIN = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


def _told_sold(office: Office) -> Fortnight:
    fortnight = make_fortnight(
        office, first_name="Zébulon", last_name="Quatrepommes", school="Collège des Pommiers"
    )
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN)
    fortnight.sell(1055)
    fortnight.sell(2000, wallet=TUTORING)
    fortnight.sell_and_undo(800)
    fortnight.sell(300, at=beside)
    fortnight.end()
    return fortnight


@pytest.fixture
def sold(office: Office, told_once: ToldOnce) -> Fortnight:
    """Zébulon buys for 33,55 € at two partners in two wallets; one sale is cancelled."""
    return told_once("run papers: sold", lambda: _told_sold(office))


def files_of(fortnight: Fortnight, out: Path, period: str = PERIOD) -> dict[str, bytes]:
    """What an export writes: path inside the folder -> bytes."""
    run = fortnight.export(period)
    assert isinstance(run, Run), run
    written = write_files(fortnight.office.engine, run, out)
    found = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.*")}
    assert found.keys() == {str(path.relative_to(out)) for path in written}
    return found


def pdf_text(content: bytes) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
    )
    return done.stdout.decode()


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def cents_of(text: str) -> int:
    return int(Decimal(text.replace(",", ".")) * 100)


# -- one and the same figure ---------------------------------------------------------------------


def test_run_remittances_lines_csv_bank_file_and_ledger_have_one_total(
    sold: Fortnight, tmp_path: Path
) -> None:
    run = sold.run_until("exported")
    files = files_of(sold, tmp_path)
    bank = etree.fromstring(files[f"{run.msg_id}.xml"])
    (transit,) = sold.rows(
        "SELECT sum(amount_cents)::bigint AS cents FROM ledger_entry WHERE account = 'in_transit'"
    )
    totals = {
        "run": run.transfers_cents,
        "remittances": sold.rows("SELECT sum(transfer_cents)::bigint AS x FROM remittance")[0].x,
        "lines": sold.rows("SELECT sum(amount_cents)::bigint AS x FROM remittance_line")[0].x,
        "csv": sum(
            cents_of(row["montant"])
            for name, content in files.items()
            if name.endswith(".csv")
            for row in csv_rows(content)
        ),
        "control sum": cents_of(str(bank.findtext(".//p:GrpHdr/p:CtrlSum", namespaces=PAIN))),
        "transfers": sum(
            cents_of(str(one.text)) for one in bank.iterfind(".//p:InstdAmt", namespaces=PAIN)
        ),
        "in transit": transit.cents,
    }
    assert totals == dict.fromkeys(totals, 3355)


def test_each_partners_paper_has_his_own_total_and_each_of_his_sales_once(
    sold: Fortnight, tmp_path: Path
) -> None:
    sold.run_until("exported")
    files = files_of(sold, tmp_path)
    for number, partner in enumerate(sold.partners, start=1):
        sales = sold.rows(
            "SELECT o.operation_no FROM remittance_line JOIN operation o USING (operation_id)"
            " WHERE o.partner_id = %s",
            partner.partner_id,
        )
        references = [operation_reference(sale.operation_no) for sale in sales]
        text = pdf_text(files[f"bordereaux/BR-2026-{number:06d}.pdf"])
        rows = csv_rows(files[f"bordereaux/BR-2026-{number:06d}.csv"])
        assert sorted(row["reference"] for row in rows) == sorted(references)
        assert [text.count(one) for one in references] == [1] * len(references)
        assert {1: "30,55", 2: "3,00"}[number] in text
        assert partner.trade_name in text


def test_the_payable_is_empty_once_everything_is_handed_to_the_bank(sold: Fortnight) -> None:
    sold.run_until("exported")
    (payable,) = sold.rows(
        "SELECT sum(amount_cents)::bigint AS cents FROM ledger_entry"
        " WHERE account = 'partner_payable'"
    )
    assert payable.cents == 0
    booked = sold.rows("SELECT amount_cents FROM operation WHERE kind = 'reimbursement' ORDER BY 1")
    assert [one.amount_cents for one in booked] == [300, 1055, 2000]
    assert prove(sold.office.engine).ok


def test_the_bank_file_names_the_payer_and_whom_to_pay(sold: Fortnight, tmp_path: Path) -> None:
    run = sold.run_until("exported")
    bank = etree.fromstring(files_of(sold, tmp_path)[f"{run.msg_id}.xml"])
    assert bank.findtext(".//p:DbtrAcct//p:IBAN", namespaces=PAIN) == DEBTOR.iban
    paid = [one.text for one in bank.iterfind(".//p:CdtrAcct//p:IBAN", namespaces=PAIN)]
    assert paid == [makers.IBAN, makers.OTHER_IBAN]


def test_a_cancelled_debit_is_on_no_paper(sold: Fortnight, tmp_path: Path) -> None:
    sold.run_until("exported")
    (cancelled,) = sold.rows("SELECT operation_no FROM operation WHERE amount_cents = 800 LIMIT 1")
    reference = operation_reference(cancelled.operation_no)
    for name, content in files_of(sold, tmp_path).items():
        shown = pdf_text(content) if name.endswith(".pdf") else content.decode()
        assert reference not in shown


# -- whom the papers do not name -----------------------------------------------------------------


def test_no_paper_names_a_youth_or_shows_a_whole_card_code(sold: Fortnight, tmp_path: Path) -> None:
    sold.run_until("exported")
    files = files_of(sold, tmp_path)
    pages = sold.rows("SELECT content FROM document WHERE kind = 'html'")
    texts = [
        pdf_text(content) if name.endswith(".pdf") else content.decode("utf-8-sig")
        for name, content in files.items()
    ] + [bytes(page.content).decode() for page in pages]
    assert len(texts) == 1 + 2 + 2 + 2
    code = sold.card.code
    for text in texts:
        folded = text.casefold().replace(" ", "").replace("\u00a0", "")
        for secret in ("zébulon", "zebulon", "quatrepommes", "pommiers", code.casefold()):
            assert secret not in folded
        assert "2013-05-14" not in text and "14/05/2013" not in text
    assert all(code[-4:] in text for text in texts[1:] if text.startswith("reference"))


def test_no_partners_paper_shows_a_whole_account_number(sold: Fortnight, tmp_path: Path) -> None:
    run = sold.run_until("exported")
    for name, content in files_of(sold, tmp_path).items():
        if name != f"{run.msg_id}.xml":
            text = pdf_text(content) if name.endswith(".pdf") else content.decode()
            assert makers.IBAN not in text.replace(" ", "")


# -- the same bytes for ever ---------------------------------------------------------------------


def test_a_second_export_gives_the_same_bytes_also_after_a_restart(
    sold: Fortnight, tmp_path: Path, clock: object
) -> None:
    sold.run_until("exported")
    first = files_of(sold, tmp_path / "first")
    sold.end(after=datetime(2026, 12, 9, 9, tzinfo=UTC), last_day=date(2026, 12, 8))
    second = files_of(sold, tmp_path / "second")
    with wiring.opened_office(sold.office.settings) as restarted:
        run = export_run(restarted.engine, PERIOD, by=sold.approver.email, debtor=DEBTOR)
        assert isinstance(run, Run)
        write_files(restarted.engine, run, tmp_path / "third")
    third = {
        str(path.relative_to(tmp_path / "third")): path.read_bytes()
        for path in (tmp_path / "third").rglob("*.*")
    }
    assert first == second == third


def test_exporting_again_books_nothing(sold: Fortnight) -> None:
    first = sold.run_until("exported")
    before = sold.rows("SELECT * FROM operation ORDER BY operation_no")
    assert sold.export() == first
    assert sold.rows("SELECT * FROM operation ORDER BY operation_no") == before


def test_five_exports_at_once_are_one(sold: Fortnight) -> None:
    sold.run_until("approved")
    done = at_once([sold.export] * 5)
    assert len({one.exported_at for one in done if isinstance(one, Run)}) == 1
    assert len(sold.rows("SELECT * FROM operation WHERE kind = 'reimbursement'")) == 3
    assert len(sold.rows("SELECT * FROM document WHERE kind = 'pain001'")) == 1


def test_the_stored_digest_is_the_files(sold: Fortnight, tmp_path: Path) -> None:
    run = sold.run_until("exported")
    shown = show_run(sold.office.engine, PERIOD)
    content = files_of(sold, tmp_path)[f"{run.msg_id}.xml"]
    assert shown is not None
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()


# -- what stops an export ------------------------------------------------------------------------


def test_a_run_that_nobody_approved_is_not_exported(sold: Fortnight) -> None:
    assert code_of(sold.export()) == "run_not_approved"
    sold.run_until("submitted")
    assert code_of(sold.export()) == "run_not_approved"


@pytest.mark.parametrize("statement", MEDDLING)
def test_content_changed_behind_the_approval_is_not_exported(
    sold: Fortnight, statement: str
) -> None:
    sold.run_until("approved")
    sold.meddle(statement)
    assert code_of(sold.export()) == "run_changed_since_submission"
    assert sold.rows("SELECT * FROM operation WHERE kind = 'reimbursement'") == []


@pytest.mark.parametrize("role", ["hotline", "moderator", "administrator"])
def test_only_the_finance_roles_export(sold: Fortnight, role: str) -> None:
    sold.run_until("approved")
    assert code_of(sold.export(by=makers.make_agent(sold.office, role).email)) == "agent_may_not"


def test_an_approval_cut_before_its_papers_is_finished_by_the_next_call(
    sold: Fortnight,
) -> None:
    sold.run_until("submitted")
    assert isinstance(sold.approve(), Run)
    assert code_of(sold.export()) == "papers_missing"
    assert sold.complete_papers() == 2
    assert isinstance(sold.export(), Run)


def test_papers_cut_half_way_are_completed_and_none_is_rendered_again(
    sold: Fortnight, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold.run_until("submitted")
    sold.approve()

    def cut(done: int, _every: int) -> None:
        raise ConnectionError(f"cut after {done}")

    with pytest.raises(ConnectionError, match="cut after 1"):
        papers.complete_papers(
            sold.office.engine,
            sold.run().run_id,
            keys=sold.office.keys,
            scheme_name="CJeune",
            progress=cut,
        )
    assert code_of(sold.export()) == "papers_missing"
    first = sold.rows("SELECT document_id, sha256 FROM document ORDER BY 1")
    assert sold.complete_papers() == 1
    assert sold.rows("SELECT document_id, sha256 FROM document ORDER BY 1")[:6] == first
    assert sold.complete_papers() == 0


def test_an_export_that_fails_at_its_end_leaves_no_file_and_no_movement(
    sold: Fortnight, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold.run_until("approved")

    def fail(*_: object, **__: object) -> None:
        raise ConnectionError("cut")

    with monkeypatch.context() as cut:
        cut.setattr(exporting, "move", fail)
        with pytest.raises(ConnectionError):
            sold.export()
    assert sold.rows("SELECT * FROM document WHERE kind = 'pain001'") == []
    assert sold.rows("SELECT * FROM operation WHERE kind = 'reimbursement'") == []
    assert isinstance(sold.export(), Run)


def test_a_file_of_ours_that_breaks_the_banks_rules_is_never_stored(
    sold: Fortnight, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold.run_until("approved")
    monkeypatch.setattr(exporting, "schema_problems", lambda content: ["not valid"])
    with pytest.raises(exporting.FileNotFit):
        sold.export()
    assert sold.run().state == "approved"


def test_a_written_file_has_its_name_only_when_it_is_whole(
    sold: Fortnight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sold.run_until("exported")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_files(sold.office.engine, run, tmp_path)
    named = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert all(name.startswith(".making-") for name in named)


def test_a_run_without_transfers_is_exported_without_a_bank_file(
    fortnight: Fortnight, tmp_path: Path
) -> None:
    fortnight.end()
    run = fortnight.run_until("exported")
    assert run.transfers_cents == 0
    assert files_of(fortnight, tmp_path) == {}


def test_the_next_fortnight_has_another_file_with_other_names(
    sold: Fortnight, tmp_path: Path
) -> None:
    first = sold.run_until("exported")
    sold.sell(440)
    sold.end(after=NEXT_AFTER, last_day=NEXT_LAST_DAY)
    second = sold.run_until("exported", NEXT_PERIOD)
    assert first.msg_id != second.msg_id
    names = set()
    for period, folder in ((PERIOD, "first"), (NEXT_PERIOD, "second")):
        for name, content in files_of(sold, tmp_path / folder, period).items():
            if name.endswith(".xml"):
                found = etree.fromstring(content).iterfind(".//p:EndToEndId", namespaces=PAIN)
                names |= {one.text for one in found}
    assert names == {"BR-2026-000001", "BR-2026-000002", "BR-2026-000003"}


def test_nobody_unknown_exports(sold: Fortnight) -> None:
    sold.run_until("approved")
    refused = sold.export(by="nobody@example.org")
    assert isinstance(refused, Refused) and refused.code == "agent_unknown"
