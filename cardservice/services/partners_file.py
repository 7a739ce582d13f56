"""Parses the partners' register: one line per outlet, the partner's own fields repeated on each.

The law: SIRET, IBAN, mail, days and wallets are checked before a line is called good; lines of one
partner that contradict each other are bad, because nobody can know which one is right. A bad line
names its number, its reason and its column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cardservice.domain.iban import iban_is_valid, normal_iban
from cardservice.domain.operation import WALLETS
from cardservice.domain.refusal import Refused
from cardservice.domain.siret import siret_is_valid
from cardservice.services.csv_lines import (
    BadLine,
    Line,
    day_written,
    email_is_plausible,
    lines_of,
)

COLUMNS: Final = (
    "siret",
    "legal_name",
    "trade_name",
    "trade",
    "email",
    "address",
    "postal_code",
    "commune",
    "agreement_number",
    "starts_on",
    "ends_on",
    "wallets",
    "iban",
    "holder_name",
    "outlet",
    "outlet_address",
)
_MAY_BE_EMPTY: Final = ("ends_on", "wallets", "outlet_address")
_LONGEST_TEXT: Final = 200
# The bank's format has room for 70 characters of a name (pain.001).
_LONGEST: Final = {"legal_name": 140, "holder_name": 70, "outlet": 100, "agreement_number": 40}
_POSTAL_CODE: Final = re.compile(r"[0-9]{5}")


@dataclass(frozen=True, slots=True)
class PartnerFields:
    """Who the partner is."""

    siret: str
    legal_name: str
    trade_name: str
    trade: str
    email: str
    address: str
    postal_code: str
    commune: str


@dataclass(frozen=True, slots=True)
class AgreementFields:
    """The agreement (C4): `ends_before` is excluded, None renews itself (C5)."""

    number: str
    starts_on: date
    ends_before: date | None
    wallets: frozenset[str]


@dataclass(frozen=True, slots=True)
class BankFields:
    """The account that reimbursements go to (C68)."""

    iban: str
    holder_name: str


@dataclass(slots=True)
class PartnerEntry:
    """One partner of the file, with the addresses of its outlets by name."""

    number: int
    partner: PartnerFields
    agreement: AgreementFields
    bank: BankFields
    outlets: dict[str, str]


@dataclass(frozen=True, slots=True)
class PartnersFile:
    """Every line of a register, judged and gathered by SIRET."""

    entries: dict[str, PartnerEntry]
    bad_lines: list[BadLine]


def parse_partners(content: bytes) -> PartnersFile | Refused:
    """All lines of a register. Any bytes give an answer; nothing raises."""
    lines = lines_of(content, COLUMNS)
    if isinstance(lines, Refused):
        return lines
    entries: dict[str, PartnerEntry] = {}
    agreements: dict[str, str] = {}
    bad_lines: list[BadLine] = []
    for line in lines:
        entry = line if isinstance(line, BadLine) else _judge(line)
        refused = entry if isinstance(entry, BadLine) else _joined(entry, entries, agreements)
        if refused is not None:
            bad_lines.append(refused)
    return PartnersFile(entries, bad_lines)


def _joined(
    entry: PartnerEntry, entries: dict[str, PartnerEntry], agreements: dict[str, str]
) -> BadLine | None:
    """Adds a good line to what the lines before it said of the same partner."""
    siret = entry.partner.siret
    if agreements.setdefault(entry.agreement.number, siret) != siret:
        return BadLine(entry.number, "agreement_of_another", "agreement_number")
    first = entries.setdefault(siret, entry)
    if first is entry:
        return None
    for column, before, now in (
        ("legal_name", first.partner, entry.partner),
        ("agreement_number", first.agreement, entry.agreement),
        ("iban", first.bank, entry.bank),
    ):
        if before != now:
            return BadLine(entry.number, "partner_lines_differ", column)
    ((outlet, address),) = entry.outlets.items()
    if outlet in first.outlets:
        return BadLine(entry.number, "outlet_twice", "outlet")
    first.outlets[outlet] = address
    return None


def _judge(line: Line) -> PartnerEntry | BadLine:
    fields = line.fields
    for column in COLUMNS:
        value = fields[column]
        if not value and column not in _MAY_BE_EMPTY:
            return BadLine(line.number, "field_missing", column)
        if len(value) > _LONGEST.get(column, _LONGEST_TEXT):
            return BadLine(line.number, "field_too_long", column)

    siret = "".join(fields["siret"].split())
    iban = normal_iban(fields["iban"])
    if not siret_is_valid(siret):
        return BadLine(line.number, "siret_malformed", "siret")
    if not email_is_plausible(fields["email"]):
        return BadLine(line.number, "email_malformed", "email")
    if _POSTAL_CODE.fullmatch(fields["postal_code"]) is None:
        return BadLine(line.number, "postal_code_malformed", "postal_code")
    agreement = _agreement(line)
    if isinstance(agreement, BadLine):
        return agreement
    if not iban_is_valid(iban):
        return BadLine(line.number, "iban_malformed", "iban")
    return PartnerEntry(
        line.number,
        PartnerFields(
            siret,
            fields["legal_name"],
            fields["trade_name"],
            fields["trade"],
            fields["email"].lower(),
            fields["address"],
            fields["postal_code"],
            fields["commune"],
        ),
        agreement,
        BankFields(iban, fields["holder_name"]),
        {fields["outlet"]: fields["outlet_address"] or fields["address"]},
    )


def _agreement(line: Line) -> AgreementFields | BadLine:
    fields = line.fields
    starts_on = day_written(fields["starts_on"])
    if starts_on is None:
        return BadLine(line.number, "date_malformed", "starts_on")
    ends_before = None
    if fields["ends_on"]:
        ends_on = day_written(fields["ends_on"])
        if ends_on is None or ends_on == date.max:
            return BadLine(line.number, "date_malformed", "ends_on")
        # Written as the last day, stored as the day after: periods are half-open.
        ends_before = ends_on + timedelta(days=1)
        if ends_before <= starts_on:
            return BadLine(line.number, "agreement_ends_too_early", "ends_on")
    wallets = frozenset(
        wallet.strip().lower() for wallet in fields["wallets"].split(",") if wallet.strip()
    )
    if not wallets <= set(WALLETS):
        return BadLine(line.number, "wallet_unknown", "wallets")
    return AgreementFields(fields["agreement_number"], starts_on, ends_before, wallets)
