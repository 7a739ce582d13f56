"""`cjeune-tpe` as typed: activation in two steps, printer test, the day's comparison."""

from __future__ import annotations

import stat
from pathlib import Path

from click.testing import CliRunner

from api_client.journal import Journal
from api_client.key_file import read_key_file
from tests import makers
from tests.terminals.box_process import give_key, started_box
from tests.terminals.conftest import Service
from tests.terminals.fake_printer import plugged_printer
from tests.terminals.test_box_ticket import DEBIT
from tpe_client.cli import main
from tpe_client.screens.sale_views import scheme_mark
from tpe_client.ticket import ticket
from tpe_client.ticket_lines import preview


def test_a_box_is_activated_on_its_first_start(service: Service, tmp_path: Path) -> None:
    waiting = makers.make_terminal_waiting(service.office, kind="box")
    with started_box("--data-dir", str(tmp_path), "--server", service.base_url) as box:
        box.wait_for("Code d’activation")
        box.type(waiting.activation_code + "\r")
        box.wait_for("C’est bien ici ?")
        box.wait_for("3 cours Mirabeau")
        box.type("1\r")
        box.wait_for("Nom de cette caisse")
        box.type("Caisse du fond\r")
        box.wait_for("est prêt")
        box.wait_for("Caisse du fond")
        box.wait_for("EN LIGNE")
        assert "ck_" not in box.screen
    key_file = tmp_path / "terminal_key.json"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    known = read_key_file(key_file)
    assert known is not None and known.base_url == service.base_url


def test_the_wrong_place_is_not_activated(service: Service, tmp_path: Path) -> None:
    waiting = makers.make_terminal_waiting(service.office, kind="box")
    arguments = ["--data-dir", str(tmp_path), "activate", "--server", service.base_url]
    done = CliRunner().invoke(main, arguments, input=f"{waiting.activation_code}\n2\n")
    assert done.exit_code == 1 and "Rien n’est activé" in done.output
    assert not (tmp_path / "terminal_key.json").exists()
    done = CliRunner().invoke(main, arguments, input=f"{waiting.activation_code}\n1\n\n")
    assert done.exit_code == 0, done.output
    again = CliRunner().invoke(main, arguments, input="x\n")
    assert again.exit_code == 1 and "déjà activé" in again.output


def test_a_wrong_code_is_told_in_the_services_words(service: Service, tmp_path: Path) -> None:
    arguments = ["--data-dir", str(tmp_path), "activate", "--server", service.base_url]
    done = CliRunner().invoke(main, arguments, input="AAAA-BBBB\n")
    assert done.exit_code == 1 and "Error" in done.output and "Traceback" not in done.output


def test_settings_that_make_no_sense_are_told(tmp_path: Path) -> None:
    for wrong in (
        ["--printer", "lpt1"],
        ["--code-page", "klingon"],
        ["--profile", "no-such-printer"],
    ):
        done = CliRunner().invoke(main, ["--data-dir", str(tmp_path), *wrong, "day"])
        assert done.exit_code == 2, done.output


def test_another_scheme_has_its_own_name_and_assistance(tmp_path: Path) -> None:
    def printed(**environment: str) -> str:
        with plugged_printer(tmp_path) as printer:
            arguments = ["--data-dir", str(tmp_path), "--printer", f"serial:{printer.path}"]
            done = CliRunner(env=environment).invoke(main, [*arguments, "printer", "test"])
            assert done.exit_code == 0, done.output
            return printer.ticket(0).text

    ours = {"CJEUNE_TPE_SCHEME_NAME": "Pass Jeunes", "CJEUNE_TPE_ASSISTANCE_PHONE": "01 02 03"}
    text = printed(**ours)
    assert "Pass Jeunes" in text and "CJeune" not in text
    words = " ".join(preview(ticket(DEBIT, copy="holder", is_duplicate=False), columns=40))
    assert "Pass Jeunes" in words and "01 02 03" in words and "04 86" not in words
    assert scheme_mark() == "PASS"
    assert "CJeune de Provence" in printed(CJEUNE_TPE_SCHEME_NAME=" ")
    assert scheme_mark() == "CJEUNE"


def test_an_unknown_box_says_how_to_activate_it(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--data-dir", str(tmp_path), "day"])
    assert done.exit_code == 1 and "cjeune-tpe activate" in done.output


def test_a_second_program_on_the_same_journal_is_told(service: Service, tmp_path: Path) -> None:
    terminal = makers.make_terminal(service.office, kind="box")
    give_key(tmp_path, base_url=service.base_url, terminal_id=terminal.public_id, key=terminal.key)
    with Journal.open(tmp_path / "journal.sqlite"), started_box("--data-dir", str(tmp_path)) as box:
        box.wait_for("Un autre programme utilise déjà le journal")
        assert box.process.wait(20) == 1


def test_a_damaged_journal_stops_the_box_in_words(service: Service, tmp_path: Path) -> None:
    terminal = makers.make_terminal(service.office, kind="box")
    give_key(tmp_path, base_url=service.base_url, terminal_id=terminal.public_id, key=terminal.key)
    (tmp_path / "journal.sqlite").write_bytes(b"not a journal at all" * 100)
    (tmp_path / "journal.sqlite").chmod(0o600)
    with started_box("--data-dir", str(tmp_path)) as box:
        box.wait_for("Le journal de ce terminal")
        assert box.process.wait(20) == 1


def test_the_printer_is_tried_from_the_command_line(tmp_path: Path) -> None:
    with plugged_printer(tmp_path) as printer:
        arguments = ["--data-dir", str(tmp_path), "--printer", f"serial:{printer.path}"]
        done = CliRunner().invoke(main, [*arguments, "printer", "test"])
        assert done.exit_code == 0 and "Imprimé" in done.output
        assert "Ticket d’essai" in printer.ticket(0).text
        printer.paper_out = True
        done = CliRunner().invoke(main, [*arguments, "printer", "test"])
        assert done.exit_code == 1 and "rouleau" in done.output
    done = CliRunner().invoke(main, [*arguments, "printer", "test"])
    assert done.exit_code == 1 and "câble" in done.output


def test_a_file_takes_what_a_printer_would(tmp_path: Path) -> None:
    out = tmp_path / "roll.bin"
    arguments = ["--data-dir", str(tmp_path), "--printer", f"file:{out}", "--width", "80"]
    done = CliRunner().invoke(main, [*arguments, "printer", "test"])
    assert done.exit_code == 0 and out.read_bytes().count(b"\x1b@") == 1
