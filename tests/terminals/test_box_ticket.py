"""What stands on a ticket, at both widths, as drawn from the bytes a printer gets."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from tests.terminals.paper import Paper as Roll
from tpe_client.french import euros
from tpe_client.printer.address import (
    FilePrinter,
    NetworkPrinter,
    SerialPrinter,
    UsbPrinter,
    parse_address,
)
from tpe_client.printer.escpos_bytes import ticket_bytes
from tpe_client.printer.paper import CODE_PAGES, legible, paper_of
from tpe_client.ticket import COPIES, Copy, Place, TicketFacts, ticket, trial_ticket
from tpe_client.ticket_lines import preview

PLACE = Place(
    "Librairie-Papeterie du Cours Mirabeau",
    "Boutique",
    "3 cours Mirabeau, 13100 Aix-en-Provence",
    "Caisse 1",
    "7K2M9QXR",
)
DEBIT = TicketFacts(
    PLACE,
    "01993f0e-7c1a-7b52-9f6e-3a5d1c2b4e88",
    "sport_culture_leisure",
    1055,
    "7QXR",
    pin_checked=True,
    reference="D4K7M2QX",
    at=datetime(2026, 11, 22, 13, 32, tzinfo=UTC),
    balance_cents=4500,
)
CANCELLATION = replace(
    DEBIT, reference="C9K7M2QX", cancels="D4K7M2QX", pin_checked=False, balance_cents=5555
)
PAPERS: list[dict[str, Any]] = [
    {"width_mm": 58},
    {"width_mm": 80},
    {"width_mm": 80, "columns": 42, "native_qr": False},
    {"width_mm": 58, "code_page": "cp858", "native_qr": False},
    {"width_mm": 58, "code_page": "cp1252=71"},
]


def printed(facts: TicketFacts, *, copy: Copy, is_duplicate: bool, setting: dict[str, Any]) -> Roll:
    paper = paper_of(**setting)
    blocks = ticket(facts, copy=copy, is_duplicate=is_duplicate)
    return Roll(paper.dots).feed(ticket_bytes(blocks, paper=paper))


@pytest.mark.parametrize("setting", PAPERS)
def test_a_debit_says_all_it_must(setting: dict[str, Any]) -> None:
    roll = printed(DEBIT, copy="holder", is_duplicate=False, setting=setting)
    flat = " ".join(roll.text.split())
    mask = "****" if setting.get("code_page") == "cp858" else "••••"
    for words in (
        "CJeune de Provence", "Librairie-Papeterie du Cours Mirabeau", "Boutique",
        "3 cours Mirabeau, 13100 Aix-en-Provence", "Caisse 1 · TPE 7K2M9QXR", "DÉBIT", "10,55 €",
        "Sport, culture, loisirs", "22/11/2026 14:32", f"Carte {mask} 7QXR", "Référence D4K7M2QX",
        "Reste dans ce porte-monnaie 45,00 €", "Code PIN vérifié", "Exemplaire du bénéficiaire",
        "est pas une facture.", "Annulation possible le jour même, à la caisse.", "04 86 68 80 07",
    ):  # fmt: skip
        assert words in flat, words
    assert "ANNULATION" not in flat and "DUPLICATA" not in flat
    assert roll.cuts == 1


@pytest.mark.parametrize("setting", PAPERS)
@pytest.mark.parametrize("facts", [DEBIT, CANCELLATION])
def test_the_qr_on_the_paper_is_the_reference(facts: TicketFacts, setting: dict[str, Any]) -> None:
    roll = printed(facts, copy="partner", is_duplicate=False, setting=setting)
    assert [read.text for read in zxingcpp.read_barcodes(roll.image())] == [facts.reference]


def test_a_cancellation_names_the_debit_it_undoes() -> None:
    roll = printed(CANCELLATION, copy="holder", is_duplicate=True, setting={"width_mm": 58})
    flat = " ".join(roll.text.split())
    assert "ANNULATION" in flat and "DÉBIT" not in flat and "DUPLICATA" in flat
    assert "Référence C9K7M2QX" in flat and "Débit annulé D4K7M2QX" in flat
    assert "Identité vérifiée" in flat and "Annulation possible" not in flat


@pytest.mark.parametrize("facts", [DEBIT, CANCELLATION])
def test_the_partner_copy_has_no_balance(facts: TicketFacts) -> None:
    roll = printed(facts, copy="partner", is_duplicate=False, setting={"width_mm": 58})
    assert "Reste" not in roll.text
    assert "45,00" not in roll.text and "55,55" not in roll.text


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_accents_and_the_euro_reach_every_code_page(code_page: str) -> None:
    paper = paper_of(58, code_page=code_page)
    roll = Roll(paper.dots).feed(ticket_bytes(trial_ticket(PLACE, columns=32), paper=paper))
    letters = next(line for line in roll.lines if line.startswith("é"))
    euro = "EUR" if code_page in ("cp850", "cp437") else "€"
    oe = "œ" if code_page in ("cp1252", "iso8859-15") else "oe"
    assert letters == f"é è ê ç {oe} {euro}"
    assert "1234567890" * 3 + "12" in roll.lines


_WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@given(
    trade_name=_WORDS,
    address=_WORDS,
    cents=st.integers(1, 10_000_000),
    copy=st.sampled_from(COPIES),
)
def test_no_name_and_no_amount_leaves_the_paper(
    trade_name: str, address: str, cents: int, copy: Copy
) -> None:
    place = replace(PLACE, trade_name=trade_name, address=address)
    facts = replace(DEBIT, place=place, amount_cents=cents)
    for setting in PAPERS[:4]:
        # The paper itself refuses a command it does not know and a line that is too long.
        roll = printed(facts, copy=copy, is_duplicate=True, setting=setting)
        assert any(legible(euros(cents), code_page="cp1252") in line for line in roll.lines)


def test_the_preview_is_the_ticket() -> None:
    lines = preview(ticket(DEBIT, copy="holder", is_duplicate=True), columns=32)
    assert all(len(line) <= 32 for line in lines)
    assert any("D U P L I C A T A" in line for line in lines)
    assert any("[QR D4K7M2QX]" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("none", None),
        ("usb:04b8:0202", UsbPrinter(0x04B8, 0x0202)),
        ("usb:0416:5011:81:03", UsbPrinter(0x0416, 0x5011, 0x81, 0x03)),
        ("serial:/dev/ttyUSB0", SerialPrinter("/dev/ttyUSB0")),
        ("serial:/dev/ttyUSB0@115200", SerialPrinter("/dev/ttyUSB0", 115200)),
        ("tcp:192.168.1.9:9100", NetworkPrinter("192.168.1.9")),
        ("tcp:printer.local", NetworkPrinter("printer.local")),
        ("tcp:[fe80::1]:9101", NetworkPrinter("fe80::1", 9101)),
        ("file:out.bin", FilePrinter("out.bin")),
    ],
)
def test_a_printer_address_is_understood(text: str, address: object) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "usb:1", "tcp:", "tcp:host:99999", "lpt1", "file:"])
def test_what_is_no_printer_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_address(text)


def test_euros_are_grouped_as_in_france() -> None:
    assert [euros(c) for c in (5, 1055, 123456, -100)] == [
        "0,05\u00a0€",
        "10,55\u00a0€",
        "1\u00a0234,56\u00a0€",
        "-1,00\u00a0€",
    ]
