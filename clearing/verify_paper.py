"""Whether a paper is ours and unchanged: its signed code against what it shows (`cjeune verify`).

The law: no network and no database, the public key is enough. A code whose signature is right says
what was signed; the paper must show exactly that, line by line. A CSV carries no code: it is held
against the code of the PDF, or the text, that comes with it.

Refuses to know: who asks, and whether the stored copy still exists (that is `cent_proof.py`).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
import zxingcpp
from PIL import Image, UnidentifiedImageError

from cardservice.adapters.paper_key import PublicPaperKey
from cardservice.domain.calendar import format_day, fortnight_named
from cardservice.domain.money import format_euros
from cardservice.domain.refusal import Refused
from clearing.documents.read_files import NotReadable, read_csv, read_payment_list
from clearing.documents.read_list_pdf import read_list_pdf
from clearing.documents.read_pdf import NotAPaper, PaperRead, read_code, read_pdf
from clearing.documents.signed_text import (
    BordereauClaim,
    Claim,
    ListClaim,
    PaperLine,
    SignedText,
    digest_of,
    read_signed_text,
)
from clearing.documents.wording import say

# A photographed page; a bomb of pixels is not one.
_MOST_PIXELS: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Given:
    """Something to verify: a file's bytes, or a text that was scanned or typed."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """A code that is genuine, and of which of the given things the figures were compared too."""

    claim: Claim
    compared: tuple[str, ...]


def verify_papers(given: list[Given], key: PublicPaperKey) -> Verified | Refused:
    """All that is given together: one code at least, and every file must show what it signs.

    Refused: paper_unreadable, paper_not_ours, paper_altered.
    """
    codes: dict[str, SignedText] = {}
    for one in given:
        code = _code_of(one)
        if code is not None:
            if not key.has_signed(code.message, code.signature):
                return Refused("paper_not_ours", {"file": one.name})
            codes[one.name] = code
    if not codes:
        return Refused("paper_unreadable", {"file": given[0].name})
    claim = next(iter(codes.values())).claim
    compared = []
    genuine: list[PaperLine] = []
    # What carries a code first: its lines then say which line of the others was changed.
    for one in sorted(given, key=lambda one: one.name not in codes):
        code = codes.get(one.name)
        if code is not None and code.claim != claim:
            return _altered(one, "number", _name(code.claim), _name(claim))
        if code is None and not _is_csv(one.content):
            return Refused("paper_unreadable", {"file": one.name})
        try:
            shown = _shown(one, claim)
        except (NotAPaper, NotReadable):
            return Refused("paper_unreadable", {"file": one.name})
        for what, (found, signed) in shown.items():
            if found != signed:
                return _changed_line(one, genuine) or _altered(one, what, found, signed)
        if shown:
            compared.append(one.name)
        if shown and isinstance(claim, BordereauClaim) and one.content.startswith(b"%PDF"):
            genuine = read_pdf(one.content).lines
    return Verified(claim, tuple(compared))


def _code_of(given: Given) -> SignedText | None:
    content = given.content
    try:
        if content.startswith(b"%PDF"):
            text = read_code(content)
        elif _is_csv(content):
            return None
        else:
            text = _code_of_image(content) or content.decode("ascii")
    except (NotAPaper, UnicodeDecodeError):
        return None
    return None if text is None else read_signed_text(text)


def _code_of_image(content: bytes) -> str | None:
    """The code on a scan or a photograph."""
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "TIFF"))
        if image.width * image.height > _MOST_PIXELS:
            return None
        pixels = np.asarray(image.convert("L"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
        return None
    texts = [str(reading.text) for reading in zxingcpp.read_barcodes(pixels)]
    return next((text for text in texts if read_signed_text(text)), None)


def _is_csv(content: bytes) -> bool:
    first_line = content.split(b"\n", 1)[0]
    return b";" in first_line and first_line.removeprefix(b"\xef\xbb\xbf").strip().isascii()


def _shown(given: Given, claim: Claim) -> dict[str, tuple[str, str]]:
    """What a file shows beside what was signed; empty for a code alone."""
    if given.content.startswith(b"%PDF"):
        if isinstance(claim, ListClaim):
            return _of_list(read_list_pdf(given.content), claim)
        return _of_bordereau(read_pdf(given.content), claim)
    if not _is_csv(given.content):
        return {}
    if isinstance(claim, ListClaim):
        return _of_list(read_payment_list(given.content), claim)
    lines = read_csv(given.content).lines
    return {"lines": _lines(lines, claim.lines, sum(line.amount_cents for line in lines))}


def _of_list(transfers: list[Any], claim: ListClaim) -> dict[str, tuple[str, str]]:
    total = sum(one.amount_cents for one in transfers)
    return {
        "count": (str(len(transfers)), str(claim.transfers)),
        "total": (format_euros(total), format_euros(claim.total_cents)),
        "lines": _lines(transfers, claim.lines, total),
    }


def _of_bordereau(paper: PaperRead, claim: BordereauClaim) -> dict[str, tuple[str, str]]:
    period = fortnight_named(claim.period_key)
    summary = paper.summary
    lines_total = sum(line.amount_cents for line in paper.lines)
    return {
        "number": (paper.number or "–", claim.number),
        "siret": (paper.siret or "–", claim.siret),
        "period": (
            paper.period or "–",
            "–"
            if period is None
            else say(
                "document.period",
                first=format_day(period.starts_on),
                last=format_day(period.ends_before - timedelta(days=1)),
            ),
        ),
        "transfer": (_euros(paper.transfer_cents), format_euros(claim.transfer_cents)),
        "carried_in": (_euros(summary.get("carried_in")), format_euros(claim.carried_in_cents)),
        "re_presented": (
            _euros(summary.get("re_presented")),
            format_euros(claim.re_presented_cents),
        ),
        "total": (_euros(paper.total_cents), format_euros(lines_total)),
        "subtotals": (format_euros(sum(paper.subtotals.values())), format_euros(lines_total)),
        "lines": _lines(paper.lines, claim.lines, lines_total),
    }


def _lines(lines: list[Any], signed: str, total_cents: int) -> tuple[str, str]:
    """Digests would tell a person nothing: their beginning and the sum shown do."""
    return f"{format_euros(total_cents)}, {digest_of(lines)[:8]}", (
        f"{format_euros(total_cents)}, {signed[:8]}"
    )


def _changed_line(given: Given, genuine: list[PaperLine]) -> Refused | None:
    """The first line of a CSV that the genuine PDF beside it does not show, if there is one."""
    if not genuine or not _is_csv(given.content):
        return None
    shown = {line.reference: line for line in read_csv(given.content).lines}
    signed = {line.reference: line for line in genuine}
    for reference in sorted(shown.keys() | signed.keys()):
        if shown.get(reference) != signed.get(reference):
            return _altered(
                given, "line", _told(shown.get(reference)), _told(signed.get(reference))
            )
    return None


def _told(line: PaperLine | None) -> str:
    if line is None:
        return "–"
    return f"{line.reference} {line.day} {line.hour} {format_euros(line.amount_cents)}"


def _euros(cents: int | None) -> str:
    return "–" if cents is None else format_euros(cents)


def _name(claim: Claim) -> str:
    return claim.number if isinstance(claim, BordereauClaim) else claim.name


def _altered(given: Given, what: str, shown: str, signed: str) -> Refused:
    return Refused(
        "paper_altered",
        {
            "file": given.name,
            "what": say(f"verification.{what}"),
            "shown": shown,
            "signed": signed,
        },
    )
