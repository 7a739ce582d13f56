"""What a paper's verification code says: its figures in one short signed line.

`CJB1/BR-2026-000123/2026-11-B/73282932000074/5000/0/0/<lines>/<signature>` for a bordereau (number,
fortnight, SIRET, cents of the transfer, carried in, presented again) and
`CJE1/CJP-2026-11-B-1/2026-11-B/412/3354550/<lines>/<signature>` for a payment list (name,
fortnight, transfers, cents). `<lines>` is the SHA-256 of the lines as paper and CSV both show them.

Law kept: whoever holds the public key can check a paper without us and without a network. Capitals
and digits alone, so that the code stays small enough to be read from a photocopy.
Refuses to know: keys, and how the text is drawn.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import NamedTuple

from cardservice.domain.calendar import format_minute
from clearing.remittance import Remittance

Sign = Callable[[bytes], bytes]

_DIGEST_CHARACTERS = 52  # 32 bytes in base 32
_SIGNATURE_CHARACTERS = 103  # 64 bytes
_MOST_CHARACTERS = 400


class PaperLine(NamedTuple):
    """A line as both the PDF and the CSV of a bordereau show it; an empty origin on a debit. It is
    signed in this order."""

    reference: str
    day: str
    hour: str
    amount_cents: int
    origin: str


@dataclass(frozen=True, slots=True)
class BordereauClaim:
    """The figures of one bordereau; `lines` is the digest of its lines."""

    number: str
    period_key: str
    siret: str
    transfer_cents: int
    carried_in_cents: int
    re_presented_cents: int
    lines: str


class ListedTransfer(NamedTuple):
    """One line of a payment list as its PDF and its CSV show it. It is signed in this order."""

    number: str
    siret: str
    iban: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class ListClaim:
    """The figures of one payment list."""

    name: str
    period_key: str
    transfers: int
    total_cents: int
    lines: str


Claim = BordereauClaim | ListClaim
_MARKS: dict[str, type[BordereauClaim] | type[ListClaim]] = {
    "CJB1": BordereauClaim,
    "CJE1": ListClaim,
}


@dataclass(frozen=True, slots=True)
class SignedText:
    """A code that was read: what it claims, over which bytes, under which signature."""

    claim: Claim
    message: bytes
    signature: bytes


def claim_of(remittance: Remittance) -> BordereauClaim:
    """What a bordereau's code claims."""
    return BordereauClaim(
        remittance.number,
        remittance.period_key,
        remittance.partner_siret,
        remittance.transfer_cents,
        remittance.carried_in_cents,
        remittance.re_presented_cents,
        digest_of(paper_lines(remittance)),
    )


def paper_lines(remittance: Remittance) -> list[PaperLine]:
    """A remittance's lines as its papers show them."""
    found = []
    for line in remittance.lines:
        day, _, hour = format_minute(line.accepted_at).partition(" ")
        origin = line.origin_reference or ""
        found.append(PaperLine(line.reference, day, hour, line.amount_cents, origin))
    return found


def digest_of(lines: Iterable[PaperLine] | Iterable[ListedTransfer]) -> str:
    """SHA-256 in base 32 of lines in the order of their references or numbers."""
    digest = hashlib.sha256()
    for line in sorted("|".join(map(str, one)) for one in lines):
        digest.update(line.encode("utf-8", "replace") + b"\n")
    return _letters(digest.digest())


def signed_text(claim: Claim, sign: Sign) -> str:
    """The whole code, signature included."""
    mark = next(mark for mark, kind in _MARKS.items() if isinstance(claim, kind))
    message = "/".join([mark, *(str(field) for field in astuple(claim))])
    return f"{message}/{_letters(sign(message.encode()))}"


def read_signed_text(text: str) -> SignedText | None:
    """A code as it was read or typed; None for what is none of ours. Says nothing of its truth."""
    shown = "".join(text.split()).upper()
    if len(shown) > _MOST_CHARACTERS or not shown.isascii():
        return None
    message, _, signature = shown.rpartition("/")
    mark, *fields = message.split("/")
    claim = _claim(mark, fields)
    if claim is None or len(signature) != _SIGNATURE_CHARACTERS:
        return None
    try:
        return SignedText(claim, message.encode(), base64.b32decode(signature + "="))
    except binascii.Error:
        return None


def _claim(mark: str, fields: list[str]) -> Claim | None:
    if not fields or len(fields[-1]) != _DIGEST_CHARACTERS:
        return None
    try:
        if mark == "CJB1":
            number, period_key, siret, *cents, lines = fields
            transfer, carried_in, re_presented = (int(one) for one in cents)
            return BordereauClaim(
                number, period_key, siret, transfer, carried_in, re_presented, lines
            )
        if mark == "CJE1":
            name, period_key, *figures, lines = fields
            transfers, total = (int(one) for one in figures)
            return ListClaim(name, period_key, transfers, total, lines)
    except ValueError:
        return None
    return None


def _letters(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=")
