"""A bordereau read back from its PDF: the figures as they are drawn, where they are drawn.

Law kept: nothing is taken from anywhere but the page. A figure counts by the column it stands in,
so that an outlet called « 999,99 € » adds nothing. What cannot be read is left out, and then the
sums differ: a paper is never repaired.

Refuses to know: what the figures should be. PDFium serves one thread at a time, hence the lock.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import zxingcpp
from pypdfium2 import raw

from cardservice.domain.money import parse_euros
from clearing.documents.pdf_lines import COLUMNS, PADDING
from clearing.documents.pdf_masthead import FIRST_PAGE_TOP
from clearing.documents.pdf_style import GRID, LEFT, PAGE_HEIGHT, RIGHT
from clearing.documents.signed_text import PaperLine
from clearing.documents.wording import say

_ONE_AT_A_TIME = threading.Lock()
# Letters begin a little beside where they are put; the nearest columns are 34 points apart.
_NEAR = 5.0
_SAME_LINE = 3.5
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_SCALES = (2.5, 4.0)
_ANY = "\x00"

_REFERENCE = re.compile(r"[A-Z][0-9A-Z]{7,15}")
_DAY = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}")
_HOUR = re.compile(r"[0-9]{2}:[0-9]{2}")


class NotAPaper(Exception):
    """The bytes are no PDF that can be opened."""


@dataclass(slots=True)
class PaperRead:
    """What a PDF of a bordereau shows; None for a figure that cannot be found on it."""

    number: str | None = None
    siret: str | None = None
    period: str | None = None
    transfer_cents: int | None = None
    total_cents: int | None = None
    summary: dict[str, int] = field(default_factory=dict)
    subtotals: dict[str, int] = field(default_factory=dict)
    lines: list[PaperLine] = field(default_factory=list)
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of text and where it stands on its page, in points."""

    text: str
    left: float
    bottom: float
    right: float


def read_pdf(content: bytes) -> PaperRead:
    """The figures of a bordereau. NotAPaper when the bytes are no PDF."""
    found = PaperRead()
    for number, page in enumerate(shown_on_pages(content), start=1):
        found.pages = number
        top = FIRST_PAGE_TOP if number == 1 else PAGE_HEIGHT - 7 * GRID
        if number == 1:
            _read_head(found, [one for one in page if one.bottom > top])
        _read_tables(found, [one for one in page if one.bottom <= top])
    return found


def read_code(content: bytes) -> str | None:
    """The text of the first QR code that can be read on page one, as a camera would."""
    with _ONE_AT_A_TIME:
        document = _opened(content)
        try:
            for scale in _SCALES:
                image = document[0].render(scale=scale, grayscale=True).to_numpy()
                for reading in zxingcpp.read_barcodes(image, formats=_QR):
                    return str(reading.text)
        except pdfium.PdfiumError as failure:
            raise NotAPaper from failure
        finally:
            document.close()
    return None


def shown_on_pages(content: bytes) -> Iterator[list[Shown]]:
    """Every piece of text, page by page, in the order in which it is drawn."""
    with _ONE_AT_A_TIME:
        document = _opened(content)
        try:
            pages = [list(_shown(page)) for page in document]
        except (pdfium.PdfiumError, RuntimeError) as failure:
            raise NotAPaper from failure
        finally:
            document.close()
    yield from pages


def cents_shown(text: str) -> int | None:
    """The cents of an amount as papers write it, negative ones included."""
    cents = parse_euros(text.removeprefix("-"))
    return None if cents is None or "€" not in text else -cents if text[:1] == "-" else cents


def _opened(content: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as failure:
        raise NotAPaper from failure


def _shown(page: pdfium.PdfPage) -> Iterator[Shown]:
    words = page.get_textpage()
    for piece in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], textpage=words):
        text = piece.extract().strip(" \r\n\x00")
        if text:
            left, bottom, right, _ = piece.get_bounds()
            yield Shown(text, left, bottom, right)


def _read_head(found: PaperRead, head: list[Shown]) -> None:
    summary = {
        say(f"summary.{name}"): name
        for name in ("gross", "corrections", "carried_in", "re_presented", "carried_out")
    }
    for at, one in enumerate(head):
        following = head[at + 1].text if at + 1 < len(head) else ""
        if one.text in summary and one.left > LEFT + GRID:
            cents = cents_shown(following)
            if cents is not None:
                found.summary[summary[one.text]] = cents
        elif one.text == say("summary.transfer"):
            found.transfer_cents = cents_shown(following)
        elif one.text == say("labels.period"):
            found.period = following
        elif found.number is None and (number := _after("document.number", "number", one.text)):
            found.number = number
        elif siret := _after("labels.siret", "siret", one.text):
            # The last one: a partner's name may look like it, and stands above.
            found.siret = siret


def _read_tables(found: PaperRead, body: list[Shown]) -> None:
    at_left = {name: left for name, left in _column_edges()}
    right_edge = RIGHT - PADDING
    row: _Row | None = None
    subtotal: Shown | None = None
    for one in body:
        in_first = abs(one.left - at_left["reference"]) < _NEAR
        at_right = abs(one.right - right_edge) < _NEAR
        label = _after("sections.subtotal", "section", one.text) if in_first else None
        if label is not None:
            row, subtotal = None, one
        elif in_first and _REFERENCE.fullmatch(one.text):
            row = _Row(one.text, one.bottom)
        elif one.text == say("sections.total") and abs(one.left - LEFT - 2 * GRID) < _NEAR:
            row, subtotal = None, one
        elif subtotal is not None and abs(one.bottom - subtotal.bottom) < _SAME_LINE:
            cents = cents_shown(one.text)
            if cents is not None and subtotal.text == say("sections.total"):
                found.total_cents, subtotal = cents, None
            elif cents is not None and at_right:
                title = _after("sections.subtotal", "section", subtotal.text) or ""
                found.subtotals[title] = cents
                subtotal = None
        elif row is not None and in_first:
            row.origin = _after("sections.origin", "reference", one.text) or row.origin
        elif row is not None and abs(one.bottom - row.bottom) < _SAME_LINE:
            if abs(one.left - at_left["date"]) < _NEAR and _DAY.fullmatch(one.text):
                row.day = one.text
            elif abs(one.left - at_left["hour"]) < _NEAR and _HOUR.fullmatch(one.text):
                row.hour = one.text
            elif at_right and (cents := cents_shown(one.text)) is not None:
                found.lines.append(PaperLine(row.reference, row.day, row.hour, cents, row.origin))
                row = None


@dataclass(slots=True)
class _Row:
    reference: str
    bottom: float
    day: str = ""
    hour: str = ""
    origin: str = ""


def _column_edges() -> Iterator[tuple[str, float]]:
    left = LEFT + PADDING
    for name, width in COLUMNS:
        yield name, left
        left += width


def _after(key: str, fact: str, text: str) -> str | None:
    """What stands in the place of `fact` in a sentence of the catalogue; None in another one."""
    before, _, behind = say(key, **{fact: _ANY}).partition(_ANY)
    if not text.startswith(before) or not text.endswith(behind):
        return None
    return text[len(before) : len(text) - len(behind) or None].strip()
