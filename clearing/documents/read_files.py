"""The other files of a run read back: bordereau as CSV and as page, payment list, bank file.

Law kept: read with other tools than they were written with, from the stored bytes alone. What is
malformed raises `NotReadable`; what is only wrong is returned as it stands.

Refuses to know: what the figures should be.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from lxml import etree

from cardservice.domain.money import parse_euros
from clearing.documents.read_pdf import cents_shown
from clearing.documents.signed_text import ListedTransfer, PaperLine
from clearing.documents.wording import say
from clearing.pain001 import NAMESPACE

_OF_BORDEREAU = ("reference", "date", "heure", "porte_monnaie", "nature", "montant", "origine")
_OF_LIST = ("bordereau", "siret", "iban", "montant_a_payer")
_PLAIN_CENTS = re.compile(r"(-?)([0-9]+,[0-9]{2})")


class NotReadable(Exception):
    """The bytes are not the kind of file that they should be."""


@dataclass(frozen=True, slots=True)
class RowsRead:
    """Lines of a bordereau, and the cents of its debits by the wallets' labels."""

    lines: list[PaperLine]
    by_wallet: dict[str, int]


@dataclass(frozen=True, slots=True)
class TransfersRead:
    """Payments by the name of each, and the total that the file itself states."""

    cents: dict[str, int]
    stated_total_cents: int
    stated_count: int


def read_csv(content: bytes) -> RowsRead:
    """The rows of a bordereau's CSV."""
    lines, by_wallet = [], Counter[str]()
    for row in _rows(content, _OF_BORDEREAU):
        cents = _plain_cents(row["montant"])
        if row["nature"] == say("natures.debit"):
            by_wallet[row["porte_monnaie"]] += cents
        lines.append(PaperLine(row["reference"], row["date"], row["heure"], cents, row["origine"]))
    return RowsRead(lines, dict(by_wallet))


def read_page(content: bytes) -> RowsRead:
    """The rows of a bordereau's accessible page."""
    document = etree.fromstring(content, etree.HTMLParser(no_network=True))
    lines, by_wallet = [], Counter[str]()
    if document is None:
        raise NotReadable
    for section in document.iterfind(".//section[@class='lines']"):
        title = _words(section.find("h2"))
        for row in section.iterfind(".//tbody/tr"):
            cells = [_words(cell) for cell in row]
            cents = cents_shown(cells[-1].replace("\u00a0", " ")) if cells else None
            if len(cells) not in (8, 10) or cents is None:
                raise NotReadable
            origin = cells[8] if len(cells) == 10 else ""
            if not origin:
                by_wallet[title] += cents
            lines.append(PaperLine(cells[0], cells[1], cells[2], cents, origin))
    return RowsRead(lines, dict(by_wallet))


def read_payment_list(content: bytes) -> list[ListedTransfer]:
    """The rows of a payment list's CSV."""
    return [
        ListedTransfer(
            row["bordereau"], row["siret"], row["iban"], _plain_cents(row["montant_a_payer"])
        )
        for row in _rows(content, _OF_LIST)
    ]


def read_payment_file(content: bytes) -> TransfersRead:
    """The payments of a bank file, by their EndToEndId."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as failure:
        raise NotReadable from failure
    cents: dict[str, int] = {}
    for payment in root.iter(f"{{{NAMESPACE}}}CdtTrfTxInf"):
        name = payment.findtext(f".//{{{NAMESPACE}}}EndToEndId") or ""
        cents[name] = cents.get(name, 0) + _dotted(payment.findtext(f".//{{{NAMESPACE}}}InstdAmt"))
    head = root.find(f".//{{{NAMESPACE}}}GrpHdr")
    if head is None:
        raise NotReadable
    count = head.findtext(f"{{{NAMESPACE}}}NbOfTxs") or ""
    if not count.isdecimal():
        raise NotReadable
    return TransfersRead(cents, _dotted(head.findtext(f"{{{NAMESPACE}}}CtrlSum")), int(count))


def _rows(content: bytes, needed: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as failure:
        raise NotReadable from failure
    missing = not set(needed) <= set(reader.fieldnames or ())
    if missing or any(None in row or None in row.values() for row in rows):
        raise NotReadable
    return rows


def _plain_cents(text: str) -> int:
    parts = _PLAIN_CENTS.fullmatch(text)
    cents = None if parts is None else parse_euros(parts[2])
    if parts is None or cents is None:
        raise NotReadable
    return -cents if parts[1] else cents


def _dotted(text: str | None) -> int:
    return _plain_cents((text or "").replace(".", ","))


def _words(element: etree._Element | None) -> str:
    return "" if element is None else " ".join("".join(map(str, element.itertext())).split())
