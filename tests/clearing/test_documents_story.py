"""The finance study's story on paper: four fortnights proved to the cent, and the year's account.

50,00 paid; then −15,50 against 5,00; then 30,00; then the first 50,00 come back and go out again.
"""

from __future__ import annotations

import csv
import io
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from cardservice.cli import cjeune
from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.add_agent import AgentWithSecrets
from clearing.cent_proof import run_proof
from clearing.documents.read_files import read_csv
from clearing.documents.read_pdf import read_pdf
from clearing.documents.year_account_files import render_operations_csv, render_papers_csv
from clearing.documents.year_account_pdf import render_account_pdf
from clearing.year_account import year_account
from clearing.year_figures import YearAccount
from tests import makers
from tests.clearing.bank_files import camt053, debit, returned
from tests.clearing.bank_story import change_account, take, transfers
from tests.clearing.story import NEXT_PERIOD, PERIOD, Fortnight
from tests.clearing.test_bank_fixture import (
    FOURTH_AFTER,
    FOURTH_LAST_DAY,
    FOURTH_PERIOD,
    THIRD_PERIOD,
    three_fortnights,
)


@pytest.fixture
def told(fortnight: Fortnight) -> Fortnight:
    """All four fortnights, exported."""
    hotline: AgentWithSecrets = makers.make_agent(fortnight.office, "hotline")
    three_fortnights(fortnight, hotline)
    (first,) = transfers(fortnight, PERIOD)
    take(fortnight, camt053(debit("50.00", "CJP-2026-11-B-1")))
    take(fortnight, camt053(returned(first.name, "50.00"), message="STMT-2"))
    change_account(fortnight)
    fortnight.end(after=FOURTH_AFTER, last_day=FOURTH_LAST_DAY)
    fortnight.run_until("exported", FOURTH_PERIOD)
    return fortnight


def paper(fortnight: Fortnight, period: str, kind: str) -> bytes:
    (row,) = fortnight.rows(
        "SELECT content FROM document JOIN reimbursement_run USING (run_id)"
        " WHERE period_key = %s AND kind = %s",
        period,
        kind,
    )
    return bytes(row.content)


def text_of(pdf: bytes) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def test_every_fortnight_is_proved_and_its_paper_says_its_figures(told: Fortnight) -> None:
    figures = {}
    for period in (PERIOD, NEXT_PERIOD, THIRD_PERIOD, FOURTH_PERIOD):
        with unit_of_work(told.office.engine) as connection:
            proof = run_proof(connection, told.run(period).run_id)
        assert proof.holds, (period, proof)
        read = read_pdf(paper(told, period, "pdf"))
        figures[period] = (read.total_cents, read.transfer_cents, read.summary)
        assert sum(one.amount_cents for one in read_csv(paper(told, period, "csv")).lines) == (
            read.total_cents
        )
    nothing = {"gross": 0, "corrections": 0, "carried_in": 0, "re_presented": 0}
    assert figures == {
        PERIOD: (5000, 5000, nothing | {"gross": 5000}),
        NEXT_PERIOD: (
            -1050,
            0,
            nothing | {"gross": 500, "corrections": -1550, "carried_out": -1050},
        ),
        THIRD_PERIOD: (3000, 1950, nothing | {"gross": 3000, "carried_in": -1050}),
        FOURTH_PERIOD: (0, 5000, nothing | {"re_presented": 5000}),
    }


def test_a_paper_without_lines_names_the_bordereau_that_it_presents_again(told: Fortnight) -> None:
    (first,) = transfers(told, PERIOD)
    sentence = f"Ce virement comprend 50,00 € déjà présentés par le bordereau n° {first.number}"
    assert sentence in text_of(paper(told, FOURTH_PERIOD, "pdf"))
    page = paper(told, FOURTH_PERIOD, "html").decode().replace("\u00a0", " ")
    assert sentence in page
    assert "Aucune opération" in page
    assert paper(told, FOURTH_PERIOD, "csv").count(b"\r\n") == 1
    listed = text_of(paper(told, FOURTH_PERIOD, "payment_list_pdf"))
    assert "cinquante euros" in listed and "50,00 €" in listed


# -- the account of the year -----------------------------------------------------------------------


def account_of(fortnight: Fortnight, year: int) -> YearAccount:
    made = year_account(fortnight.office.engine, year)
    assert isinstance(made, YearAccount), made
    return made


