"""The three papers of a remittance, read back as a partner, a spreadsheet and a reader would.

Finance §8, checks 2, 7, 10, 14 and 15.
"""

import csv
import html
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from clearing.documents.bordereau_csv import disarmed, render_csv
from clearing.documents.bordereau_page import page_css, render_page
from clearing.documents.bordereau_pdf import render_pdf
from clearing.documents.bordereau_view import BordereauView, view_of
from clearing.remittance import DEBIT, REGULARISATION, Remittance, RemittanceLine

SCHEME = "CJeune de Provence"
SIGNED = "CJB1/" + "A7" * 100
SPORT, TUTORING = "sport_culture_leisure", "tutoring"
SPORT_LABEL, TUTORING_LABEL = "Sport, culture, loisirs", "Soutien scolaire et linguistique"
NBSP = "\u00a0"
OPENED = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)

LINE = RemittanceLine(
    reference="D0000001",
    accepted_at=datetime(2026, 11, 22, 13, 32, tzinfo=UTC),
    outlet="Piscine été",
    terminal="Caisse 1",
    delegate="Marie R.",
    card_last4="7K2X",
    wallet=SPORT,
    nature=DEBIT,
    amount_cents=123456,
    origin_reference=None,
)
EMPTY = Remittance(
    number="2026-00012",
    period_key="2026-11-A",
    starts_on=date(2026, 11, 1),
    last_day=date(2026, 11, 15),
    partner_name="Club Été & Sœurs n°1",
    partner_siret="73282932000074",
    partner_address="12 rue de la République, 13001 Marseille",
    holder_name="ASSOCIATION CLUB ETE",
    iban="FR7630004000031234567890143",
    lines=(),
    carried_in_cents=0,
    re_presented_cents=0,
    seals=tuple((date(2026, 11, day), f"{day:02x}" * 32) for day in range(1, 16)),
    paid_on=date(2026, 11, 18),
)


def many_lines(count: int) -> tuple[RemittanceLine, ...]:
    """`count` debits of the two wallets, spread over the fortnight."""
    return tuple(
        replace(
            LINE,
            reference=f"D{number:07}",
            accepted_at=OPENED + timedelta(minutes=73 * number),
            wallet=TUTORING if number % 4 == 0 else SPORT,
            amount_cents=1000 + number,
        )
        for number in range(count)
    )


CORRECTION = replace(
    LINE,
    reference="R0000001",
    nature=REGULARISATION,
    amount_cents=-1550,
    origin_reference="D0000500",
)
FULL = replace(EMPTY, lines=(*many_lines(200), CORRECTION), carried_in_cents=-700)
# 150 debits of 10 € and the sum of their numbers, 50 of the other wallet.
TUTORING_CENTS = sum(1000 + number for number in range(0, 200, 4))
SPORT_CENTS = sum(1000 + number for number in range(200)) - TUTORING_CENTS


def euros(cents: int) -> str:
    """The amount as it must read on paper, spelled without the product's own formatter."""
    sign, digits = ("-" if cents < 0 else ""), f"{abs(cents):03}"
    whole = re.sub(r"(?<=\d)(?=(\d{3})+$)", " ", digits[:-2])
    return f"{sign}{whole},{digits[-2:]} €"


def seen(remittance: Remittance) -> BordereauView:
    return view_of(remittance, scheme_name=SCHEME, signed_text=SIGNED)


