"""Card backs for the printer: ten to an A4 sheet as PDF, and the same cards as CSV.

Laws kept (C18, design §7): the QR is at least 20 mm wide, decoded before it is drawn, and
just under it stands its code in groups, in figures where a zero cannot be taken for a
letter. Nothing personal is printed: the serial tells the printer which envelope it is for,
and a lost sheet says nothing about anybody.

Refuses to know: holders, addresses, and whether a code is in use.
"""

import csv
import io
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import islice

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from cardservice.adapters.qr_image import PIXELS_PER_MODULE, QUIET_ZONE_MODULES, card_qr
from cardservice.domain.card_code import print_card_code

CARDS_PER_PAGE = 10
CARD_WIDTH = 85.6 * mm
CARD_HEIGHT = 54 * mm
# The dark square itself, without its quiet zone.
QR_WIDTH = 27 * mm
CSV_HEADER = ("serial", "school_year", "code", "printed_code", "qr_text")

_COLUMNS = 2
_ROWS = CARDS_PER_PAGE // _COLUMNS
_GAP_X = 10 * mm
_GAP_Y = 3 * mm
_LEFT = (A4[0] - _COLUMNS * CARD_WIDTH - (_COLUMNS - 1) * _GAP_X) / 2
_TOP = A4[1] - (A4[1] - _ROWS * CARD_HEIGHT - (_ROWS - 1) * _GAP_Y) / 2
_CORNER = 3.18 * mm

_REGULAR, _BOLD = "CardVera", "CardVeraBold"
_BLUE: Color = HexColor("#163A6B")
_OCHRE: Color = HexColor("#C98A1B")
_INK: Color = HexColor("#1B2533")
_QUIET: Color = HexColor("#55627A")
_RULE: Color = HexColor("#D5DCE6")


@dataclass(frozen=True, slots=True)
class PrintableCard:
    """What the printer may know of a card: a serial of its own, the year, the code."""

    serial: str
    school_year: int
    code: str

    def __post_init__(self) -> None:
        # A serial that a spreadsheet could run as a formula would reach the printer's desk.
        assert self.serial[:1].isalnum() and self.serial.isascii() and self.serial.isprintable()
        assert len(self.serial) <= 20, "a longer serial would run off the card"


def card_sheet_pdf(cards: Iterable[PrintableCard]) -> bytes:
    """The sheets' bytes, ten cards a page in the order given; one blank page for none."""
    _load_fonts()
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=A4, invariant=1, pageCompression=1, lang="fr-FR")
    canvas.setTitle(_say("sheet", "title"))
    remaining = iter(cards)
    page = list(islice(remaining, CARDS_PER_PAGE))
    while page:
        for place, card in enumerate(page):
            _draw_card(canvas, card, place=place)
        canvas.showPage()
        page = list(islice(remaining, CARDS_PER_PAGE))
    canvas.save()
    return output.getvalue()


def card_sheet_csv(cards: Iterable[PrintableCard]) -> bytes:
    """The same cards for a printer with a layout of its own: `;`, UTF-8 with BOM, CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(CSV_HEADER)
    for card in cards:
        printed = print_card_code(card.code)
        writer.writerow((card.serial, card.school_year, card.code, printed, card.code))
    return text.getvalue().encode("utf-8-sig")


def _draw_card(canvas: Canvas, card: PrintableCard, *, place: int) -> None:
    row, column = divmod(place, _COLUMNS)
    canvas.saveState()
    canvas.translate(
        _LEFT + column * (CARD_WIDTH + _GAP_X),
        _TOP - (row + 1) * CARD_HEIGHT - row * _GAP_Y,
    )
    # Where to cut. Nothing reaches this line, so that a blade half a millimetre off is fine.
    canvas.setStrokeColor(_RULE)
    canvas.setLineWidth(0.3)
    canvas.roundRect(0, 0, CARD_WIDTH, CARD_HEIGHT, _CORNER)
    _draw_qr_and_code(canvas, card.code)
    _draw_words(canvas, card)
    canvas.restoreState()


def _draw_qr_and_code(canvas: Canvas, code: str) -> None:
    image = card_qr(code)
    modules = image.width // PIXELS_PER_MODULE
    module = QR_WIDTH / (modules - 2 * QUIET_ZONE_MODULES)
    side = modules * module
    centre = 23.5 * mm
    # The very image that was read back, not a second drawing of the same code.
    canvas.drawImage(
        ImageReader(image), centre - side / 2, 33 * mm - side / 2, width=side, height=side
    )
    _draw_code(canvas, print_card_code(code), centre=centre, y=8 * mm, size=10.5)


def _draw_code(canvas: Canvas, printed: str, *, centre: float, y: float, size: float) -> None:
    canvas.setFont(_REGULAR, size)
    canvas.setFillColor(_INK)
    left = centre - _width(printed, _REGULAR, size) / 2
    canvas.drawString(left, y, printed)

    # The font's zero is a plain ring, easily read as O or D: we strike it through.
    canvas.setStrokeColor(_INK)
    canvas.setLineWidth(0.075 * size)
    zero = _width("0", _REGULAR, size)
    for position, sign in enumerate(printed):
        if sign == "0":
            x = left + _width(printed[:position], _REGULAR, size)
            canvas.line(x + 0.34 * zero, y + 0.2 * size, x + 0.66 * zero, y + 0.53 * size)


def _draw_words(canvas: Canvas, card: PrintableCard) -> None:
    left = 48 * mm
    year = _say("card", "school_year").format(first=card.school_year, last=card.school_year + 1)
    _write(canvas, _say("card", "title"), left, 45 * mm, font=_BOLD, size=11, color=_BLUE)
    canvas.setFillColor(_OCHRE)
    canvas.rect(left, 42.3 * mm, 8 * mm, 0.9 * mm, stroke=0, fill=1)
    _write(canvas, year, left, 37.5 * mm, size=7.5, color=_INK)

    y = 30.5 * mm
    for name in ("identity", "unreadable", "lost"):
        for line in _say("card", name).split("\n"):
            _write(canvas, line, left, y, size=6, color=_QUIET)
            y -= 2.7 * mm
        y -= 1.6 * mm

    serial = _say("card", "serial").format(serial=card.serial)
    _write(canvas, serial, left, 5 * mm, size=6, color=_QUIET)


def _write(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    *,
    font: str = _REGULAR,
    size: float,
    color: Color,
) -> None:
    canvas.setFont(font, size)
    canvas.setFillColor(color)
    canvas.drawString(x, y, text)


def _width(text: str, font: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))


def _say(section: str, name: str) -> str:
    return _texts()[section][name]


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    file = resources.files(__package__) / "card_sheet_fr.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _load_fonts() -> None:
    # The font inside the reportlab package, embedded: a printer's machine may have no other.
    folder = resources.files("reportlab") / "fonts"
    pdfmetrics.registerFont(TTFont(_REGULAR, str(folder / "Vera.ttf")))
    pdfmetrics.registerFont(TTFont(_BOLD, str(folder / "VeraBd.ttf")))