def test_the_account_balances_and_lists_every_operation_by_kind(told: Fortnight) -> None:
    account = account_of(told, 2026)
    assert account.is_whole and sum(one.closing_cents for one in account.balances) == 0
    booked = {(one.month, one.kind): one.cents for one in account.booked if one.kind != "grant"}
    assert booked == {
        (11, "debit"): 5800,
        (11, "cancellation"): 800,
        (12, "debit"): 3500,
        (12, "regularisation"): 1550,
        (12, "reimbursement"): 5000,
    }
    assert [run.transfers_cents for run in account.runs] == [5000, 0]
    assert account.evidence.difference is None and account.evidence.changed_papers == 0
    after = account_of(told, 2027)
    opening = {one.account: one.opening_cents for one in after.balances}
    assert opening == {one.account: one.closing_cents for one in account.balances}
    assert not after.is_whole


def test_the_accounts_files_agree_and_are_the_same_each_time(told: Fortnight) -> None:
    account, again = account_of(told, 2026), account_of(told, 2026)
    pdf = render_account_pdf(account, scheme_name="CJeune")
    assert pdf == render_account_pdf(again, scheme_name="CJeune")
    rows = list(
        csv.DictReader(
            io.StringIO(render_operations_csv(account).decode("utf-8-sig")), delimiter=";"
        )
    )
    debits = [row for row in rows if row["nature"] == "Débit"]
    assert sum(Decimal(row["montant"].replace(",", ".")) for row in debits) == Decimal("93.00")
    text = text_of(pdf)
    for words in ("Compte annuel de l’opérateur 2026", "85,00 €", "Aucun écart", "50,00 €"):
        assert words in text
    papers = render_papers_csv(account).decode("utf-8-sig").splitlines()
    assert len(papers) == 1 + len(account.papers) == 1 + 4 + 3 + 4


def test_a_changed_paper_stands_in_the_account_and_ends_the_command_with_1(
    told: Fortnight, tmp_path: Path
) -> None:
    folder = str(told.office.settings.data_dir)
    whole = CliRunner().invoke(
        cjeune, ["account", "2026", "--out", str(tmp_path), "--data-dir", folder]
    )
    assert whole.exit_code == 0, whole.output
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "compte-2026-operations.csv",
        "compte-2026-pieces.csv",
        "compte-2026.pdf",
    ]
    told.meddle("UPDATE document SET content = content || '\\x0a'::bytea WHERE kind = 'pdf'")
    done = CliRunner().invoke(
        cjeune, ["account", "2026", "--out", str(tmp_path), "--data-dir", folder]
    )
    assert done.exit_code == 1
    text = text_of((tmp_path / "compte-2026.pdf").read_bytes())
    assert "2 pièce(s) modifiée(s)" in text and "Écart : document" in text
    proof = CliRunner().invoke(cjeune, ["papers", "proof", PERIOD, "--data-dir", folder])
    assert proof.exit_code == 1 and "BR-2026-000001 (pdf: digest)" in proof.output


def test_a_year_without_operations_has_no_account(told: Fortnight) -> None:
    refused = year_account(told.office.engine, 2031)
    assert isinstance(refused, Refused) and refused.code == "year_without_operations"


def test_the_commands_write_what_finance_takes_and_the_journal_says_who(
    told: Fortnight, tmp_path: Path
) -> None:
    folder = ["--data-dir", str(told.office.settings.data_dir)]
    by = ["--as", told.preparer.email]

    def invoke(*words: str, exit_code: int = 0) -> str:
        done = CliRunner().invoke(cjeune, ["papers", *words, *folder])
        assert done.exit_code == exit_code, done.output
        return done.output

    invoke("list", FOURTH_PERIOD, "--out", str(tmp_path), *by)
    invoke("csv", PERIOD, "--out", str(tmp_path / "run.csv"), *by)
    invoke("xlsx", PERIOD, "--out", str(tmp_path / "run.xlsx"), *by)
    (number,) = {one.number for one in transfers(told, PERIOD)}
    invoke("xlsx", PERIOD, "--only", number, "--out", str(tmp_path / "one.xlsx"), *by)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "CJP-2027-01-A-1-etat-liquidatif.csv",
        "CJP-2027-01-A-1-etat-liquidatif.pdf",
        "one.xlsx",
        "run.csv",
        "run.xlsx",
    ]
    taken = told.rows("SELECT actor, detail FROM journal WHERE action = 'papers.taken' ORDER BY at")
    assert [row.detail for row in taken] == ["payment_list", "run_csv", "run_xlsx", number]
    assert {row.actor for row in taken} == {f"agent:{told.preparer.agent_id}"}

    assert "[ok]" in invoke("proof", PERIOD, "--only", number)
    assert "1 bordereau(x) établi(s) sur 1" in invoke("show", PERIOD)
    assert "0 bordereau(x)" in invoke("render", PERIOD)
    # remittance_unknown, run_not_approved
    assert "BR-2026-999999" in invoke("render", PERIOD, "--only", "BR-2026-999999", exit_code=1)
    assert "validée" in invoke("show", "2026-10-A", exit_code=1)
