"""Whole sales at the box, through its screen and its printer, against the real service."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from api_client.transport import Line
from cardservice.services.block_card import block_card
from cardservice.services.revoke_terminal import revoke_terminal
from cardservice.services.set_photo import set_photo
from tests import makers
from tests.makers import HeldCard, Till
from tests.terminals.box import Box, opened_box
from tests.terminals.conftest import Service
from tests.terminals.fake_printer import FakePrinter, plugged_printer
from tpe_client.printer.address import SerialPrinter
from tpe_client.till.states import (
    Amount,
    CancelAsked,
    CancelDone,
    Choosing,
    Compared,
    Confirming,
    DayShown,
    Done,
    DuplicateAsked,
    Identity,
    Idle,
    LastTold,
    Loading,
    PinEntry,
    PrinterShown,
    Refused,
    Stopped,
    TicketShown,
)

MakeLine = Callable[..., Line]


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[FakePrinter]:
    with plugged_printer(tmp_path) as printer:
        yield printer


@pytest.fixture
def pin_line(service: Service, make_line: MakeLine) -> Line:
    """A box that always asks for the PIN."""
    return make_line(
        key=makers.make_terminal(service.office, kind="box", pin_required="always").key
    )


async def sell(box: Box, code: str, amount: str = "10,55") -> Done:
    """A sale without PIN; the card is read."""
    await box.becomes(Idle)
    await box.read(code)
    await box.becomes(Identity)
    await box.keys("1")
    await box.becomes(Choosing)
    await box.keys("1")
    await box.becomes(Amount)
    await box.keys(f"{amount}⏎")
    await box.becomes(Confirming)
    await box.keys("⏎")
    done = await box.becomes(Done)
    assert isinstance(done, Done)
    return done


def test_a_sale_without_pin_is_approved_and_written_down(
    line: Line, card: HeldCard, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            await box.becomes(Idle)
            await box.until(lambda: "EN LIGNE" in box.words)
            assert "Sans imprimante" in box.words
            await box.keys(f"{card.code}⏎")
            await box.becomes(Identity)
            assert "L É A" in box.words and "13 ans" in box.words
            await box.keys("1")
            await box.becomes(Choosing)
            await box.keys("1")
            await box.keys("10,55⏎")
            await box.becomes(Confirming)
            assert "Il restera" in box.words
            await box.keys("⏎")
            done = await box.becomes(Done)
            assert done.approved.amount_cents == 1055
            assert done.approved.reference in box.words
            entry = box.journal.last()
            assert entry is not None and entry.state == "approved" and not entry.pin_given
            await box.keys("⏎")
            await box.until(lambda: "1 débit, 10,55 €" in box.words)

    asyncio.run(story())


def test_the_screen_of_a_phone_pays_and_its_screenshot_at_another_box_does_not(
    service: Service, line: Line, make_line: MakeLine, card: HeldCard, tmp_path: Path
) -> None:
    payload = makers.screens_of(service.office, card)[1]
    elsewhere = make_line(key=makers.make_terminal(service.office, kind="box").key)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()

    async def story() -> None:
        async with opened_box(line, here) as box:
            done = await sell(box, f"]Q1{payload}")
            assert done.approved.amount_cents == 1055
        async with opened_box(elsewhere, there) as box:
            await box.becomes(Idle)
            await box.read(payload)
            refused = await box.becomes(Refused)
            assert refused.declined.code == "screen_code_expired"
            assert "écran" in box.words

    asyncio.run(story())


def test_a_sale_with_pin_and_both_tickets(
    pin_line: Line, card: HeldCard, printer: FakePrinter, tmp_path: Path
) -> None:
    async def story() -> str:
        address = SerialPrinter(str(printer.path))
        async with opened_box(pin_line, tmp_path, address=address) as box:
            await box.becomes(Idle)
            await box.until(lambda: "Imprimante prête" in box.words)
            await box.read(card.code)
            await box.becomes(Identity)
            await box.keys("11")
            await box.keys("10,55⏎⏎")
            await box.becomes(PinEntry)
            await box.keys("1111⏎")
            await box.until(lambda: "Il reste deux essais" in box.words)
            await box.keys(f"{makers.PIN}⏎")
            done = await box.becomes(Done)
            await box.keys("12")
            await asyncio.to_thread(printer.wait_for, 2)
            reference: str = done.approved.reference
            return reference

    reference = asyncio.run(story())
    holder, partner = printer.ticket(0), printer.ticket(1)
    assert "Reste dans ce porte-monnaie" in holder.text and "Reste" not in partner.text
    for paper in (holder, partner):
        assert "Code PIN vérifié" in paper.text and "Léa" not in paper.text
        assert "10,55 €" in paper.text and "DUPLICATA" not in paper.text
        assert [read.text for read in zxingcpp.read_barcodes(paper.image())] == [reference]


def test_a_blocked_card_is_refused_in_words(
    service: Service, line: Line, card: HeldCard, tmp_path: Path
) -> None:
    office = service.office
    block_card(office.engine, office.keys, card_name=card.serial, reason="lost", actor="test")

    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            await box.becomes(Idle)
            await box.read(card.code)
            await box.becomes(Refused)
            assert "Débit refusé" in box.words and "opposition" in box.words

    asyncio.run(story())


def test_a_balance_spent_elsewhere_meanwhile_is_refused_with_what_is_left(
    line: Line, card: HeldCard, tmp_path: Path, make_line: MakeLine
) -> None:
    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            await box.becomes(Idle)
            await box.read(card.code)
            await box.becomes(Identity)
            await box.keys("11+⏎")
            await box.becomes(Confirming)
            (tmp_path / "other").mkdir()
            async with opened_box(make_line(), tmp_path / "other") as other:
                await sell(other, card.code, "1")
            await box.keys("⏎")
            refused = await box.becomes(Refused)
            assert refused.declined.code == "insufficient_balance" and "il reste" in box.words
            await box.keys("1+⏎⏎")
            await box.becomes(Done)

    asyncio.run(story())


def test_a_sale_is_cancelled_from_the_list_and_its_ticket_says_so(
    line: Line, card: HeldCard, printer: FakePrinter, tmp_path: Path
) -> None:
    async def story() -> None:
        address = SerialPrinter(str(printer.path))
        async with opened_box(line, tmp_path, address=address) as box:
            done = await sell(box, card.code)
            await box.keys("+1")
            await box.becomes(DayShown)
            assert done.approved.reference in box.words
            await box.keys("⏎")
            await box.becomes(CancelAsked)
            await box.keys("1")
            await box.becomes(CancelDone)
            assert "recréditée de 10,55 €" in box.words
            await box.keys("1")
            await asyncio.to_thread(printer.wait_for, 1)
            entry = box.journal.entry(done.approved.operation_id)
            assert entry is not None and entry.state == "cancelled"
            await box.keys("⏎+1")
            await box.becomes(DayShown)
            assert "Aucune vente" in box.words

    asyncio.run(story())
    assert "ANNULATION" in printer.ticket(0).text and "Débit annulé" in printer.ticket(0).text


def test_a_duplicate_is_marked_and_knows_that_the_pin_was_checked(
    pin_line: Line, card: HeldCard, printer: FakePrinter, tmp_path: Path
) -> None:
    async def story() -> None:
        address = SerialPrinter(str(printer.path))
        async with opened_box(pin_line, tmp_path, address=address) as box:
            await box.becomes(Idle)
            await box.read(card.code)
            await box.becomes(Identity)
            await box.keys("1110,55⏎⏎")
            await box.becomes(PinEntry)
            await box.keys(f"{makers.PIN}⏎")
            await box.becomes(Done)
        async with opened_box(pin_line, tmp_path, address=address) as box:
            await box.becomes(LastTold)
            assert "Acceptée" in box.words
            await box.keys("⏎+2")
            await box.becomes(DayShown)
            await box.keys("⏎")
            await box.becomes(DuplicateAsked)
            await box.keys("1")
            await asyncio.to_thread(printer.wait_for, 1)

    asyncio.run(story())
    text = printer.ticket(0).text
    assert (
        "DUPLICATA" in text and "Code PIN vérifié" in text and "Reste dans ce porte-monnaie" in text
    )


def test_no_paper_loses_no_sale_and_the_ticket_comes_later(
    line: Line, card: HeldCard, printer: FakePrinter, tmp_path: Path
) -> None:
    printer.paper_out = True

    async def story() -> None:
        address = SerialPrinter(str(printer.path))
        async with opened_box(line, tmp_path, address=address) as box:
            await sell(box, card.code)
            await box.keys("1")
            await box.until(lambda: "PLUS DE PAPIER (1 en attente)" in box.words)
            await box.keys("⏎")
            await sell(box, card.code, "2")
            await box.keys("⏎+6")
            await box.becomes(PrinterShown)
            assert "Mettez un rouleau" in box.words
            printer.put_paper()
            await asyncio.to_thread(printer.wait_for, 1)
            await box.until(lambda: "Imprimante prête" in box.words)

    asyncio.run(story())
    assert "10,55 €" in printer.ticket(0).text


def test_the_days_figures_agree_and_a_cancellation_elsewhere_is_listed(
    line: Line, card: HeldCard, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            done = await sell(box, card.code)
            await box.keys("⏎")
            await sell(box, card.code, "2")
            await box.keys("⏎+4")
            await box.becomes(Compared)
            assert "CONCORDE : 2 débits, 12,55 €" in box.words
            line.cancel(done.approved.operation_id, reason="mistake")
            await box.keys("⏎4")
            await box.until(lambda: not isinstance(box.state, Loading) and "DIFFÈRE" in box.words)
            assert "Nombre : terminal 2, service 1" in box.words
            assert "Montant : terminal 12,55 €, service 2,00 €" in box.words
            assert f"{done.approved.reference} : 10,55 €, annulée" in box.words

    asyncio.run(story())


def test_a_revoked_terminal_says_so_and_sells_nothing_more(
    service: Service, line: Line, terminal: Till, card: HeldCard, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            await box.becomes(Idle)
            revoke_terminal(service.office.engine, terminal_id=terminal.public_id, actor="test")
            await box.read(card.code)
            await box.becomes(Stopped)
            assert "Terminal arrêté" in box.words
            await box.read(card.code)
            await box.becomes(Stopped)

    asyncio.run(story())


def test_a_box_without_printer_shows_the_ticket(line: Line, card: HeldCard, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            done = await sell(box, card.code)
            await box.keys("1")
            await box.becomes(TicketShown)
            assert "DÉBIT" in box.words and "CJeune de Provence" in box.words
            await box.keys("↓" * 9)
            await box.until(lambda: "n’est pas une facture" in box.words)
            assert "Reste dans ce porte-monnaie" in box.words
            await box.keys("⏎")
            assert (await box.becomes(Done)).approved == done.approved
            assert box.tickets.count() == 0

    asyncio.run(story())


def test_the_photo_is_shown_and_goes_with_the_question(
    service: Service, line: Line, card: HeldCard, tmp_path: Path
) -> None:
    face = io.BytesIO()
    Image.new("RGB", (240, 320), "#cc8844").save(face, "PNG")
    office = service.office
    set_photo(office.engine, office.keys, card_name=card.code, image=face.getvalue(), actor="test")

    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            await box.becomes(Idle)
            await box.read(card.code)
            await box.becomes(Identity)
            await box.until(lambda: box.app.query_one("#face").has_class("shown"))
            assert "Comparez avec la photo" in box.words
            await box.keys("1")
            await box.becomes(Choosing)
            assert not box.app.query_one("#face").has_class("shown")

    asyncio.run(story())


def test_the_screen_needs_no_more_than_a_small_terminal_and_fills_a_large_one(
    line: Line, card: HeldCard, tmp_path: Path
) -> None:
    async def story(size: tuple[int, int], folder: Path) -> None:
        folder.mkdir()
        async with opened_box(line, folder, size=size) as box:
            await sell(box, card.code)
            for part in ("place", "states", "title", "big", "body", "keys"):
                region = box.app.query_one(f"#{part}").region
                assert region.height > 0 and region.bottom <= size[1] and region.right <= size[0]

    for size in ((80, 24), (120, 40)):
        asyncio.run(story(size, tmp_path / str(size[0])))
