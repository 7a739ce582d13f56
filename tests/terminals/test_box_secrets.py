"""The holder's PIN: on no disk, in no output, in no trace of a crash; and no name on the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from api_client.transport import Line
from tests import makers
from tests.makers import HeldCard
from tests.terminals.box import opened_box
from tests.terminals.box_process import BoxProcess, give_key, started_box
from tests.terminals.conftest import Service
from tests.terminals.fake_printer import plugged_printer
from tpe_client.till.states import Identity, Idle

# A crash of the worst kind: its own text and its variables hold the PIN.
_CRASHES = """
import tpe_client.screens.drawing as drawing
from tpe_client.cli import main
from tpe_client.till.states import PinEntry
import tpe_client.screens.app as app
real = app.TillApp._draw
def draws(self):
    state = self.till.state
    if isinstance(state, PinEntry) and state.pin.is_whole:
        secret = state.pin.reveal()
        raise ValueError(f"the pin is {secret}", secret, state)
    real(self)
app.TillApp._draw = draws
main()
"""


def box_with_pin(service: Service, folder: Path) -> None:
    terminal = makers.make_terminal(service.office, kind="box", pin_required="always")
    give_key(folder, base_url=service.base_url, terminal_id=terminal.public_id, key=terminal.key)


def type_up_to_the_pin(box: BoxProcess, code: str) -> None:
    box.wait_for("Présentez la carte")
    box.read_card(code)
    box.type("1")
    box.wait_for("Quel porte-monnaie ?")
    box.type("1")
    box.wait_for("Quel montant ?")
    box.type("10,55\r")
    box.wait_for("Débiter ce montant ?")
    box.type("\r")
    box.wait_for("Code PIN du jeune")


def files_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_a_crash_with_the_pin_on_the_screen_prints_no_pin(
    service: Service, card: HeldCard, tmp_path: Path
) -> None:
    box_with_pin(service, tmp_path)
    with started_box("--data-dir", str(tmp_path), program=("-c", _CRASHES)) as box:
        type_up_to_the_pin(box, card.code)
        box.type(makers.PIN)
        box.wait_for("ValueError")
        assert box.process.wait(20) == 1
        assert makers.PIN not in box.screen and "the pin" not in box.screen
        assert "Les ventes sont au journal" in " ".join(box.screen.split())
    assert makers.PIN.encode() not in files_of(tmp_path)


def test_a_whole_sale_leaves_no_pin_and_no_name_behind(
    service: Service, card: HeldCard, tmp_path: Path
) -> None:
    box_with_pin(service, tmp_path)
    log = tmp_path / "textual.log"
    watched = {"TEXTUAL_LOG": str(log), "TEXTUAL": "devtools,debug"}
    with plugged_printer(tmp_path) as printer:
        arguments = ("--data-dir", str(tmp_path), "--printer", f"serial:{printer.path}")
        with started_box(*arguments, environment=watched) as box:
            type_up_to_the_pin(box, card.code)
            box.type(makers.PIN + "\r")
            box.wait_for("Débit accepté")
            box.type("1")
            printer.wait_for(1)
            assert makers.PIN not in box.screen
        assert makers.PIN not in printer.ticket(0).text
    kept = files_of(tmp_path)
    assert makers.PIN.encode() not in kept and card.code.encode() not in kept
    assert "Léa".encode() not in kept and b"Martin" not in kept
    # The library's developers' log would know every key.
    assert not log.exists()


def test_the_name_leaves_the_screen_with_the_sale(
    line: Line, card: HeldCard, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened_box(line, tmp_path) as box:
            await box.becomes(Idle)
            await box.read(card.code)
            await box.becomes(Identity)
            assert "L É A" in box.words
            await box.keys("2")
            await box.becomes(Idle)
            assert "L É A" not in box.words

    asyncio.run(story())
