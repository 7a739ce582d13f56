"""kill -9 of the real program at the worst moments: the next start tells the truth."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Awaitable, Callable
from pathlib import Path

from api_client.journal import Journal
from tests.faults.cut_proxy import Ask, TillsEnd, honest, opened_proxy
from tests.makers import HeldCard, Till
from tests.terminals.box_process import BoxProcess, give_key, started_box
from tests.terminals.conftest import Service
from tests.terminals.fake_printer import plugged_printer

Story = Callable[[], Awaitable[None]]


def type_a_sale(box: BoxProcess, code: str, amount: str = "10,55") -> None:
    """Up to the key that sends."""
    box.wait_for("Présentez la carte")
    box.type(code + "\r")
    box.wait_for("Est-ce bien cette personne ?")
    box.type("1")
    box.wait_for("Quel porte-monnaie ?")
    box.type("1")
    box.wait_for("Quel montant ?")
    box.type(f"{amount}\r")
    box.wait_for("Débiter ce montant ?")
    box.type("\r")


def test_killed_at_rest_it_starts_again(service: Service, terminal: Till, tmp_path: Path) -> None:
    give_key(tmp_path, base_url=service.base_url, terminal_id=terminal.public_id, key=terminal.key)
    for _ in range(2):
        with started_box("--data-dir", str(tmp_path)) as box:
            box.wait_for("Présentez la carte")
            box.wait_for("EN LIGNE")
            box.kill()


def _killed_while_sending(
    service: Service, terminal: Till, card: HeldCard, folder: Path, *, reaches_service: bool
) -> tuple[str, str]:
    """What the next start says, and what the journal holds."""

    async def story() -> str:
        sent = asyncio.Event()

        async def held(request: bytes, ask: Ask, till: TillsEnd) -> None:
            if not request.startswith(b"PUT "):
                return await honest(request, ask, till)
            if reaches_service:
                await ask(request)
            sent.set()
            await till.hung_up()
            return None

        async with opened_proxy(service.port) as proxy:
            give_key(
                folder, base_url=proxy.base_url, terminal_id=terminal.public_id, key=terminal.key
            )
            proxy.fault = held
            with started_box("--data-dir", str(folder)) as box:
                await asyncio.to_thread(type_a_sale, box, card.code)
                await sent.wait()
                await asyncio.to_thread(box.wait_for, "Débit en cours")
                box.kill()
            proxy.fault = honest
            with started_box("--data-dir", str(folder)) as box:
                await asyncio.to_thread(box.wait_for, "Dernière opération")
                await asyncio.to_thread(box.wait_for, "10,55 €")
                screen = box.screen
                box.type("\r")
                await asyncio.to_thread(box.wait_for, "Présentez la carte")
            return screen

    screen = asyncio.run(story())
    with Journal.open(folder / "journal.sqlite") as journal:
        entry = journal.last()
        assert entry is not None and journal.unresolved() == []
        return screen, entry.state


def test_killed_while_sending_a_sale_that_arrived_it_says_accepted(
    service: Service, terminal: Till, card: HeldCard, tmp_path: Path
) -> None:
    screen, state = _killed_while_sending(service, terminal, card, tmp_path, reaches_service=True)
    assert "Acceptée" in screen and state == "approved"


def test_killed_while_sending_a_sale_that_never_arrived_it_says_nothing_was_debited(
    service: Service, terminal: Till, card: HeldCard, tmp_path: Path
) -> None:
    screen, state = _killed_while_sending(service, terminal, card, tmp_path, reaches_service=False)
    assert "rien n’est débité" in screen and state == "cancelled"


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
