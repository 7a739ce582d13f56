"""`cjeune-scan read` and `test` as a partner or a script starts them."""

from __future__ import annotations

import json
import os
import sys
import tty
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from scanner.cli import COMMANDS
from scanner.layout_repair import self_test_text
from tests.scanner.damaged_cards import frame
from tests.scanner.keyboards import on_a_french_keyboard
from tests.scanner.program import Console, Ended

Scan = Callable[..., Ended]
CODE = "10AZQWM01SXK8N"
SCREEN = "D1" + "7K3M9QXWTB4H" + "5ZQ2W" + "0123456789ABCDEF"


def test_a_card_is_shown_by_its_last_four_characters(scan: Scan) -> None:
    done = scan("read", typed=f"{CODE}\n")
    assert (done.status, done.out, done.err) == (0, "Carte •••• XK8N\n", "")


def test_a_whole_code_is_shown_when_it_is_asked_for(scan: Scan) -> None:
    assert "10AZ QWM0 1SXK 8N" in scan("read", "--show-code", typed=f"{CODE}\n").out


def test_a_script_gets_a_line_of_json_for_each_reading(scan: Scan) -> None:
    typed = f"{CODE}\n{on_a_french_keyboard(CODE)}\n{SCREEN}\n10AKQWM01SXK8N\nhttps://example.org\n"
    done = scan("read", "--json", typed=typed)
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.status == 0
    assert [(line["kind"], line["code"]) for line in lines] == [
        ("card", CODE),
        ("card", CODE),
        ("screen_card", SCREEN),
        ("misread", None),
        ("foreign", None),
    ]
    assert [line["repaired"] for line in lines] == [False, True, False, False, False]
    assert lines[3]["did_you_mean"] == CODE
    assert {line["source"] for line in lines} == {"stdin"}


def test_what_is_no_card_ends_with_one_line_and_status_one(scan: Scan) -> None:
    done = scan("read", typed="https://example.org/x\n")
    assert done.status == 1
    assert done.out == "Ce n’est pas une carte CJeune.\n"
    assert done.err == "Aucune carte lue.\n"


def test_cards_are_read_from_photographs(scan: Scan, tmp_path: Path) -> None:
    photo = frame(4)
    cv2.imwrite(str(tmp_path / "card.jpg"), photo.picture)
    done = scan("read", "--json", "--image", str(tmp_path / "card.jpg"))
    assert (done.status, done.facts["code"], done.facts["source"]) == (0, photo.text, "image")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--image", "none.png"), "Introuvable : none.png."),
        (("--camera", "none.avi"), "Introuvable : none.avi."),
        (("--camera", "73"), "Introuvable : 73."),
        (("--serial", "/dev/none"), "Introuvable : /dev/none."),
        (("--keyboard", "/dev/input/by-id/none"), ": /dev/input/by-id/none."),
    ],
    ids=["image", "film", "camera", "serial", "keyboard"],
)
def test_a_source_that_is_not_there_ends_with_one_line(
    scan: Scan, arguments: tuple[str, ...], line: str
) -> None:
    done = scan("read", *arguments)
    assert (done.status, done.out) == (1, "")
    assert line.replace(" :", "\u00a0:") in done.err.splitlines()[-1]


def test_a_serial_reader_is_listened_to_and_its_loss_is_told(
    console: Callable[..., Console], tmp_path: Path
) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    program = console("read", "--show-code", "--serial", os.ttyname(theirs))
    program.expect("Présentez une carte")
    os.write(ours, CODE.encode() + b"\r")
    program.expect("Carte 10AZ QWM0 1SXK 8N")
    os.close(theirs)
    os.close(ours)
    program.expect("Le lecteur est débranché.")
    program.type("\x03")
    assert program.status() == 0


# What a browser does with the address it is started with; it follows no further than one step.
BROWSER = """#!{0}
import http.client, sys, urllib.parse
address = urllib.parse.urlsplit(sys.argv[1])
open({1!r}, "a").write(sys.argv[1] + chr(10))
line = http.client.HTTPConnection(address.netloc)
line.request("GET", address.path)
open({2!r}, "a").write(line.getresponse().getheader("Location") + chr(10))
"""


