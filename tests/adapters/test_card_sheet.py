"""Card backs for the printer, scanned back from the very pages that would be printed."""

import csv
import io
import random
import subprocess
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from cardservice.adapters import qr_image
from cardservice.adapters.card_sheet import (
    CARDS_PER_PAGE,
    QR_WIDTH,
    PrintableCard,
    card_sheet_csv,
    card_sheet_pdf,
)
from cardservice.adapters.qr_image import card_qr, qr_png
from cardservice.domain.card_code import fold_card_code, make_card_code

DOTS_PER_INCH = 150


def some_cards(count: int) -> list[PrintableCard]:
    draw = random.Random(2026)
    return [
        PrintableCard(f"2026-{number:06}", 2026, make_card_code(draw.randrange))
        for number in range(count)
    ]


def scan(image: Image.Image) -> list[zxingcpp.Barcode]:
    return zxingcpp.read_barcodes(image, text_mode=zxingcpp.TextMode.Plain)


def printed_pages(pdf: bytes, folder: Path) -> list[Image.Image]:
    (folder / "sheet.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(DOTS_PER_INCH), "-gray", "-png", "sheet.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True)
    return [Image.open(path) for path in sorted(folder.glob("page*.png"))]


def test_every_code_is_scanned_back_from_the_printed_sheets(tmp_path: Path) -> None:
    cards = some_cards(23)
    pages = printed_pages(card_sheet_pdf(cards), tmp_path)
    scanned = [[reading.text for reading in scan(page)] for page in pages]
    assert [len(texts) for texts in scanned] == [10, 10, 3]
    assert Counter(chain.from_iterable(scanned)) == Counter(card.code for card in cards)


def test_a_printed_qr_is_at_least_twenty_millimetres_wide(tmp_path: Path) -> None:
    (page,) = printed_pages(card_sheet_pdf(some_cards(1)), tmp_path)
    (reading,) = scan(page)
    pixels = reading.position.top_right.x - reading.position.top_left.x
    assert pixels / DOTS_PER_INCH * 25.4 >= 20
    assert pixels / DOTS_PER_INCH * 72 == pytest.approx(QR_WIDTH, abs=2)


def test_the_code_stands_under_its_qr_in_groups_parted_by_spaces() -> None:
    card = PrintableCard("S1", 2026, "84G7ZWYRD6Z1VG")
    text = PdfReader(io.BytesIO(card_sheet_pdf([card]))).pages[0].extract_text()
    assert "84G7 ZWYR D6Z1 VG" in text
    assert fold_card_code("84G7 ZWYR D6Z1 VG") == card.code


def test_a_card_back_says_the_school_year_and_the_serial_and_nothing_else_of_its_own() -> None:
    first, second = some_cards(2)
    read = [
        PdfReader(io.BytesIO(card_sheet_pdf([card]))).pages[0].extract_text().splitlines()
        for card in (first, second)
    ]
    assert "Année scolaire 2026–2027" in read[0]
    differing = [line for line in read[0] if line not in read[1]]
    assert len(differing) == 2
    assert any(first.serial in line for line in differing)


def test_the_same_cards_give_the_same_bytes() -> None:
    assert card_sheet_pdf(some_cards(3)) == card_sheet_pdf(some_cards(3))


def test_ten_cards_fill_one_page_and_the_eleventh_opens_another() -> None:
    pages = [
        len(PdfReader(io.BytesIO(card_sheet_pdf(some_cards(count)))).pages) for count in (10, 11)
    ]
    assert CARDS_PER_PAGE == 10
    assert pages == [1, 2]


def test_cards_may_come_one_by_one() -> None:
    assert card_sheet_pdf(iter(some_cards(11))) == card_sheet_pdf(some_cards(11))


def test_the_csv_gives_the_printer_the_same_cards() -> None:
    cards = some_cards(2)
    content = card_sheet_csv(cards)
    assert content.startswith(b"\xef\xbb\xbfserial;school_year;code;printed_code;qr_text\r\n")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    for card, row in zip(cards, rows[1:], strict=True):
        code = card.code
        grouped = f"{code[:4]} {code[4:8]} {code[8:12]} {code[12:]}"
        assert row == [card.serial, "2026", code, grouped, code]


def test_a_serial_that_a_spreadsheet_might_run_is_our_defect() -> None:
    with pytest.raises(AssertionError):
        PrintableCard("=1+1", 2026, "84G7ZWYRD6Z1VG")


def test_a_qr_holds_the_bare_code_at_level_q_or_better_with_its_quiet_zone() -> None:
    for card in some_cards(20):
        image = card_qr(card.code)
        (reading,) = scan(image)
        assert reading.text == card.code
        assert reading.ec_level in ("Q", "H")
        quiet = 4 * 10
        assert image.crop((0, 0, image.width, quiet)).getextrema() == (255, 255)
        assert image.crop((0, 0, quiet, image.height)).getextrema() == (255, 255)
        assert image.getpixel((quiet, quiet)) == 0


def test_a_qr_is_the_smallest_there_is_because_it_is_written_in_capitals() -> None:
    # Twenty-one modules: the code as plain bytes would need twenty-five.
    assert card_qr("84G7ZWYRD6Z1VG").size == (290, 290)


def test_the_png_shows_the_same_image() -> None:
    shown = Image.open(io.BytesIO(qr_png("84G7ZWYRD6Z1VG")))
    assert shown.tobytes() == card_qr("84G7ZWYRD6Z1VG").tobytes()


def test_an_image_that_is_not_read_back_is_drawn_again_with_another_mask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bytes] = []

    def reads_the_fourth(image: Image.Image) -> str:
        seen.append(image.tobytes())
        return "84G7ZWYRD6Z1VG" if len(seen) == 4 else "something else"

    monkeypatch.setattr(qr_image, "_read_back", reads_the_fourth)
    image = card_qr("84G7ZWYRD6Z1VG")
    assert image.tobytes() == seen[3]
    assert len(set(seen)) >= 3


def test_level_h_is_tried_before_giving_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        qr_image, "_read_back", lambda image: "84G7ZWYRD6Z1VG" if image.width > 290 else None
    )
    (reading,) = scan(card_qr("84G7ZWYRD6Z1VG"))
    assert reading.ec_level == "H"


def test_an_image_that_never_reads_back_is_our_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qr_image, "_read_back", lambda image: None)
    with pytest.raises(RuntimeError):
        card_qr("84G7ZWYRD6Z1VG")


@pytest.mark.parametrize("code", ["", "84G7", "84g7zwyrd6z1vg", "84G7 ZWYR D6Z1", "84G7ZWYRD6Z1VÉ"])
def test_what_is_not_a_card_code_is_never_drawn(code: str) -> None:
    with pytest.raises(AssertionError):
        card_qr(code)
