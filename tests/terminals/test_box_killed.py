"""kill -9 of the real program at the worst moments: the next start tells the truth."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import tty
from collections.abc import Callable
from pathlib import Path

import pytest

from api_client.journal import Journal
from tests import makers
from tests.faults.cut_proxy import Ask, TillsEnd, honest, opened_proxy
from tests.makers import HeldCard, Till
from tests.terminals.box_process import BoxProcess, give_key, started_box
from tests.terminals.conftest import Service
from tests.terminals.fake_printer import plugged_printer
from tpe_client.screens.big_text import big


def type_a_sale(box: BoxProcess, code: str) -> None:
    """Up to the key that sends."""
    type_up_to(box, "confirm", code)
    box.type("\r")


def type_up_to(box: BoxProcess, state: str, code: str) -> None:
    """To a state that a kill can meet before anything is sent."""
    box.wait_for("Présentez la carte")
    if state == "idle":
        return
    box.read_card(code)
    if state == "identified":
        return
    for name, keys, shown in (
        ("wallet", "1", "Quel porte-monnaie ?"),
        ("amount", "1", "Quel montant ?"),
        ("confirm", "10,55\r", "Débiter ce montant ?"),
        ("pin", "\r", "Code PIN du jeune"),
    ):
        box.type(keys)
        box.wait_for(shown)
        if name == state:
            return
    raise AssertionError(state)


# Nothing has been sent in these; in all of them the next start must know that.
BEFORE_A_SALE = ("idle", "identified", "wallet", "amount", "confirm", "pin")
# What the service had heard when the kill came.
HEARD = (False, True)


def killed_before_a_sale(service: Service, card: HeldCard, folder: Path, state: str) -> None:
    """The next start knows of no sale, and neither does the service; no PIN is left behind."""
    terminal = makers.make_terminal(service.office, kind="box", pin_required="always")
    give_key(folder, base_url=service.base_url, terminal_id=terminal.public_id, key=terminal.key)
    with started_box("--data-dir", str(folder)) as box:
        type_up_to(box, state, card.code)
        if state == "pin":
            box.type(makers.PIN)
            box.wait_for(big("● ● ● ●")[1])
        limits = Path(f"/proc/{box.process.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits)
        box.kill()
    kept = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert makers.PIN.encode() not in kept and card.code.encode() not in kept
    with started_box("--data-dir", str(folder)) as box:
        box.wait_for("Présentez la carte")
        box.wait_for("aucun débit")
        assert "Dernière opération" not in box.screen
    with Journal.open(folder / "journal.sqlite") as journal:
        assert journal.last() is None


def killed_while_sending(
    service: Service, terminal: Till, card: HeldCard, folder: Path, *, arrives: bool
) -> None:
    """The next start says what became of the sale."""

    def says(box: BoxProcess) -> None:
        box.wait_for("Dernière opération")
        box.wait_for("Acceptée" if arrives else "rien n’est débité")
        box.wait_for("10,55 €")

    story = _killed_unheard(
        service,
        terminal,
        folder,
        held=b"PUT ",
        arrives=arrives,
        typed=lambda box: type_a_sale(box, card.code),
        shown="Débit en cours",
        says=says,
    )
    asyncio.run(story)
    with Journal.open(folder / "journal.sqlite") as journal:
        entry = journal.last()
        assert entry is not None and journal.unresolved() == []
        assert entry.state == ("approved" if arrives else "cancelled")


def killed_while_cancelling(
    service: Service, terminal: Till, card: HeldCard, folder: Path, *, arrives: bool
) -> None:
    """Whether the cancellation had arrived or not, the next start brings it to its end."""

    def types(box: BoxProcess) -> None:
        type_a_sale(box, card.code)
        box.wait_for("Débit accepté")
        box.type("+1")
        box.wait_for("Quelle vente annuler ?")
        box.type("\r")
        box.wait_for("Annuler cette vente ?")
        box.type("1")

    def says(box: BoxProcess) -> None:
        box.wait_for("Dernière opération")
        box.wait_for("Annulée : rien n’est débité")

    story = _killed_unheard(
        service,
        terminal,
        folder,
        held=b"PUT ",
        path=b"/cancellation",
        arrives=arrives,
        typed=types,
        shown="Annulation en cours",
        says=says,
    )
    asyncio.run(story)
    with Journal.open(folder / "journal.sqlite") as journal:
        entry = journal.last()
        assert entry is not None and journal.unresolved() == []
        assert (entry.state, journal.cancellations_asked()) == ("cancelled", [])


async def _killed_unheard(
    service: Service,
    terminal: Till,
    folder: Path,
    *,
    held: bytes,
    path: bytes = b"",
    arrives: bool,
    typed: Callable[[BoxProcess], None],
    shown: str,
    says: Callable[[BoxProcess], None],
) -> None:
    """Kills the box while the answer to a request is kept from it; then what the next start says.
    `arrives`: whether the service got that request."""
    sent = asyncio.Event()

    async def silent(request: bytes, ask: Ask, till: TillsEnd) -> None:
        if not (request.startswith(held) and path in request.partition(b"\r\n")[0]):
            return await honest(request, ask, till)
        if arrives:
            await ask(request)
        sent.set()
        await till.hung_up()
        return None

    async with opened_proxy(service.port) as proxy:
        give_key(folder, base_url=proxy.base_url, terminal_id=terminal.public_id, key=terminal.key)
        proxy.fault = silent
        with started_box("--data-dir", str(folder)) as box:
            await asyncio.to_thread(typed, box)
            await asyncio.wait_for(sent.wait(), 40)
            await asyncio.to_thread(box.wait_for, shown)
            box.kill()
        proxy.fault = honest
        with started_box("--data-dir", str(folder)) as box:
            await asyncio.to_thread(says, box)
            box.type("\r")
            await asyncio.to_thread(box.wait_for, "Présentez la carte")


def test_killed_with_the_pin_typed_nothing_is_left_of_it(
    service: Service, card: HeldCard, tmp_path: Path
) -> None:
    killed_before_a_sale(service, card, tmp_path, "pin")


def test_killed_while_sending_a_sale_that_arrived_it_says_accepted(
    service: Service, terminal: Till, card: HeldCard, tmp_path: Path
) -> None:
    killed_while_sending(service, terminal, card, tmp_path, arrives=True)


@pytest.mark.soak
@pytest.mark.parametrize("state", BEFORE_A_SALE)
def test_killed_before_a_sale_it_knows_of_none(
    service: Service, card: HeldCard, tmp_path: Path, state: str
) -> None:
    killed_before_a_sale(service, card, tmp_path, state)


@pytest.mark.soak
@pytest.mark.parametrize("arrives", HEARD)
def test_killed_while_sending_it_says_what_became_of_the_sale(
    service: Service, terminal: Till, card: HeldCard, tmp_path: Path, arrives: bool
) -> None:
    killed_while_sending(service, terminal, card, tmp_path, arrives=arrives)


@pytest.mark.soak
@pytest.mark.parametrize("arrives", HEARD)
def test_killed_while_cancelling_it_brings_the_cancellation_to_its_end(
    service: Service, terminal: Till, card: HeldCard, tmp_path: Path, arrives: bool
) -> None:
    killed_while_cancelling(service, terminal, card, tmp_path, arrives=arrives)


@pytest.mark.soak
def test_killed_while_printing_the_ticket_comes_as_a_duplicate(
    service: Service, terminal: Till, card: HeldCard, tmp_path: Path
) -> None:
    give_key(tmp_path, base_url=service.base_url, terminal_id=terminal.public_id, key=terminal.key)
    arguments = ("--data-dir", str(tmp_path), "--printer", f"serial:{tmp_path / 'ttyPrinter'}")
    with plugged_printer(tmp_path) as printer, started_box(*arguments) as box:
        printer.bytes_of_paper = 300
        type_a_sale(box, card.code)
        box.wait_for("Débit accepté")
        box.type("1")
        box.wait_for("PLUS DE PAPIER (1 en attente)")
        box.kill()
    # Another day's printer at the same plug: what the first one kept is gone with it.
    with plugged_printer(tmp_path) as printer, started_box(*arguments) as box:
        box.wait_for("Dernière opération")
        box.wait_for("Acceptée")
        printer.wait_for(1)
        assert "DUPLICATA" in printer.ticket(0).text


def test_a_serial_reader_is_read_and_may_be_pulled_out(
    service: Service, terminal: Till, card: HeldCard, tmp_path: Path
) -> None:
    give_key(tmp_path, base_url=service.base_url, terminal_id=terminal.public_id, key=terminal.key)
    plug = tmp_path / "ttyReader"

    def plugged() -> tuple[int, int]:
        ends = pty.openpty()
        tty.setraw(ends[1])
        plug.unlink(missing_ok=True)
        plug.symlink_to(os.ttyname(ends[1]))
        return ends

    def pulled(ends: tuple[int, int]) -> None:
        plug.unlink()
        for end in ends:
            os.close(end)

    ends = plugged()
    with started_box("--data-dir", str(tmp_path), "--serial", str(plug)) as box:
        box.wait_for("Présentez la carte")
        os.write(ends[0], f"{card.code}\r".encode())
        box.wait_for("Est-ce bien cette personne ?")
        box.type("2")
        box.wait_for("Présentez la carte")
        pulled(ends)
        box.wait_for("lecteur de cartes est débranché")
        ends = plugged()
        box.wait_for("lecteur de cartes est de retour")
        os.write(ends[0], f"{card.code}\r".encode())
        box.wait_for("Est-ce bien cette personne ?")
        pulled(ends)