def test_the_portals_till_is_opened_with_the_code_in_the_fragment(
    scan: Scan, tmp_path: Path
) -> None:
    arguments, opened = tmp_path / "arguments", tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(BROWSER.format(sys.executable, str(arguments), str(opened)))
    browser.chmod(0o755)
    done = scan(
        "read",
        "--open",
        "--portal",
        "https://carte.example/accueil?x=1",
        typed=f"{on_a_french_keyboard(CODE)}\nhttps://elsewhere.example/\n",
        more={"BROWSER": f"{browser} %s"},
    )
    assert done.status == 0
    assert opened.read_text() == f"https://carte.example/partenaire/caisse#code={CODE}\n"
    assert CODE not in done.out + done.err + arguments.read_text()


def test_the_code_is_never_taken_to_an_open_line(scan: Scan) -> None:
    done = scan("read", "--open", "--portal", "http://carte.example", typed=f"{CODE}\n")
    assert (done.status, done.out) == (1, "")
    assert "http://carte.example" in done.err


def test_without_a_portal_nothing_is_opened(scan: Scan) -> None:
    done = scan("read", "--open", typed=f"{CODE}\n")
    assert (done.status, done.out) == (1, "")


@pytest.mark.parametrize(
    ("received", "mode"),
    [
        (self_test_text(), "faithful"),
        (self_test_text().lower(), "lower_case"),
        (on_a_french_keyboard(self_test_text()), "american_on_french"),
        (on_a_french_keyboard(self_test_text(), caps_lock=True), "american_on_french_locked"),
    ],
)
def test_a_readers_setting_is_told(scan: Scan, received: str, mode: str) -> None:
    done = scan("test", "--json", typed=f"{received}\n")
    assert (done.status, done.facts["mode"]) == (0, mode)


def test_a_setting_nobody_knows_ends_with_status_one(scan: Scan) -> None:
    done = scan("test", typed="something else\n")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Réglage inconnu")


def test_the_self_tests_own_image_is_read_back(scan: Scan, tmp_path: Path) -> None:
    path = str(tmp_path / "test.png")
    assert scan("test", "--qr", path, typed=f"{self_test_text()}\n").status == 0
    assert scan("test", "--json", "--image", path).facts["mode"] == "faithful"


def test_every_command_has_french_help_and_takes_no_code_as_an_argument(scan: Scan) -> None:
    assert len(COMMANDS) == 7
    for command in COMMANDS:
        done = CliRunner().invoke(command, ["--help"])
        assert (done.exit_code, done.stderr) == (0, "")
        assert not {option.name for option in command.params} & {"code", "activation_code"}
    assert "une caméra ou une image" in scan("--help").out


def test_another_department_names_its_own_scheme_and_telephone(
    scan: Scan, post: Path, tmp_path: Path
) -> None:
    named = {"CJEUNE_SCAN_SCHEME_NAME": "Pass’Jeune", "CJEUNE_SCAN_ASSISTANCE_PHONE": "3939"}
    foreign = "Ce n’est pas une carte {}.\n"
    assert scan("read", typed="x\n").out == foreign.format("CJeune")
    assert scan("read", typed="x\n", more=named).out == foreign.format("Pass’Jeune")
    (post / "journal.sqlite").write_bytes(b"not a journal" * 100)
    (post / "journal.sqlite").chmod(0o600)
    done = scan("--assistance-phone", "0800", "cancel", "--last", "--yes", folder=post, more=named)
    assert "(0800)" in done.err


def test_usage_errors_are_told_in_french(scan: Scan) -> None:
    unnamed = scan("activate", "https://carte.example", typed="ABCD")
    assert unnamed.status == 2 and "Il manque" in unnamed.err
    twice = scan("read", "--stdin", "--image", "a.png")
    assert twice.status == 2 and "Une seule source à la fois." in twice.err


def test_the_program_leaves_no_copy_of_its_memory_on_the_disk(
    console: Callable[..., Console],
) -> None:
    """Whatever the shell before it allows: a PIN may be in it."""
    program = console("read", "--stdin")
    program.expect("Ctrl+C pour arrêter")
    limits = Path(f"/proc/{program.process_id}/limits").read_text()
    (core,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    program.type("\x03")
    assert program.status() == 0
