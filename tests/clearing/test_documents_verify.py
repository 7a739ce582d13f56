"""A paper is checked with the public key alone, and says what it is or what was changed (C65).

The QR is read from the page as it is drawn, by a reader that did not draw it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2 as pdfium
import pytest
import zxingcpp
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cardservice.adapters.paper_key import paper_key, read_public_key
from cardservice.commands.verify import verify as command
from cardservice.domain.keys import Keys
from cardservice.domain.refusal import Refused
from clearing.documents.bordereau_csv import render_csv
from clearing.documents.bordereau_pdf import render_pdf
from clearing.documents.bordereau_view import view_of
from clearing.documents.payment_list import ListRow, PaymentList, list_claim, render_list_csv
from clearing.documents.payment_list_pdf import render_list_pdf
from clearing.documents.signed_text import claim_of, read_signed_text, signed_text
from clearing.remittance import REVERSAL, Remittance
from clearing.verify_paper import Given, Verified, verify_papers
from tests.clearing.test_bordereau_documents import (
    CORRECTION,
    EMPTY,
    FULL,
    LINE,
    SCHEME,
    many_lines,
)
from tests.clearing.test_cent_proof import one_cent_more_on_paper

KEY = paper_key(Keys(b"one instance, thirty-two bytes.."))
OTHER_KEY = paper_key(Keys(b"another instance, 32 bytes long."))
NUMBERED = {"number": "BR-2026-000012"}
STORY = replace(
    FULL,
    **NUMBERED,
    lines=(
        *many_lines(40),
        replace(LINE, reference="D0000900", amount_cents=1055),
        replace(CORRECTION, reference="R0000001"),
        replace(CORRECTION, reference="R0000002", nature=REVERSAL, amount_cents=1550),
    ),
)
AGAIN = replace(EMPTY, **NUMBERED, re_presented_cents=5000, re_presents=("BR-2026-000001",))
HOSTILE = replace(
    EMPTY,
    **NUMBERED,
    partner_name="N° BR-2026-999999",
    partner_address="SIRET 11111111111111",
    holder_name="Virement",
    lines=tuple(
        replace(LINE, reference=f"D000000{place}", outlet=text, terminal=text, delegate=text)
        for place, text in enumerate(
            ("999,99 €", "D0000009", "01/01/2020", "Sous-total Rien", "TOTAL", "sur D0000001")
        )
    ),
)


def code_of(remittance: Remittance) -> str:
    return signed_text(claim_of(remittance), KEY.sign)


def drawn(remittance: Remittance, code: str) -> bytes:
    return render_pdf(view_of(remittance, scheme_name=SCHEME, signed_text=code))


def pdf_of(remittance: Remittance) -> bytes:
    return drawn(remittance, code_of(remittance))


def verified(*contents: bytes, key: bytes | None = None) -> Verified | Refused:
    public = KEY.public if key is None else read_public_key(key)
    assert public is not None
    return verify_papers([Given(f"file {n}", one) for n, one in enumerate(contents)], public)


def refusal(*contents: bytes) -> str:
    found = verified(*contents)
    assert isinstance(found, Refused), found
    return found.code


LIST = PaymentList(
    "CJP-2026-11-B-1",
    "2026-11-B",
    date(2026, 11, 16),
    date(2026, 11, 30),
    date(2026, 12, 1),
    "preparer@example.org",
    "approver@example.org",
    tuple(
        ListRow(
            f"BR-2026-{n:06d}", "=1+1 & Fils", "73282932000074", "FR7630004000031234567890143",
            100000 + n, -1550, -700, 5000, 102750 + n,
        )
        for n in range(1, 41)
    ),
    (("sport_culture_leisure", 3939820),),
)  # fmt: skip


def list_pdf(payments: PaymentList) -> bytes:
    code = signed_text(list_claim(payments), KEY.sign)
    return render_list_pdf(payments, scheme_name=SCHEME, signed_text=code)


# -- the code on the page --------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.5, 2, 3])
@pytest.mark.parametrize("remittance", [STORY, AGAIN])
def test_the_code_is_read_from_the_drawn_page(remittance: Remittance, scale: float) -> None:
    page = pdfium.PdfDocument(pdf_of(remittance))[0]
    (reading,) = zxingcpp.read_barcodes(page.render(scale=scale).to_numpy())
    assert reading.text == code_of(remittance)
    corners = reading.position
    side = (corners.top_right.x - corners.top_left.x) / scale
    assert side >= 28 / 25.4 * 72 - 1, "28 mm at least, or a photocopy loses it"


@settings(max_examples=40)
@given(st.integers(1, 10**9), st.integers(-(10**6), 0))
def test_every_code_can_be_read_whatever_its_figures(cents: int, carried: int) -> None:
    some = replace(
        EMPTY,
        **NUMBERED,
        lines=(replace(LINE, amount_cents=cents),),
        carried_in_cents=carried,
        seals=(),
    )
    assert isinstance(verified(pdf_of(some)), Verified)


# -- what is genuine -------------------------------------------------------------------------------


@pytest.mark.parametrize("remittance", [STORY, AGAIN, HOSTILE])
def test_paper_and_csv_together_are_compared_line_by_line(remittance: Remittance) -> None:
    found = verified(pdf_of(remittance), render_csv(remittance))
    assert found == Verified(claim_of(remittance), ("file 0", "file 1"))


def test_a_scan_and_a_typed_text_say_what_was_signed() -> None:
    scan = io.BytesIO()
    image = pdfium.PdfDocument(pdf_of(STORY))[0].render(scale=2, grayscale=True).to_pil()
    image.rotate(2, fillcolor=255, expand=True).save(scan, "JPEG", quality=60)
    typed = code_of(STORY).lower().encode() + b"\n"
    for content in (scan.getvalue(), typed):
        assert verified(content) == Verified(claim_of(STORY), ())


def test_a_payment_list_and_its_csv_are_compared() -> None:
    found = verified(list_pdf(LIST), render_list_csv(LIST))
    assert found == Verified(list_claim(LIST), ("file 0", "file 1"))


def test_a_paper_of_4800_lines_is_read_back_whole() -> None:
    long = replace(STORY, lines=many_lines(4800))
    assert isinstance(verified(pdf_of(long), render_csv(long)), Verified)


# -- what is not -----------------------------------------------------------------------------------


def test_a_cent_changed_on_paper_is_refused() -> None:
    assert refusal(one_cent_more_on_paper(pdf_of(STORY))) == "paper_altered"


def test_a_line_changed_in_the_csv_is_named() -> None:
    forged = render_csv(STORY).replace(b"10,55", b"10,56")
    found = verified(pdf_of(STORY), forged)
    assert isinstance(found, Refused) and found.code == "paper_altered"
    assert "D0000900" in found.facts["shown"] and "10,55" in found.facts["signed"]


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, number="BR-2026-000013"),
        lambda one: replace(one, partner_siret="73282932000075"),
        lambda one: replace(one, starts_on=date(2026, 10, 1)),
        lambda one: replace(one, carried_in_cents=-701),
        lambda one: replace(one, lines=one.lines[1:]),
        lambda one: replace(one, lines=(replace(LINE, reference="D0099999"), *one.lines[1:])),
    ],
)  # fmt: skip
def test_another_papers_code_does_not_make_a_paper_genuine(
    change: Callable[[Remittance], Remittance],
) -> None:
    forged = drawn(change(STORY), code_of(STORY))
    assert refusal(forged) == "paper_altered"


def test_another_account_on_the_payment_list_is_refused() -> None:
    other = replace(LIST.rows[3], iban="FR1420041010050500013M02606")
    forged = replace(LIST, rows=(*LIST.rows[:3], other, *LIST.rows[4:]))
    code = signed_text(list_claim(LIST), KEY.sign)
    paper = render_list_pdf(forged, scheme_name=SCHEME, signed_text=code)
    assert refusal(paper) == "paper_altered"
    assert refusal(list_pdf(LIST), render_list_csv(forged)) == "paper_altered"


def test_a_code_of_another_key_is_not_ours() -> None:
    found = verified(pdf_of(STORY), key=OTHER_KEY.public.pem())
    assert isinstance(found, Refused) and found.code == "paper_not_ours"


@settings(max_examples=100)
@given(st.data())
def test_a_code_with_one_character_changed_is_never_taken(data: st.DataObject) -> None:
    code = code_of(STORY)
    place = data.draw(st.integers(0, len(code) - 2))
    sign = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567/-019"))
    changed = f"{code[:place]}{sign}{code[place + 1 :]}"
    found = verified(changed.encode())
    assert isinstance(found, Verified) == (changed == code)


@settings(max_examples=200)
@given(st.text() | st.text(alphabet="CJBE1/-0A"))
def test_no_text_breaks_the_reader_of_codes(text: str) -> None:
    assert read_signed_text(text) is None


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.4 broken", b"", b"reference;date\n1;2", b"\x89PNG broken", b"hello", b"\xff"],
)
def test_what_holds_no_code_is_unreadable(content: bytes) -> None:
    assert refusal(content) == "paper_unreadable"


# -- the command -----------------------------------------------------------------------------------


def test_the_command_works_with_the_public_key_file_alone(tmp_path: Path) -> None:
    key, paper = tmp_path / "key.pem", tmp_path / "bordereau.pdf"
    key.write_bytes(KEY.public.pem())
    paper.write_bytes(pdf_of(STORY))
    nowhere = ["--data-dir", str(tmp_path / "nowhere")]

    done = CliRunner().invoke(command, [str(paper), "--public-key", str(key), *nowhere])
    assert done.exit_code == 0, done.output
    assert "BR-2026-000012" in done.output and "ceux qui ont été signés" in done.output

    paper.write_bytes(one_cent_more_on_paper(pdf_of(STORY)))
    done = CliRunner().invoke(command, [str(paper), "--public-key", str(key), *nowhere])
    assert done.exit_code == 1 and "Document modifié" in done.output

    # public_key_unreadable, also when there is no instance to take one from.
    for wrong in ("not a key", ""):
        key.write_text(wrong)
        done = CliRunner().invoke(command, ["x", "--public-key", str(key), *nowhere])
        assert done.exit_code == 1 and "clé publique" in done.output
    assert CliRunner().invoke(command, ["x", *nowhere]).exit_code == 1
    assert not (tmp_path / "nowhere").exists()


def test_the_pixels_of_a_bomb_are_not_unpacked(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    assert refusal(bomb.getvalue()) == "paper_unreadable"
