"""The exports of finance: the whole run as CSV, spreadsheets, the payment list (C64).

Finance §8, check 14.
"""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import text

from cardservice.db.engine import unit_of_work
from cardservice.domain.short_code import operation_reference
from cardservice.wiring import Office
from clearing.documents.amount_in_words import amount_in_words
from clearing.documents.bordereau_csv import disarmed
from clearing.documents.read_files import read_payment_list
from clearing.documents.read_list_pdf import read_list_pdf
from clearing.run.payment_list import payment_list_of
from clearing.run.read_remittance import read_remittance
from clearing.run.run_csv import HEADER, write_run_csv
from clearing.run.run_xlsx import bordereau_xlsx, run_partners_xlsx
from tests import makers
from tests.clearing.story import Fortnight, make_fortnight
from tests.clearing.test_run import code_of
from tests.counter import TUTORING
from tests.told_once import ToldOnce

HOSTILE = "=1+1"
# Nothing is written: every example may ask the same server.
SAME_DATABASE = [HealthCheck.function_scoped_fixture]


def _told_sold(office: Office) -> Fortnight:
    fortnight = make_fortnight(office)
    beside = fortnight.add_partner(iban=makers.OTHER_IBAN, trade_name=HOSTILE)
    fortnight.sell(1055)
    fortnight.sell(2000, wallet=TUTORING)
    fortnight.sell(300, at=beside)
    fortnight.end()
    return fortnight


@pytest.fixture
def sold(office: Office, told_once: ToldOnce) -> Fortnight:
    """33,55 € at two partners, the second with a name that a spreadsheet would run."""
    return told_once("documents exports: sold", lambda: _told_sold(office))


def run_csv(fortnight: Fortnight, *said_before: str) -> bytes:
    pieces: list[bytes] = []
    with unit_of_work(fortnight.office.engine) as connection:
        for said in said_before:
            connection.execute(text(said))
        length, sha256 = write_run_csv(connection, fortnight.run().run_id, pieces.append)
    content = b"".join(pieces)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (length, sha256)
    return content


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


# -- the whole run as CSV --------------------------------------------------------------------------