def pdf_text(pdf: bytes) -> str:
    """What pdftotext reads, line by line; it reads every no-break space as a space."""
    command = ["pdftotext", "-layout", "-enc", "UTF-8", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def page_text(page: bytes) -> str:
    """What a reader reads aloud, tags away, spaces as in `pdf_text`."""
    return html.unescape(re.sub(r"<[^>]*>", " ", page.decode())).replace(NBSP, " ")


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def all_texts(remittance: Remittance) -> list[str]:
    return [
        pdf_text(render_pdf(seen(remittance))),
        render_csv(remittance).decode("utf-8-sig"),
        render_page(seen(remittance)).decode(),
    ]


@pytest.fixture(scope="module")
def full_pdf() -> bytes:
    return render_pdf(seen(FULL))


def test_the_pdf_says_every_reference_exactly_once(full_pdf: bytes) -> None:
    text = pdf_text(full_pdf)
    for line in FULL.lines:
        assert text.count(line.reference) == 1, line.reference


def test_the_pdf_says_whose_paper_it_is_for_which_days_and_when_it_is_paid(full_pdf: bytes) -> None:
    text = pdf_text(full_pdf)
    for fact in (
        SCHEME,
        "Bordereau de remboursement partenaire",
        "N° 2026-00012",
        "Club Été & Sœurs n°1",
        "12 rue de la République, 13001 Marseille",
        "SIRET 73282932000074",
        "Du 01/11/2026 au 15/11/2026",
        "Virement prévu le 18/11/2026",
        "ASSOCIATION CLUB ETE",
        "FR76 •••• 0143",
    ):
        assert fact in text, fact


def test_the_pdf_has_a_subtotal_for_each_wallet_and_one_for_the_corrections(
    full_pdf: bytes,
) -> None:
    subtotals = re.findall(r"Sous-total (.*?) {2,}(.*)", pdf_text(full_pdf))
    assert subtotals == [
        (SPORT_LABEL, euros(SPORT_CENTS)),
        (TUTORING_LABEL, euros(TUTORING_CENTS)),
        ("Régularisations", "-15,50 €"),
    ]


def test_the_pdf_total_is_the_sum_of_its_lines_and_the_transfer_that_of_its_summary(
    full_pdf: bytes,
) -> None:
    text = pdf_text(full_pdf)
    total = SPORT_CENTS + TUTORING_CENTS - 1550
    assert amount_after("TOTAL +201 opérations", text) == euros(total)
    assert euros(total - 700) in text
    assert amount_after("Report des périodes précédentes", text) == "-7,00 €"


def test_an_amount_has_its_thousands_and_its_sign_parted_by_the_one_no_break_space() -> None:
    one_debit = replace(EMPTY, lines=(LINE,))
    assert "1 234,56 €" in pdf_text(render_pdf(seen(one_debit)))
    # On paper the library itself draws the plain space: nothing wraps there by itself.
    page = render_page(seen(one_debit)).decode()
    assert "1\u00a0234,56\u00a0€" in page
    assert "\u202f" not in page


def test_each_page_of_the_pdf_says_which_one_it_is_and_repeats_the_heading(full_pdf: bytes) -> None:
    pages = PdfReader(io.BytesIO(full_pdf)).pages
    assert len(pages) >= 4
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert f"Page {number} / {len(pages)}" in text
        if any(line.reference in text for line in FULL.lines):
            assert "Point de vente" in text


def test_the_widest_four_characters_of_a_card_are_shown_whole() -> None:
    wide = replace(many_lines(1)[0], card_last4="WWWW")
    assert "••••WWWW" in pdf_text(render_pdf(seen(replace(EMPTY, lines=(wide,)))))


def test_a_subtotal_is_never_parted_from_its_last_line() -> None:
    for count in range(20, 60):
        debits = tuple(replace(line, wallet=SPORT) for line in many_lines(count))
        pdf = render_pdf(seen(replace(EMPTY, lines=debits)))
        last = debits[-1].reference
        for page in PdfReader(io.BytesIO(pdf)).pages:
            text = page.extract_text()
            assert ("Sous-total" in text) == (last in text), count


def test_the_pdf_gives_the_seals_of_the_days(full_pdf: bytes) -> None:
    text = pdf_text(full_pdf)
    assert "Scellés des journées" in text
    for day, seal in FULL.seals:
        assert re.search(rf"{day:%d/%m/%Y} +{seal}", text), day


def test_the_pdf_embeds_its_fonts(full_pdf: bytes) -> None:
    resources: list[Any] = [page["/Resources"] for page in PdfReader(io.BytesIO(full_pdf)).pages]
    fonts = [font.get_object() for each in resources for font in each["/Font"].values()]
    used = [font for font in fonts if "Vera" in font["/BaseFont"]]
    assert used
    assert all("/FontFile2" in font["/FontDescriptor"] for font in used)


def test_a_correction_shows_the_debit_it_corrects_and_its_wallet(full_pdf: bytes) -> None:
    assert "sur D0000500" in pdf_text(full_pdf)
    (row,) = [row for row in csv_rows(render_csv(FULL)) if row["nature"] == "régularisation"]
    assert (row["origine"], row["montant"]) == ("D0000500", "-15,50")
    assert row["porte_monnaie"] == SPORT_LABEL


def test_the_same_remittance_gives_the_same_bytes_in_another_process(full_pdf: bytes) -> None:
    program = (
        "import sys, hashlib; from tests.clearing import test_bordereau_documents as t;"
        "print([hashlib.sha256(made).hexdigest() for made in t.papers(t.FULL)])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(answers) == 1


def amount_after(words: str, text: str) -> str:
    """The amount that stands after `words`, a regular expression, in a read-back paper."""
    match = re.search(words + r"\s+(-?\d.*? €)", text)
    assert match is not None, words
    return match[1]


def papers(remittance: Remittance) -> list[bytes]:
    return [
        render_pdf(seen(remittance)),
        render_csv(remittance),
        render_page(seen(remittance)),
    ]


def test_the_three_papers_say_the_same_rows_and_the_same_total(full_pdf: bytes) -> None:
    rows = csv_rows(render_csv(FULL))
    total_cents = sum(int(row["montant"].replace(",", "")) for row in rows)
    page = page_text(render_page(seen(FULL)))

    assert total_cents == FULL.gross_cents + FULL.corrections_cents
    for text in (pdf_text(full_pdf), page):
        assert amount_after(r"TOTAL\s+201 opérations", text) == euros(total_cents)
        # The debit that the correction names is no line of this remittance.
        assert re.findall(r"\b[DR]\d{7}\b", text.replace("D0000500", "")) == [
            row["reference"] for row in rows
        ]


def test_a_reference_and_its_amount_stand_on_one_line_even_where_a_name_takes_two() -> None:
    long_names = replace(LINE, outlet="Centre aquatique municipal de la Penne-sur-Huveaune")
    remittance = replace(EMPTY, lines=(long_names, CORRECTION))
    text = pdf_text(render_pdf(seen(remittance)))
    assert re.search(r"^ *D0000001 .* 1 234,56 €$", text, re.MULTILINE)
    assert re.search(r"^ *R0000001 .* -15,50 €$", text, re.MULTILINE)


def test_every_debit_has_the_same_day_hour_card_and_amount_on_the_three_papers(
    full_pdf: bytes,
) -> None:
    expected = [
        (row["reference"], row["date"], row["heure"], row["carte"][-4:], row["montant"] + " €")
        for row in csv_rows(render_csv(FULL))
        if row["nature"] == "débit"
    ]
    shown = r"(D\d{7})\s+(\d\d/\d\d/\d{4})\s+(\d\d:\d\d)\s.*?••••(\w{4})\s+(\S+ €)"
    page = page_text(render_page(seen(FULL)))
    assert len(expected) == 200
    assert re.findall(shown, pdf_text(full_pdf)) == expected
    assert re.findall(shown, page, re.DOTALL) == expected


def test_the_csv_bytes_are_what_a_french_spreadsheet_expects() -> None:
    content = render_csv(replace(EMPTY, lines=(LINE,)))
    assert content.decode("utf-8") == (
        "\ufeffreference;date;heure;point_de_vente;terminal;delegue;carte;porte_monnaie;"
        "nature;montant;origine\r\n"
        "D0000001;22/11/2026;14:32;Piscine été;Caisse 1;Marie R.;****7K2X;"
        "Sport, culture, loisirs;débit;1234,56;\r\n"
    )


def test_the_csv_has_one_line_for_each_operation_and_no_total_row() -> None:
    assert render_csv(FULL).count(b"\r\n") == 1 + len(FULL.lines)
    assert "TOTAL" not in render_csv(FULL).decode()
    assert render_csv(EMPTY).count(b"\r\n") == 1


def test_the_csv_groups_the_lines_by_wallet_and_ends_with_the_corrections() -> None:
    kinds = [(row["porte_monnaie"], row["nature"]) for row in csv_rows(render_csv(FULL))]
    runs = [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]
    assert runs == [
        (SPORT_LABEL, "débit"),
        (TUTORING_LABEL, "débit"),
        (SPORT_LABEL, "régularisation"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+33", "-1", "@x", "\t=1", "\rx", "\tx", "\n=1"),
        *(" =1", '"=1', "'=1", "\u00a0=1", "\u200b=1", " ' =1"),
        *("＝1", "＋1", "－1", "＠x", "﹦1", "\u3000＝1"),
    ],
)
def test_a_text_that_a_spreadsheet_might_run_is_disarmed(text: str) -> None:
    (row,) = csv_rows(render_csv(replace(EMPTY, lines=(replace(LINE, outlet=text),))))
    assert row["point_de_vente"].startswith("'")


@pytest.mark.parametrize("text", ["Piscine", "1+1=2", "Club - été", "", "a@b.fr", "« Cirque »"])
def test_an_innocent_text_is_left_as_it_is(text: str) -> None:
    assert disarmed(text) == text


def test_a_negative_amount_stays_a_number() -> None:
    content = render_csv(replace(EMPTY, lines=(CORRECTION,))).decode()
    assert ";-15,50;" in content


@given(st.text(), st.text())
def test_any_text_keeps_the_csv_at_one_line_for_each_operation(outlet: str, delegate: str) -> None:
    lines = (replace(LINE, outlet=outlet, delegate=delegate), replace(LINE, reference="D0000002"))
    content = render_csv(replace(EMPTY, lines=lines))
    assert len(re.split("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", content.decode())) == 4
    assert [len(row) for row in csv_rows(content)] == [11, 11]


HOSTILE = (
    "<script>alert(1)</script> {number} \u202e שלום عربي 北京 👩‍👩‍👧 \ud800 \x00 " + "W" * 10_000
)


@pytest.mark.parametrize(
    "text", [HOSTILE, "W" * 10_000, "i" * 10_000, "\n" * 10_000, "é " * 5_000, "\u0301" * 10_000]
)
def test_a_hostile_text_is_shown_as_text_and_breaks_no_paper(text: str) -> None:
    line = replace(
        LINE, outlet=text, terminal=text, delegate=text, wallet=text, card_last4="\n<\u202ea"
    )
    hostile = replace(
        EMPTY,
        partner_name=text,
        partner_siret=text,
        partner_address=text,
        holder_name=text,
        lines=(line, replace(CORRECTION, origin_reference=text, wallet=text)),
    )
    pdf, _, page = papers(hostile)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert b"<script" not in page
    for paper in (pdf_text(pdf), page_text(page)):
        assert "D0000001" in paper
        assert "TOTAL" in paper


def test_what_the_font_cannot_write_is_seen_to_be_missing() -> None:
    foreign = replace(EMPTY, partner_name="Café 北京 Ștefan")
    assert "Café ◊◊ Stefan" in pdf_text(render_pdf(seen(foreign)))


def test_a_text_that_is_too_long_ends_with_an_ellipsis() -> None:
    for name in ("Club " * 50, "W" * 10_000):
        text = pdf_text(render_pdf(seen(replace(EMPTY, partner_name=name))))
        assert text.count("…") == 1


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_any_text_at_all_can_be_printed(text: str) -> None:
    line = replace(LINE, outlet=text, delegate=text)
    for paper in papers(replace(EMPTY, partner_name=text, lines=(line,))):
        assert paper


def test_a_fortnight_without_operations_has_its_papers_too() -> None:
    for text in (
        pdf_text(render_pdf(seen(EMPTY))),
        page_text(render_page(seen(EMPTY))),
    ):
        assert "Aucune opération sur cette période." in text
        assert "Aucun virement sur la période" in text
        assert amount_after(r"TOTAL\s+0 opération", text) == "0,00 €"


def test_a_net_below_zero_announces_no_transfer_but_what_is_carried_over() -> None:
    below = replace(EMPTY, lines=(replace(LINE, amount_cents=500), CORRECTION))
    for text in (
        pdf_text(render_pdf(seen(below))),
        page_text(render_page(seen(below))),
    ):
        assert amount_after("Reporté sur la période suivante", text) == "-10,50 €"
        assert "Aucun virement sur la période" in text
        assert "prévu le" not in text


def test_the_iban_is_masked_on_every_paper() -> None:
    for text in all_texts(FULL):
        squeezed = re.sub(r"\s", "", text)
        assert "3000400003" not in squeezed
        assert "1234567890" not in squeezed


def test_no_paper_ever_says_that_the_partner_has_been_paid() -> None:
    for text in all_texts(FULL):
        assert not re.search(r"\bpayée?s?\b", text, re.IGNORECASE)


def test_the_page_is_a_table_with_a_caption_and_headings_and_no_script_or_style() -> None:
    page = render_page(seen(FULL))
    document = etree.fromstring(page, etree.HTMLParser())
    assert document.get("lang") == "fr"
    assert len(document.findall(".//table")) == 3
    for table in document.iter("table"):
        assert table[0].tag == "caption"
        assert all(cell.get("scope") for cell in table.iter("th"))
        columns = len(table.findall("thead/tr/th"))
        assert {len(row) for row in table.findall("tbody/tr")} == {columns}
    assert not list(document.iter("script", "style"))
    assert not document.xpath("//@style | //@*[starts-with(name(), 'on')]")


def test_the_page_asks_for_its_style_sheet_beside_it_and_for_nothing_else() -> None:
    document = etree.fromstring(render_page(seen(FULL)), etree.HTMLParser())
    assert document.xpath("//@href | //@src") == ["bordereau.css"]
    assert b"url(" not in page_css() and b"@import" not in page_css()


def test_the_style_sheet_knows_every_class_of_the_page() -> None:
    page = render_page(seen(FULL)) + render_page(seen(EMPTY))
    classes = {name for found in re.findall(rb'class="([^"]*)"', page) for name in found.split()}
    assert classes
    assert all(b"." + name in page_css() for name in classes)
