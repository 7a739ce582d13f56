"""A payment list read back from its PDF: numbers, accounts and amounts, by their columns.

Law kept: as for the bordereau (`read_pdf.py`), nothing is taken from anywhere but the page.
"""

import re

from clearing.documents.payment_list_pdf import COLUMNS, FIRST_TOP, LEFT, RIGHT
from clearing.documents.pdf_lines import PADDING
from clearing.documents.read_pdf import Shown, cents_shown, shown_on_pages
from clearing.documents.signed_text import ListedTransfer
from clearing.documents.wording import say

_NEAR = 5.0
_SAME_LINE = 3.5
_NUMBER = re.compile(r"BR-[0-9]{4}-[0-9]{6,}")


def read_list_pdf(content: bytes) -> list[ListedTransfer]:
    """The payments that the pages show, in their order. NotAPaper when the bytes are no PDF."""
    found: list[ListedTransfer] = []
    for number, page in enumerate(shown_on_pages(content), start=1):
        found += _rows([one for one in page if number > 1 or one.bottom < FIRST_TOP])
    return found


def _rows(page: list[Shown]) -> list[ListedTransfer]:
    edges, left = {}, LEFT + PADDING
    for name, width in COLUMNS:
        edges[name] = left
        left += width
    found = []
    number, siret, iban, bottom = "", "", "", 0.0
    for one in page:
        if abs(one.left - edges["remittance"]) < _NEAR:
            if _NUMBER.fullmatch(one.text):
                number, siret, iban, bottom = one.text, "", "", one.bottom
            elif number and not siret:
                siret = one.text.removeprefix(say("labels.siret", siret="").strip()).strip()
        elif number and abs(one.bottom - bottom) < _SAME_LINE:
            if abs(one.left - edges["list_iban"]) < _NEAR:
                iban = one.text.replace(" ", "")
            elif abs(one.right - (RIGHT - PADDING)) < _NEAR:
                cents = cents_shown(one.text)
                if cents is not None:
                    found.append(ListedTransfer(number, siret, iban, cents))
                number = ""
    return found