def test_the_runs_csv_holds_the_rows_of_every_bordereaus_csv(sold: Fortnight) -> None:
    sold.run_until("approved")
    whole = rows_of(run_csv(sold))
    single = [
        row
        for document in sold.rows("SELECT content FROM document WHERE kind = 'csv' ORDER BY 1")
        for row in rows_of(bytes(document.content))
    ]

    def in_order(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return sorted(rows, key=lambda row: row["reference"])

    beside = [{key: row[key] for key in row if key not in HEADER[:3]} for row in whole]
    assert in_order(beside) == in_order(single)
    assert [row["bordereau"] for row in whole] == ["BR-2026-000001"] * 2 + ["BR-2026-000002"]


def test_the_runs_csv_is_what_french_spreadsheets_open(sold: Fortnight) -> None:
    sold.run_until("approved")
    content = run_csv(sold)
    assert content.startswith(b"\xef\xbb\xbf" + ";".join(HEADER).encode() + b"\n")
    assert b"\r" not in content
    rows = rows_of(content)
    assert sum(Decimal(row["montant"].replace(",", ".")) for row in rows) == Decimal("33.55")
    assert rows[-1]["partenaire"] == f"'{HOSTILE}"


def test_several_processes_write_the_same_csv_as_one(sold: Fortnight) -> None:
    sold.run_until("approved")
    launched = "SELECT sum(parallel_workers_launched) AS n FROM pg_stat_database"
    before = sold.rows(launched)[0].n
    alone = run_csv(sold, "SET LOCAL max_parallel_workers_per_gather = 0")
    together = run_csv(
        sold,
        "SET LOCAL min_parallel_table_scan_size = 0",
        "SET LOCAL parallel_setup_cost = 0",
        # Told at the end of the transaction, not a second later.
        "SELECT pg_stat_force_next_flush()",
    )
    assert sold.rows(launched)[0].n > before
    assert together == alone


def test_a_run_without_lines_is_a_csv_with_its_header_alone(fortnight: Fortnight) -> None:
    fortnight.end()
    fortnight.run_until("approved")
    assert len(run_csv(fortnight).splitlines()) == 1


@settings(max_examples=30, suppress_health_check=SAME_DATABASE)
@given(st.lists(st.integers(0, 2**63 - 1), min_size=30, max_size=60))
def test_the_server_writes_references_as_the_rulebook_does(
    office: Office, numbers: list[int]
) -> None:
    small = [number % 2**31 for number in numbers]
    for given_numbers in (numbers, small, [0, 1, 31, 32, 2**30 - 1, 2**30, 2**63 - 1]):
        found = asked(office, "operation_reference", "bigint", given_numbers)
        assert found == [operation_reference(number) for number in given_numbers]


ODD = (
    "=+-@＝＋－＠﹢﹣ \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2003\u2028\u2029\u202f\u205f"
    "\u3000\"'`´‘’“”«»\u200b\u200e\u202a\u2060\ufeffa1é"
)


@settings(max_examples=60, suppress_health_check=SAME_DATABASE)
@given(st.lists(st.text(alphabet=ODD, max_size=8), min_size=20, max_size=40))
def test_the_server_disarms_texts_as_the_bordereaus_csv_does(
    office: Office, texts: list[str]
) -> None:
    assert asked(office, "spreadsheet_text", "text", texts) == [disarmed(one) for one in texts]


def asked(office: Office, function: str, kind: str, values: list[Any]) -> list[Any]:
    with unit_of_work(office.engine) as connection:
        rows = connection.exec_driver_sql(
            f"SELECT {function}(v) FROM unnest(%(values)s::{kind}[]) WITH ORDINALITY AS t (v, n)"
            " ORDER BY n",
            {"values": values},
        )
        return list(rows.scalars())


# -- spreadsheets ----------------------------------------------------------------------------------


def cells(content: bytes) -> list[list[str]]:
    """What stands in the first sheet, read from the file's own XML."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert sheet.find(f".//{space}f") is None, "a formula"
    return [
        ["".join(map(str, cell.itertext())) for cell in row] for row in sheet.iter(f"{space}row")
    ]


def test_a_bordereaus_sheet_has_typed_amounts_and_the_same_bytes_each_time(sold: Fortnight) -> None:
    sold.run_until("approved")
    first, _ = sold.rows("SELECT remittance_id FROM remittance ORDER BY number")
    with unit_of_work(sold.office.engine) as connection:
        remittance = read_remittance(connection, first.remittance_id)
    content = bordereau_xlsx(remittance)
    assert content == bordereau_xlsx(remittance)
    head, *rows = cells(content)
    assert head[0] == "Référence" and head[9] == "Montant"
    assert [row[9] for row in rows] == ["10.55", "20.00"]
    assert rows[0][1].isdecimal(), "a day is a number that the sheet shows as a day"


def test_the_partners_sheet_runs_no_formula_and_sums_to_the_transfers(sold: Fortnight) -> None:
    run = sold.run_until("approved")
    with unit_of_work(sold.office.engine) as connection:
        _, *rows = cells(run_partners_xlsx(connection, run.run_id))
    assert [row[1] for row in rows][1] == HOSTILE
    assert sum(Decimal(row[8]) for row in rows) == Decimal("33.55")


# -- the payment list ------------------------------------------------------------------------------


def test_the_payment_list_pays_what_the_bank_file_pays(sold: Fortnight) -> None:
    run = sold.run_until("exported")
    with unit_of_work(sold.office.engine) as connection:
        pdf = payment_list_of(connection, run, "payment_list_pdf")
        listed = payment_list_of(connection, run, "payment_list_csv")
    assert isinstance(pdf, bytes) and isinstance(listed, bytes)
    rows = read_payment_list(listed)
    assert read_list_pdf(pdf) == rows
    assert [(row.number, row.iban, row.amount_cents) for row in rows] == [
        ("BR-2026-000001", makers.IBAN, 3055),
        ("BR-2026-000002", makers.OTHER_IBAN, 300),
    ]
    text = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    for sentence in ("État liquidatif", "33,55 €", "trente-trois euros et cinquante-cinq centimes"):
        assert sentence in text


def test_the_payment_list_is_not_handed_out_before_the_export(sold: Fortnight) -> None:
    run = sold.run_until("approved")
    with unit_of_work(sold.office.engine) as connection:
        assert code_of(payment_list_of(connection, run, "payment_list_pdf")) == "run_not_exported"


def test_a_run_that_pays_nobody_has_no_payment_list(fortnight: Fortnight) -> None:
    fortnight.end()
    run = fortnight.run_until("exported")
    with unit_of_work(fortnight.office.engine) as connection:
        assert payment_list_of(connection, run, "payment_list_pdf") is None


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "zéro euro"),
        (101, "un euro et un centime"),
        (2100, "vingt et un euros"),
        (7100, "soixante et onze euros"),
        (8000, "quatre-vingts euros"),
        (8100, "quatre-vingt-un euros"),
        (20000, "deux cents euros"),
        (20100, "deux cent un euros"),
        (8000000, "quatre-vingt mille euros"),
        (100000000, "un million d’euros"),
        (123456, "mille deux cent trente-quatre euros et cinquante-six centimes"),
    ],
)
def test_amounts_are_written_in_letters_as_they_are_read(cents: int, words: str) -> None:
    assert amount_in_words(cents) == words
